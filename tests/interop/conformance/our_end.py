"""Our message layer on its driver and socket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from lwm2m_server.coap.block import Block
from lwm2m_server.coap.endpoint import Done, Incoming, Outcome
from lwm2m_server.coap.errors import Failure
from lwm2m_server.coap.message import Message, Options
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.coap.transfer import Download, Upload
from lwm2m_server.coap.tuning import Tuning
from lwm2m_server.transport.address import Peer
from lwm2m_server.transport.driver import Driver
from lwm2m_server.transport.handler import Handler, Pending
from lwm2m_server.transport.udp import Datagram, UdpRemote, UdpSocket

from .ends import (
    ACK_TIMEOUT,
    LOOPBACK,
    SEPARATE_AFTER,
    Answer,
    At,
    Failed,
    Request,
    Serve,
    option_names,
    options_of,
)

_TUNING = Tuning(ack_timeout=ACK_TIMEOUT, separate_after=SEPARATE_AFTER)
_UPLOAD = 10.0


class OurEnd:
    """Implements `End`."""

    def __init__(self, serve: Serve, routes: Mapping[str, Handler]) -> None:
        self._serve = serve
        self._driver = Driver(routes, self._handle, tuning=_TUNING)
        self._socket: UdpSocket
        self.at: At
        self.uploaded: list[int] = []

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, serve: Serve, host: str = LOOPBACK, **routes: Handler
    ) -> AsyncIterator["OurEnd"]:
        """Bind, and serve what has no route."""
        end = cls(serve, routes)
        end._socket = await UdpSocket.open(host, 0, end._received, lambda *_: None)
        end.at = At(host, end._socket.port)
        try:
            yield end
        finally:
            end._driver.close()
            end._socket.close()

    async def ask(self, to: At, request: Request) -> Answer:
        message = _message(request)
        if request.as_body:
            return _answer(await self._upload(to, message, request.payload))
        return _answer(await self._exchange(to, message, request.token))

    @asynccontextmanager
    async def observe(self, to: At, request: Request) -> AsyncIterator[AsyncIterator[bytes]]:
        bodies: asyncio.Queue[bytes] = asyncio.Queue()

        def came(response: Outcome) -> None:
            assert not isinstance(response, Failure), response
            bodies.put_nowait(bytes(response.payload))

        endpoint, now = self._driver.endpoint, self._driver.now
        observation = endpoint.observe(self._remote(to), _message(request), came, came, now())
        self._driver.flush()

        async def follow() -> AsyncIterator[bytes]:
            while True:
                yield await bodies.get()

        try:
            yield follow()
        finally:
            endpoint.cancel(observation, now())
            self._driver.flush()

    # --- inside -----------------------------------------------------------------------------

    def _received(self, datagrams: list[Datagram]) -> None:
        self._driver.received(
            [(UdpRemote(self._socket, at, info), data) for data, at, info in datagrams]
        )

    def _remote(self, to: At) -> UdpRemote:
        # As the socket tells it of what comes from there.
        peer = Peer.parse(f"coap://{to.authority}?local={to.host}")
        return UdpRemote(self._socket, peer.sockaddr, peer.pktinfo)

    async def _exchange(self, to: At, message: Message, token: bytes | None) -> Message:
        remote, endpoint = self._remote(to), self._driver.endpoint

        def begin(done: Done) -> None:
            def first(outcome: Outcome) -> None:
                if isinstance(outcome, Failure):
                    done(outcome)
                else:
                    Download(endpoint, remote, message, done).start(outcome, endpoint.now)

            endpoint.request(remote, message, first, self._driver.now(), token=token)

        return await self._outcome(begin)

    async def _upload(self, to: At, message: Message, body: bytes) -> Message:
        bare = Message(message.code, message.options, type=message.type)
        remote, endpoint = self._remote(to), self._driver.endpoint
        return await self._outcome(
            lambda done: Upload(
                endpoint, remote, bare, body, done, lambda count, _: self.uploaded.append(count),
                _UPLOAD,
            ).start(self._driver.now())
        )  # fmt: skip

    async def _outcome(self, begin: Callable[[Done], None]) -> Message:
        """Begin, and return the response; raises `Failed`."""
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        begin(ended.set_result)
        self._driver.flush()
        outcome = await ended
        if isinstance(outcome, Failure):
            raise Failed(str(outcome))
        return outcome

    def _handle(self, incoming: Incoming) -> Pending:
        incoming.proven = True  # else an answer may have three times a request's bytes
        return Pending(asyncio.ensure_future(self._answered(incoming.message)))

    async def _answered(self, message: Message) -> Message:
        told = await self._serve(
            Request(message.code, payload=bytes(message.payload), **_options(message, Request))
        )
        options = Options(**options_of(told), block1=message.options.block1)
        return Message(Code(told.code), options, told.payload)


def _message(request: Request) -> Message:
    options = Options(**options_of(request))
    if request.exponent is not None:
        options.block2 = Block(0, more=False, exponent=request.exponent)
    confirmable = Type.CON if request.confirmable else Type.NON
    return Message(Code(request.code), options, request.payload, confirmable)


def _answer(message: Message) -> Answer:
    return Answer(message.code, bytes(message.payload), **_options(message, Answer))


def _options(message: Message, kind: type[Request | Answer]) -> dict[str, Any]:
    """Return the options that are spoken of here; they have the same names there."""
    read = ((name, getattr(message.options, name)) for name in option_names(kind))
    return {name: tuple(value) if isinstance(value, list) else value for name, value in read}
