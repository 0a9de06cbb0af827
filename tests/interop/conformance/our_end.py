"""Our message layer on its driver and socket."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from lwm2m_server.coap.endpoint import Done, Incoming, Outcome
from lwm2m_server.coap.errors import Failure
from lwm2m_server.coap.message import Message, Options
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.coap.transfer import Download, Upload
from lwm2m_server.coap.tuning import Tuning
from lwm2m_server.transport.address import Peer
from lwm2m_server.transport.driver import Driver
from lwm2m_server.transport.handler import Pending
from lwm2m_server.transport.udp import Datagram, UdpRemote, UdpSocket

from .ends import ACK_TIMEOUT, HOST, SEPARATE_AFTER, Answer, Failed, Request, Serve

_TUNING = Tuning(ack_timeout=ACK_TIMEOUT, separate_after=SEPARATE_AFTER)
_BLOCK = 1024
_UPLOAD = 10.0


class OurEnd:
    """Implements `End`."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._driver = Driver({}, self._handle, tuning=_TUNING)
        self._socket: UdpSocket

    @classmethod
    @asynccontextmanager
    async def opened(cls, serve: Serve) -> AsyncIterator["OurEnd"]:
        """Bind and serve."""
        end = cls(serve)
        end._socket = await UdpSocket.open(HOST, 0, end._received, lambda *_: None)
        try:
            yield end
        finally:
            end._driver.close()
            end._socket.close()

    @property
    def port(self) -> int:
        return self._socket.port

    async def ask(self, port: int, request: Request) -> Answer:
        message = _message(request)
        if len(request.payload) > _BLOCK:
            return _answer(await self._upload(port, message, request.payload))
        return _answer(await self._exchange(port, message, request.token))

    @asynccontextmanager
    async def observe(self, port: int, request: Request) -> AsyncIterator[AsyncIterator[bytes]]:
        bodies: asyncio.Queue[bytes] = asyncio.Queue()

        def came(response: Outcome) -> None:
            assert not isinstance(response, Failure), response
            bodies.put_nowait(bytes(response.payload))

        endpoint, now = self._driver.endpoint, self._driver.now
        observation = endpoint.observe(self._remote(port), _message(request), came, came, now())
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

    def _remote(self, port: int) -> UdpRemote:
        # As the socket tells it of what comes from there.
        peer = Peer.parse(f"coap://{HOST}:{port}?local={HOST}")
        return UdpRemote(self._socket, peer.sockaddr, peer.pktinfo)

    async def _exchange(self, port: int, message: Message, token: bytes | None) -> Message:
        remote, endpoint = self._remote(port), self._driver.endpoint

        def begin(done: Done) -> None:
            def first(outcome: Outcome) -> None:
                if isinstance(outcome, Failure):
                    done(outcome)
                else:
                    Download(endpoint, remote, message, done).start(outcome, endpoint.now)

            endpoint.request(remote, message, first, self._driver.now(), token=token)

        return await self._outcome(begin)

    async def _upload(self, port: int, message: Message, body: bytes) -> Message:
        bare = Message(message.code, message.options, type=message.type)
        remote, endpoint = self._remote(port), self._driver.endpoint
        return await self._outcome(
            lambda done: Upload(endpoint, remote, bare, body, done, lambda *_: None, _UPLOAD).start(
                self._driver.now()
            )
        )

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
        options = message.options
        told = await self._serve(
            Request(
                message.code,
                tuple(options.uri_path),
                tuple(options.uri_query),
                bytes(message.payload),
                options.content_format,
                options.accept,
                tuple(options.etags),
                tuple(options.if_match),
                options.if_none_match,
            )
        )
        return Message(
            Code(told.code),
            Options(
                content_format=told.content_format,
                max_age=told.max_age,
                etags=() if told.etag is None else (told.etag,),
                location_path=told.location_path,
                location_query=told.location_query,
                block1=options.block1,
            ),
            told.payload,
        )


def _message(request: Request) -> Message:
    return Message(
        Code(request.code),
        Options(
            uri_path=request.path,
            uri_query=request.query,
            content_format=request.content_format,
            accept=request.accept,
            etags=request.etags,
            if_match=request.if_match,
            if_none_match=request.if_none_match,
        ),
        request.payload,
        Type.CON if request.confirmable else Type.NON,
    )


def _answer(message: Message) -> Answer:
    options = message.options
    return Answer(
        message.code,
        bytes(message.payload),
        options.content_format,
        options.max_age,
        options.etags[0] if options.etags else None,
        tuple(options.location_path),
        tuple(options.location_query),
    )
