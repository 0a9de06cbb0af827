"""The most that a request body may hold."""

import contextlib

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyTooLarge(Exception):
    """A request body beyond the limit."""


class BodyLimit:
    """Answers 413 to a body of more than `limit` bytes, announced or not."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what comes in; see the class."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _announced(scope) > self._limit:
            await _drain(receive, self._limit)
            await _refuse(send, self._limit)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit:
                raise BodyTooLarge
            return message

        async def answered(message: Message) -> None:
            # Frameworks turn what a body raises into an answer of their own.
            if received <= self._limit:
                await send(message)
            elif message["type"] == "http.response.start":
                await _drain(receive, self._limit)
                await _refuse(send, self._limit)

        with contextlib.suppress(BodyTooLarge):
            await self._app(scope, counted, answered)


def _announced(scope: Scope) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


async def _refuse(send: Send, limit: int) -> None:
    body = b'{"detail":"a request body has at most %d bytes"}' % limit
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _drain(receive: Receive, limit: int) -> None:
    """Read on for a while first: closing a connection on unread bytes takes the answer with it."""
    drained, more = 0, True
    while more and drained <= limit:
        message = await receive()
        drained += len(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)
