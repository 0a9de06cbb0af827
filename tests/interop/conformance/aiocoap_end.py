"""aiocoap, as it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiocoap
from aiocoap import Message, error, resource
from aiocoap.numbers.codes import Code
from aiocoap.numbers.constants import TransportTuning

from .ends import (
    ACK_TIMEOUT,
    LOOPBACK,
    Answer,
    At,
    Failed,
    Request,
    Serve,
    option_names,
    options_of,
)

_THEIR_NAMES = {"request_tags": "request_tag"}  # where they have another


class _Confirmable(TransportTuning):  # type: ignore[misc] # aiocoap ships no types
    ACK_TIMEOUT = ACK_TIMEOUT
    reliability = True


class _NonConfirmable(_Confirmable):
    reliability = False


class _Everything(resource.Resource):  # type: ignore[misc] # as above
    """Answers every method on every path."""

    def __init__(self, serve: Serve) -> None:
        super().__init__()
        self._serve = serve

    async def render(self, request: Any) -> Any:
        told = await self._serve(
            Request(int(request.code), payload=request.payload, **_options(request, Request))
        )
        return _with_options(Message(code=Code(told.code), payload=told.payload), told)


class _Counting(resource.ObservableResource):  # type: ignore[misc] # as above
    """Notifies of numbers, from 0 on."""

    def __init__(self) -> None:
        super().__init__()
        self._number = 0
        self.unobserved = asyncio.Event()

    def next(self) -> None:
        self._number += 1
        self.updated_state()

    async def render_get(self, _request: Any) -> Any:
        return Message(payload=str(self._number).encode())

    def update_observation_count(self, newcount: int) -> None:
        if not newcount:
            self.unobserved.set()


class AiocoapEnd:
    """Implements `End`, and serves `counting` beside."""

    def __init__(self, context: aiocoap.Context, counting: _Counting) -> None:
        self._context = context
        self.counting = counting
        (interface,) = context.request_interfaces
        self._tokens = interface
        socket = interface.token_interface.message_interface.transport.get_extra_info("socket")
        self.at = At(*socket.getsockname()[:2])

    @classmethod
    @asynccontextmanager
    async def opened(cls, serve: Serve, host: str = LOOPBACK) -> AsyncIterator["AiocoapEnd"]:
        """Bind and serve."""
        everything, counting = _Everything(serve), _Counting()

        class Site(resource.Site):  # type: ignore[misc] # as above
            async def render_to_pipe(self, pipe: Any) -> None:
                counts = pipe.request.opt.uri_path == ("counting",)
                await (counting if counts else everything).render_to_pipe(pipe)

        context = await aiocoap.Context.create_server_context(
            Site(), bind=(host, 0), transports=["udp6"]
        )
        try:
            yield cls(context, counting)
        finally:
            await context.shutdown()

    async def ask(self, to: At, request: Request) -> Answer:
        if request.token is not None:
            # Its next one is one more; leading zeros are left out.
            self._tokens._token = int.from_bytes(request.token, "big") - 1
        try:
            response = await self._context.request(_message(to, request)).response
        except error.Error as fault:
            raise Failed(repr(fault)) from fault
        return Answer(int(response.code), response.payload, **_options(response, Answer))

    @asynccontextmanager
    async def observe(self, to: At, request: Request) -> AsyncIterator[AsyncIterator[bytes]]:
        message = _message(to, request)
        message.opt.observe = 0
        asked = self._context.request(message)
        notifications = asked.observation.__aiter__()

        async def follow() -> AsyncIterator[bytes]:
            yield (await asked.response).payload
            while True:
                yield (await notifications.__anext__()).payload

        try:
            yield follow()
        finally:
            asked.observation.cancel()
            await asyncio.sleep(0)


def _message(to: At, request: Request) -> Any:
    message = Message(
        code=Code(request.code),
        payload=request.payload,
        transport_tuning=_Confirmable() if request.confirmable else _NonConfirmable(),
    )
    message.unresolved_remote = to.authority
    if request.exponent is not None:
        message.opt.block2 = (0, False, request.exponent)
    return _with_options(message, request)


def _with_options(message: Any, said: Request | Answer) -> Any:
    for name, value in options_of(said).items():
        if value is not None and value is not False and value != ():
            setattr(message.opt, _THEIR_NAMES.get(name, name), value)
    return message


def _options(message: Any, kind: type[Request | Answer]) -> dict[str, Any]:
    """Return the options that are spoken of here; numbers without the names of what they mean."""
    return {
        name: int(value) if isinstance(value, int) and not isinstance(value, bool) else value
        for name in option_names(kind)
        for value in (getattr(message.opt, _THEIR_NAMES.get(name, name)),)
    }
