"""aiocoap's own layers on a loop whose time is told, without a socket."""

import asyncio
import contextlib
import errno
import logging
import selectors
import socket
import struct
from typing import Any

import aiocoap
from aiocoap import Message, resource
from aiocoap.messagemanager import MessageManager
from aiocoap.numbers.codes import Code
from aiocoap.numbers.constants import TransportTuning
from aiocoap.tokenmanager import TokenManager
from aiocoap.transports.udp6 import MessageInterfaceUDP6, UDP6EndpointAddress

from ..datagrams import Peer, Sent, taken_apart
from .layer import Answer, Call

_PKTINFO = struct.pack("=16sI", socket.inet_pton(socket.AF_INET6, "::ffff:127.0.0.1"), 1)
_CONSUMER_TAKES = 0.02  # seconds that whoever follows an observation is busy with each body


class ToldTimeLoop(asyncio.SelectorEventLoop):
    """A loop that does not wait: its time jumps to whatever is due next."""

    def __init__(self) -> None:
        self._told = 0.0
        super().__init__(_Impatient(self))

    def time(self) -> float:
        return self._told

    def skip(self, seconds: float) -> None:
        self._told += seconds

    async def settle(self) -> None:
        """Return once nothing is left to do without time passing."""
        while self._ready:  # type: ignore[attr-defined] # noqa: ASYNC110 -- the loop's own queue
            await asyncio.sleep(0)


class _Impatient(selectors.SelectSelector):
    def __init__(self, loop: ToldTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise RuntimeError("the loop would wait for ever")
        self._loop.skip(timeout)
        return super().select(0)


class _Outlet:
    """What aiocoap takes for its socket."""

    def __init__(self) -> None:
        self.sent: list[tuple[Peer, bytes]] = []

    def sendmsg(self, data: bytes, _ancdata: object, _flags: int, address: Any) -> None:
        self.sent.append((Peer(address[1]), data))

    def get_extra_info(self, _name: str) -> "_Outlet":
        return self

    def getsockname(self) -> Any:
        return ("::ffff:127.0.0.1", 5683, 0, 0)


class _Resource(resource.Resource):  # type: ignore[misc] # aiocoap ships no types
    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self._answer = answer

    async def render_get(self, request: Message) -> Message:
        return Message(code=Code.CONTENT, payload=self._answer(request.payload))

    async def render_post(self, request: Message) -> Message:
        return Message(code=Code.CHANGED, payload=self._answer(request.payload))

    render_put = render_post


class AiocoapLayer:
    """A stock Context, Site, token manager, message manager and UDP interface."""

    def __init__(self, nstart: int = 1) -> None:
        self.faults: list[BaseException] = []
        self._tuning = type("Tuning", (TransportTuning,), {"NSTART": nstart})()
        self._loop = ToldTimeLoop()
        self._loop.set_exception_handler(self._failed)
        logging.getLogger("coap-told").disabled = True
        self._loop.run_until_complete(self._open())
        self._tasks: list[asyncio.Task[None]] = []

    async def _open(self) -> None:
        self._site = resource.Site()
        self._context = aiocoap.Context(
            loop=self._loop, serversite=self._site, loggername="coap-told"
        )
        tokens = TokenManager(self._context)
        self._messages = MessageManager(tokens)
        self._interface = MessageInterfaceUDP6(self._messages, self._context.log, self._loop)
        self._interface.transport = self._outlet = _Outlet()
        self._messages.message_interface = self._interface
        tokens.token_interface = self._messages
        self._context.request_interfaces.append(tokens)

    def _failed(self, _loop: object, context: dict[str, Any]) -> None:
        self.faults.append(context.get("exception") or RuntimeError(context["message"]))

    def _remote(self, peer: Peer) -> UDP6EndpointAddress:
        address = ("::ffff:127.0.0.1", peer.port, 0, 0)
        return UDP6EndpointAddress(address, self._interface, pktinfo=_PKTINFO)

    def serve(self, segment: str, answer: Answer) -> None:
        self._site.add_resource([segment], _Resource(answer))

    def receive(self, peer: Peer, data: bytes) -> None:
        ancillary = [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, _PKTINFO)]

        async def receive() -> None:
            try:
                self._interface.datagram_msg_received(
                    data, ancillary, 0, self._remote(peer).sockaddr
                )
            except Exception as fault:  # noqa: BLE001 - on a loop its handler would get it
                self.faults.append(fault)
            await self._loop.settle()

        self._loop.run_until_complete(receive())

    def sent(self) -> list[Sent]:
        sent, self._outlet.sent = self._outlet.sent, []
        return [taken_apart(peer, data) for peer, data in sent]

    def advance(self, seconds: float) -> None:
        self._loop.run_until_complete(asyncio.sleep(seconds))

    def get(self, peer: Peer, segment: str) -> Call:
        return self._begin(self._ask, peer, segment)

    def observe(self, peer: Peer, segment: str, token: bytes | None = None) -> Call:
        """Observe; nobody can choose the token."""
        return self._begin(self._follow, peer, segment, observe=0)

    def _begin(self, run: Any, peer: Peer, segment: str, **options: Any) -> Call:
        message = Message(
            code=Code.GET, uri_path=[segment], transport_tuning=self._tuning, **options
        )
        message.remote = self._remote(peer)
        call = Call()

        async def begin() -> None:
            call.handle = self._context.request(message)
            self._tasks.append(self._loop.create_task(run(call)))
            await asyncio.sleep(0)
            await self._loop.settle()

        self._loop.run_until_complete(begin())
        return call

    async def _ask(self, call: Call) -> None:
        try:
            call.bodies.append((await call.handle.response).payload)
        except aiocoap.error.Error as fault:
            call.failure = fault
        except asyncio.CancelledError as fault:
            call.failure = fault
            raise

    async def _follow(self, call: Call) -> None:
        notifications = call.handle.observation.__aiter__()
        await self._ask(call)
        with contextlib.suppress(aiocoap.error.Error, StopAsyncIteration):
            while True:
                call.bodies.append((await notifications.__anext__()).payload)
                await asyncio.sleep(_CONSUMER_TAKES)

    def cancel(self, call: Call) -> None:
        async def cancel() -> None:
            if call.handle.observation is not None:
                call.handle.observation.cancel()
            else:
                call.handle.response.cancel()
            await self._loop.settle()

        self._loop.run_until_complete(cancel())

    def unreachable(self, peer: Peer) -> None:
        async def fail() -> None:
            refused = OSError(errno.ECONNREFUSED, "Connection refused")
            self._messages.dispatch_error(refused, self._remote(peer))
            await self._loop.settle()

        self._loop.run_until_complete(fail())

    def talk_to_others(self, messages: int) -> None:
        """Take as many message ids as so many messages take: all peers share one counter."""
        for _ in range(messages):
            self._messages._next_message_id()

    def close(self) -> None:
        async def end() -> None:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

        self._loop.run_until_complete(end())
        self._loop.close()
