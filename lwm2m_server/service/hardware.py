"""What endpoints are: read after Register, kept, and turned into a Target."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Final

import structlog

from compiler.errors import CompileError
from compiler.targets import BoardTable, Target, target_for

from ..protocol.events import EventKind
from ..protocol.registration import EndpointName, Registration
from .errors import EndpointAsleep, NotFound, ServiceError
from .gateway import Gateway
from .group_commit import GroupCommit
from .ports import Clock, EventSink
from .presence import PresenceService
from .probe import Probed, probe
from .reads import Reads
from .records import DeviceRecord
from .registration import RegistrationService
from .repositories import DeviceRepository
from .views import ActiveModel, DeviceView

Change = Callable[[DeviceRecord], DeviceRecord]

_MINUTE: Final = 60.0
_WRITTEN_AFTER: Final = 1.0
_WRITTEN_AT_ONCE: Final = 256

_log = structlog.get_logger(__name__)


class HardwareService:
    """Devices as operators see them, and the boards they assign."""

    def __init__(
        self,
        *,
        gateway: Gateway,
        registrations: RegistrationService,
        presence: PresenceService,
        repository: DeviceRepository,
        boards: BoardTable,
        events: EventSink,
        clock: Clock,
    ) -> None:
        self._gateway = gateway
        self._registrations = registrations
        self._presence = presence
        self._repository = repository
        self._boards = boards
        self._events = events
        self._clock = clock
        self._devices: dict[EndpointName, DeviceRecord] = {}
        self._reads = Reads(self._read_registered, clock)
        self._commit: GroupCommit[EndpointName, DeviceRecord] = GroupCommit(self._write)
        self._unwritten: dict[EndpointName, None] = {}
        self._writing = False
        self._deploying: dict[EndpointName, str] = {}

    async def start(self) -> None:
        """Load what is known of endpoints."""
        self._devices = {device.endpoint: device for device in await self._repository.all()}

    async def aclose(self) -> None:
        """Stop reading, and write when endpoints were last heard of."""
        await self._reads.aclose()
        self._commit.add({endpoint: self._devices[endpoint] for endpoint in self._unwritten})
        await self._commit.drain()

    # --- for operators --------------------------------------------------------------------

    async def devices(self) -> list[DeviceView]:
        """Return every endpoint that ever registered, by name."""
        registered = {registration.endpoint for registration in self._registrations.all()}
        return [self._view(self.known(name)) for name in sorted(registered | set(self._devices))]

    async def device(self, endpoint: EndpointName) -> DeviceView:
        """Return one endpoint; raises `NotFound`."""
        return self._view(self.known(endpoint))

    async def set_board(self, endpoint: EndpointName, board: str | None) -> DeviceView:
        """Assign a board of the table (None: none); raises `NotFound` for endpoint or board."""
        if board is not None and self._boards.get(board) is None:
            raise NotFound("board", board)
        self.known(endpoint)
        await self._change(endpoint, lambda device: replace(device, board=board))
        self._emit(endpoint, board=board)
        return await self.device(endpoint)

    async def refresh(self, endpoint: EndpointName) -> DeviceView:
        """Read the hardware anew; raises `NotRegistered` or `EndpointUnreachable`.

        An endpoint that sleeps is read once it wakes; meanwhile it raises `EndpointAsleep`.
        """
        self.known(endpoint)
        if not self._presence.awake(self._gateway.registration(endpoint)):
            self._reads.ask(endpoint)
            raise EndpointAsleep(endpoint, "its hardware will be read once it wakes")
        await self.read(endpoint)
        return await self.device(endpoint)

    # --- for other services ---------------------------------------------------------------

    def known(self, endpoint: EndpointName) -> DeviceRecord:
        """Return what is known of an endpoint; raises `NotFound`.

        What has registered is known from that moment on, even where nothing has
        been read of it yet.
        """
        if (device := self._devices.get(endpoint)) is not None:
            return device
        if (registration := self._registrations.by_endpoint(endpoint)) is not None:
            return DeviceRecord(endpoint, registration.updated_at)
        raise NotFound("endpoint", endpoint)

    async def read(self, endpoint: EndpointName) -> Probed:
        """Read the device and keep its hardware; raises `NotRegistered`, `EndpointUnreachable`."""
        probed = await probe(self._gateway, endpoint)
        before = self._devices.get(endpoint)
        now = self._clock.now()
        await self._change(
            endpoint,
            lambda device: replace(device, hardware=probed.hardware, hardware_read_at=now),
        )
        if before is None or before.hardware != probed.hardware:
            self._emit(endpoint)
        return probed

    async def set_active_model(self, endpoint: EndpointName, model: ActiveModel) -> None:
        """Keep what serves on an endpoint now."""
        await self._change(endpoint, lambda device: replace(device, active_model=model))

    def set_deploying(self, endpoint: EndpointName, deployment: str | None) -> None:
        """Show which deployment is under way."""
        if deployment is None:
            self._deploying.pop(endpoint, None)
        else:
            self._deploying[endpoint] = deployment

    # --- RegistrationListener -------------------------------------------------------------

    def registered(self, registration: Registration) -> None:
        """Have read what has registered: a new program may have another tale to tell."""
        endpoint = registration.endpoint
        self._heard_of(endpoint, registration.updated_at)
        self._reads.ask(endpoint)

    def updated(self, registration: Registration) -> None:
        """Take note that it is there; have it read where an earlier attempt failed."""
        endpoint = registration.endpoint
        self._heard_of(endpoint, registration.updated_at)
        if self._devices[endpoint].hardware is None and endpoint not in self._reads:
            self._reads.ask(endpoint)

    def _heard_of(self, endpoint: EndpointName, at: float) -> None:
        """Keep when an endpoint was last heard of, to the minute, and write it with others."""
        device = self._devices.get(endpoint)
        if device is None:
            device = DeviceRecord(endpoint, at)
        elif at < device.last_seen + _MINUTE:
            return
        else:
            device = replace(device, last_seen=at)
        self._devices[endpoint] = device
        self._unwritten[endpoint] = None
        if not self._writing:
            self._writing = True
            self._clock.call_at(self._clock.now() + _WRITTEN_AFTER, self._write_some)

    def _write_some(self, _former: asyncio.Future[None] | None = None) -> None:
        """Write some, and the next ones after: a whole fleet in one go would be felt."""
        some = list(islice(self._unwritten, _WRITTEN_AT_ONCE))
        if not some:
            self._writing = False
            return
        for endpoint in some:
            del self._unwritten[endpoint]
        # What has been read of them meanwhile goes along.
        written = self._commit.add({endpoint: self._devices[endpoint] for endpoint in some})
        written.add_done_callback(self._write_some)

    async def _read_registered(self, endpoint: EndpointName) -> None:
        try:
            await self.read(endpoint)
        except ServiceError as error:
            _log.info("hardware not read", endpoint=endpoint, why=str(error))

    # --- inside ---------------------------------------------------------------------------

    async def _change(self, endpoint: EndpointName, change: Change) -> None:
        now = self._clock.now()
        device = self._devices.get(endpoint) or DeviceRecord(endpoint, now)
        device = replace(change(device), last_seen=now)
        self._devices[endpoint] = device
        await asyncio.shield(self._commit.put(endpoint, device))

    async def _write(self, changes: Mapping[EndpointName, DeviceRecord | None]) -> None:
        await self._repository.write([device for device in changes.values() if device is not None])

    def _view(self, device: DeviceRecord) -> DeviceView:
        registration = self._registrations.by_endpoint(device.endpoint)
        target, problem = self._target(device)
        in_queue_mode = registration if registration and registration.queue_mode else None
        last_seen = max(device.last_seen, registration.updated_at if registration else 0.0)
        return DeviceView(
            endpoint=device.endpoint,
            registration=registration,
            last_seen=last_seen,
            hardware=device.hardware,
            hardware_read_at=device.hardware_read_at,
            target=target,
            target_problem=problem,
            board=device.board,
            active_model=device.active_model,
            deployment=self._deploying.get(device.endpoint),
            awake=self._presence.awake(in_queue_mode) if in_queue_mode else None,
        )

    def _target(self, device: DeviceRecord) -> tuple[Target | None, str | None]:
        if device.hardware is None:
            return None, "the device has not been read yet"
        try:
            return target_for(device.hardware, self._boards, device.board), None
        except CompileError as error:
            return None, str(error)

    def _emit(self, endpoint: EndpointName, **more: object) -> None:
        target, problem = self._target(self.known(endpoint))
        data: dict[str, object] = dict(more)
        if target is not None:
            data |= {"target": target.name, "source": target.source}
        if problem is not None:
            data["problem"] = problem
        self._events.emit(EventKind.HARDWARE, self._clock.now(), endpoint, data)
