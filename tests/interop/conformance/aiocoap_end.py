"""aiocoap, as it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiocoap
from aiocoap import Message, error, resource
from aiocoap.numbers.codes import Code
from aiocoap.numbers.constants import TransportTuning

from .ends import ACK_TIMEOUT, HOST, Answer, Failed, Request, Serve


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
        opt = request.opt
        told = await self._serve(
            Request(
                int(request.code),
                tuple(opt.uri_path),
                tuple(opt.uri_query),
                request.payload,
                None if opt.content_format is None else int(opt.content_format),
                None if opt.accept is None else int(opt.accept),
                tuple(opt.etags or ()),
                tuple(opt.if_match or ()),
                bool(opt.if_none_match),
            )
        )
        response = Message(code=Code(told.code), payload=told.payload)
        for name in ("content_format", "max_age", "etag"):
            if (value := getattr(told, name)) is not None:
                setattr(response.opt, name, value)
        response.opt.location_path = told.location_path
        response.opt.location_query = told.location_query
        return response


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
        self.port: int = socket.getsockname()[1]

    @classmethod
    @asynccontextmanager
    async def opened(cls, serve: Serve) -> AsyncIterator["AiocoapEnd"]:
        """Bind and serve."""
        everything, counting = _Everything(serve), _Counting()

        class Site(resource.Site):  # type: ignore[misc] # as above
            async def render_to_pipe(self, pipe: Any) -> None:
                counts = pipe.request.opt.uri_path == ("counting",)
                await (counting if counts else everything).render_to_pipe(pipe)

        context = await aiocoap.Context.create_server_context(
            Site(), bind=(HOST, 0), transports=["udp6"]
        )
        try:
            yield cls(context, counting)
        finally:
            await context.shutdown()

    async def ask(self, port: int, request: Request) -> Answer:
        if request.token is not None:
            # Its next one is one more; leading zeros are left out.
            self._tokens._token = int.from_bytes(request.token, "big") - 1
        try:
            response = await self._context.request(_message(port, request)).response
        except error.Error as fault:
            raise Failed(repr(fault)) from fault
        opt = response.opt
        return Answer(
            int(response.code),
            response.payload,
            None if opt.content_format is None else int(opt.content_format),
            opt.max_age,
            opt.etag,
            tuple(opt.location_path),
            tuple(opt.location_query),
        )

    @asynccontextmanager
    async def observe(self, port: int, request: Request) -> AsyncIterator[AsyncIterator[bytes]]:
        message = _message(port, request)
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


def _message(port: int, request: Request) -> Any:
    message = Message(
        code=Code(request.code),
        payload=request.payload,
        uri=f"coap://{HOST}:{port}",
        transport_tuning=_Confirmable() if request.confirmable else _NonConfirmable(),
    )
    message.opt.uri_path = request.path
    message.opt.uri_query = request.query
    for name in ("content_format", "accept"):
        if (value := getattr(request, name)) is not None:
            setattr(message.opt, name, value)
    if request.etags:
        message.opt.etags = request.etags
    if request.if_match:
        message.opt.if_match = request.if_match
    message.opt.if_none_match = request.if_none_match
    return message
