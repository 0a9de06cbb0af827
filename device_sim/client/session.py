"""One life of the device on the network: from a boot to the next reset.

Wires the parts to one aiocoap context, whose one UDP socket serves the server's
requests and sends the device's own. Each life has a context of its own, and
with it message identifiers and tokens that begin at random: a server that still
remembers those of the life before would take ours for duplicates.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from enum import Enum, auto
from typing import Any

import aiocoap
import aiocoap.error

from objects.codecs import ContentFormat, Record, encode_records
from objects.path import Path
from objects.registry import Registry

from ..coap_uri import with_port
from ..errors import Refused, TransferFailed, Why
from ..events import DeviceEventKind, Emit
from ..faults import PowerCut
from ..habits import NO_HABITS, Habits
from ..machine import Machine
from .behaviour import Behaviour
from .block1 import Block
from .block2 import Answer
from .download import check_uri, fetch
from .dtls import Security
from .held import Held
from .management import Management
from .packages import Packages
from .radio import Radio, every
from .registrar import Registrar, Uplink, UplinkAnswer
from .registration import Send
from .reports import SessionReports
from .requests import METHOD_NOT_ALLOWED, Reply, Request
from .site import Site
from .socket import DeviceSocket, open_context
from .tree import TEMPERATURE, View

#: aiocoap has no time-out of its own for a response that never comes after an
#: empty acknowledgement; RFC 7252 §4.8.2 MAX_TRANSMIT_WAIT and some.
_RESPONSE_TIMEOUT = 100.0
_FAREWELL_TIMEOUT = 2.0
_SWEEP_SECONDS = 5.0

_CODES = {Send.REGISTER: aiocoap.POST, Send.UPDATE: aiocoap.POST, Send.DEREGISTER: aiocoap.DELETE}
_LINK_FORMAT = 40


Route = Callable[[str], str]


class Ending(Enum):
    """Why a session is over."""

    STOPPED = auto()
    RESET = auto()
    POWER_CUT = auto()
    BOOTSTRAP = auto()


class Session:
    """Runs a booted machine as a LwM2M client of `server_uri`.

    `lifetime` is that of the registration unless the server has written another;
    `reset_delay` is the time from accepting a reset to vanishing, in seconds.
    Notifications are `confirmable` or not. `route` turns the URI of a package
    into the one by which the device's network reaches it. `security` proves who the
    device is to servers behind `coaps` URIs, `short_server_id` how it knows the server.
    """

    def __init__(
        self,
        machine: Machine,
        endpoint: str,
        server_uri: str,
        *,
        lifetime: int,
        reset_delay: float,
        confirmable: bool,
        route: Route,
        emit: Emit,
        security: Security | None = None,
        habits: Habits = NO_HABITS,
        short_server_id: int = 1,
    ) -> None:
        self.machine = machine
        self._endpoint = endpoint
        self._server_uri = with_port(server_uri.rstrip("/"))
        self._security = security
        self._socket: DeviceSocket | None = None
        self._lifetime = lifetime
        self._reset_delay = reset_delay
        self._route = route
        self._emit = emit
        self._habits = habits
        self._short_server_id = short_server_id
        self._radio = Radio(habits.sleep)
        self._ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._downloads: dict[Packages, asyncio.Task[None]] = {}
        # The latest request and response of the registration; their remotes are the server.
        self._asked: Any = None
        self._answered: Any = None
        self.held = Held(endpoint, machine.board.name, thermometer=habits.has_thermometer)
        self._behaviour = Behaviour(machine, self, emit, time.monotonic, self.held)
        self._management = Management(
            self.view,
            self._behaviour.handlers(),
            self._behaviour,
            time.monotonic,
            self.held.attributes,
        )
        reports = SessionReports(
            self._management, self.held.attributes, self._behaviour.runs, self._radio.exchanged
        )
        self._site = Site(
            self._handle, reports, self._is_server, self._spawn, confirmable=confirmable
        )
        self.registrar = Registrar(self.view, self._transmit, emit)
        self._context: aiocoap.Context | None = None

    async def run(self) -> Ending:
        """Serve until `stop`, a reset or a power cut; raises what should never happen."""
        self._context, self._socket = await open_context(self._site, self._security)
        self._socket.listens = self._radio.listens
        try:
            for habit in self._own_doing():
                self._spawn(self._guard(habit))
            self._spawn(self._guard(self._stay_registered()))
            self._spawn(self._guard(self._sweep()))
            return await self._ended
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._context.shutdown()

    def stop(self) -> None:
        """De-register, then end; a server that does not answer is not waited for long."""
        self.registrar.leave()
        loop = asyncio.get_running_loop()
        loop.call_later(2 * _FAREWELL_TIMEOUT, self._end, Ending.STOPPED)

    def view(self) -> View:
        """Return what is true of the device now."""
        machine = self.machine
        return View(
            board=machine.board,
            endpoint=self._endpoint,
            key_hash=machine.key.hash,
            memory=machine.memory,
            running=machine.running,
            lifetime=machine.memory.lifetime or self._lifetime,
            runs=dict(self._behaviour.runs),
            secured=self._security is not None,
            portfolio=self.held.portfolio.instances,
            temperatures=self.held.temperatures,
            default=self.held.attributes.default,
            muted=self.held.muted,
            queue_mode=self._habits.sleep is not None,
            short_server_id=self._short_server_id,
        )

    # Host of the handlers ---------------------------------------------------

    def reset(self) -> None:
        """Vanish in a moment, without a word, as a reset does."""
        asyncio.get_running_loop().call_later(self._reset_delay, self._end, Ending.RESET)

    def bootstrap(self) -> None:
        """Vanish in a moment, for the bootstrap server; raises `Refused` where there is none."""
        if not self._habits.bootstrap:
            raise Refused(METHOD_NOT_ALLOWED, "this device knows no bootstrap server")
        loop = asyncio.get_running_loop()
        loop.call_later(self._reset_delay, self._end, Ending.BOOTSTRAP)

    def update_registration(self) -> None:
        """Send an Update soon."""
        self.registrar.changed()

    def start_download(self, packages: Packages, uri: str) -> None:
        """Fetch a package, instead of what was fetched for the same place so far."""
        self.stop_download(packages)
        self._downloads[packages] = self._spawn(self._guard(self._download(packages, uri)))

    def stop_download(self, packages: Packages) -> None:
        """Stop fetching for one place."""
        task = self._downloads.pop(packages, None)
        if task is not None:
            task.cancel()

    # Requests of the server -------------------------------------------------

    async def _handle(self, request: Request) -> Reply | None:
        """Answer a request; None when the power went away over it."""
        self._radio.exchanged()
        try:
            reply = await self._management.handle(request)
        except PowerCut:
            self._end(Ending.POWER_CUT)
            return None
        self._site.changed()
        return reply

    def _is_server(self, remote: Any) -> bool:
        # While its name is looked up again, the server is where it last answered from.
        known = (message for message in (self._asked, self._answered) if message is not None)
        return remote.hostinfo in {message.remote.hostinfo for message in known}

    # Requests of the device -------------------------------------------------

    async def _stay_registered(self) -> None:
        await self.registrar.run()
        self._end(Ending.STOPPED)

    async def _transmit(self, uplink: Uplink) -> UplinkAnswer | None:
        path = "/".join(uplink.path)
        message = aiocoap.Message(
            code=_CODES[uplink.send], uri=f"{self._server_uri}/{path}", payload=uplink.payload
        )
        message.opt.uri_query = uplink.query
        if uplink.payload:
            message.opt.content_format = _LINK_FORMAT
        self._asked = message
        timeout = _FAREWELL_TIMEOUT if uplink.send is Send.DEREGISTER else _RESPONSE_TIMEOUT
        answer = await self._ask(message, timeout)
        if answer is None:
            return None
        self._answered = answer
        return UplinkAnswer(int(answer.code), tuple(answer.opt.location_path))

    def _own_doing(self) -> Iterator[Coroutine[Any, Any, None]]:
        """Yield what the device does by itself; see `Habits`."""
        habits = self._habits
        if habits.sense is not None:
            yield every(habits.sense, self._measure)
        if habits.send is not None:
            yield every(habits.send, self._send)
        if habits.sleep is not None:
            yield every(habits.sleep.every, self._wake)

    async def _measure(self) -> None:
        self.held.measure()
        self._site.changed()

    async def _wake(self) -> None:
        if self.registrar.registered:
            self.registrar.changed()

    async def _send(self) -> None:
        """Send what the thermometer shows (OMA LwM2M Core 1.1 §6.4.6)."""
        if self.held.muted or not self.registrar.registered:
            return
        if self._habits.sense is None:
            await self._measure()
        record = Record(Path(TEMPERATURE, 0, 5700), self.held.temperatures[-1], time.time())
        payload = encode_records(ContentFormat.SENML_CBOR, [record], Registry.standard())
        uri = f"{self._server_uri}/dp"
        message = aiocoap.Message(code=aiocoap.POST, uri=uri, payload=payload)
        message.opt.content_format = ContentFormat.SENML_CBOR
        answer = await self._ask(message, _RESPONSE_TIMEOUT)
        code = "none" if answer is None else answer.code.dotted
        self._emit(DeviceEventKind.SENT, value=str(record.value), code=code)

    async def _download(self, packages: Packages, uri: str) -> None:
        try:
            check_uri(uri, ("coap",) if self._security is None else ("coap", "coaps"))
            data = await fetch(
                lambda block: self._fetch_block(uri, block),
                packages.writer,
                packages.holder.limit,
                clock=time.monotonic,
            )
        except TransferFailed as error:
            packages.fail(error.why, str(error))
        else:
            packages.finish(data)
        self._downloads.pop(packages, None)
        self._site.changed()

    async def _fetch_block(self, uri: str, block: Block) -> Answer | None:
        try:
            message = aiocoap.Message(code=aiocoap.GET, uri=with_port(self._route(uri)))
        except ValueError as error:
            raise TransferFailed(Why.BAD_URI, f"{uri!r}: {error}") from error
        exponent = block.size.bit_length() - 5
        message.opt.block2 = (block.number, False, exponent)
        if block.number == 0:
            message.opt.size2 = 0  # RFC 7959 §4: asks for the size
        answer = await self._ask(message, _RESPONSE_TIMEOUT)
        return None if answer is None else _answer(answer)

    async def _ask(self, message: Any, timeout: float) -> Any:  # noqa: ASYNC109 # of the answer
        """Send one request; None where no response came."""
        if self._context is None:
            return None
        with self._radio.exchanging():
            return await self._answer(message, timeout)

    async def _answer(self, message: Any, timeout: float) -> Any:  # noqa: ASYNC109 # as above
        assert self._context is not None  # noqa: S101 # who asks has looked
        request = self._context.request(message, handle_blockwise=False)
        try:
            return await asyncio.wait_for(request.response, timeout)
        except (aiocoap.error.Error, OSError, TimeoutError):
            if self._socket is not None:
                self._socket.peers.renew()
            return None

    # Tasks ------------------------------------------------------------------

    async def _sweep(self) -> None:
        """Give up pushes that have stalled."""
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            if self._behaviour.expire():
                self._site.changed()

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        """Do `work`; what it raises ends the session."""
        try:
            await work
        except PowerCut:
            self._end(Ending.POWER_CUT)
        except Exception as error:  # noqa: BLE001 # handed to whoever awaits `run`
            if not self._ended.done():
                self._ended.set_exception(error)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _end(self, ending: Ending) -> None:
        if not self._ended.done():
            self._ended.set_result(ending)


def _answer(message: Any) -> Answer:
    option = message.opt.block2
    block = None
    if option is not None:
        block = Block(option.block_number, bool(option.more), option.size)
    return Answer(int(message.code), message.payload, block, message.opt.etag, message.opt.size2)
