"""Deployments: drive each to its end, through restarts and silence."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Final

import structlog

from firmware_store import Store, StoreError
from objects import firmware_update, model_slot
from objects.path import Path

from ..protocol import firmware, inputs, module
from ..protocol.deployment import RULES, DeploymentRequest, Outcome, Rules, Via
from ..protocol.errors import IllegalInput
from ..protocol.events import EventKind
from ..protocol.module_state import ModuleDeployment
from ..protocol.queue_mode import Presence
from ..protocol.registration import EndpointName, Registration
from .driver import Driver
from .effects import Effects
from .errors import AlreadyDeploying, Conflict, InvalidInput, NotFound
from .hardware import HardwareService
from .images import ImageService, split_reference
from .ports import Clock, EventSink, Package
from .presence import PresenceService
from .pulls import PullTokens
from .records import DeploymentRecord, ImageRecord, Machine
from .registration import RegistrationService
from .repositories import DeploymentRepository
from .views import ActiveModel, DeploymentView

_REGISTERED: Final = inputs.Registered()
_UPDATED: Final = inputs.Updated()
_log = structlog.get_logger(__name__)

_WATCHED: Final = frozenset({firmware_update.OBJECT_ID, model_slot.OBJECT_ID})
_BUILT_IN_SLOT: Final = 0


class DeploymentService:
    """What is on its way to which endpoint; implements `PullSource` for the transport."""

    def __init__(
        self,
        *,
        repository: DeploymentRepository,
        registrations: RegistrationService,
        presence: PresenceService,
        devices: HardwareService,
        images: ImageService,
        carrier: Effects,
        pulls: PullTokens,
        store: Store,
        events: EventSink,
        clock: Clock,
        new_id: Callable[[], str],
        new_token: Callable[[], str],
        rules: Rules = RULES,
    ) -> None:
        self._repository = repository
        self._registrations = registrations
        self._presence = presence
        self._devices = devices
        self._images = images
        self._carrier = carrier
        self._pulls = pulls
        self._store = store
        self._events = events
        self._clock = clock
        self._new_id = new_id
        self._new_token = new_token
        self._rules = rules
        self._drivers: dict[EndpointName, Driver] = {}
        self._asleep_since: dict[EndpointName, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: dict[str, asyncio.Future[None]] = {}
        self._admitting = asyncio.Lock()

    async def start(self) -> None:
        """Load what is unfinished, and serve what devices may be pulling at this moment."""
        for record in await self._repository.unfinished():
            if record.request.endpoint in self._drivers:
                continue
            self._admit(record)
            if record.machine.pull and record.image is not None:
                try:
                    await self._pulls.offer(record.token, await self._images.bytes_of(record))
                except (StoreError, InvalidInput) as error:
                    _log.warning("image not offered", deployment=record.id, why=str(error))

    def resume(self) -> None:
        """Go on with what is unfinished."""
        for endpoint, driver in self._drivers.items():
            registration = self._registrations.by_endpoint(endpoint)
            registered_at = registration.registered_at if registration else None
            self._drive(driver, inputs.Resumed(registered_at))

    async def aclose(self) -> None:
        """Stop driving; what is unfinished is resumed by the next start."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- for operators --------------------------------------------------------------------

    async def deploy(self, request: DeploymentRequest) -> DeploymentView:
        """Begin a deployment.

        Raises `NotFound` (endpoint, model or firmware), `AlreadyDeploying` or
        `InvalidInput`. The endpoint need not be registered at the moment.
        """
        self._devices.known(request.endpoint)
        image = await self._requested(request)
        async with self._admitting:
            if (under_way := self._drivers.get(request.endpoint)) is not None:
                raise AlreadyDeploying(request.endpoint, under_way.record.id)
            now = self._clock.now()
            record = DeploymentRecord(
                id=self._new_id(),
                request=request,
                machine=_machine(request, image, now),
                token=self._new_token(),
                created_at=now,
                updated_at=now,
                image=image,
            )
            await self._repository.put(record)
            driver = self._admit(record)
        self._announce(record)
        self._drive(driver, inputs.Started())
        return record.view()

    async def cancel(self, deployment: str) -> DeploymentView:
        """Cancel; raises `NotFound`, or `Conflict` once it ended or Execute was sent."""
        driver = self._driver(deployment)
        if driver is None:
            view = await self.get(deployment)
            raise Conflict(f"deployment {deployment} has ended: {view.outcome}")
        try:
            driver.cancellable()
        except IllegalInput as error:
            raise Conflict(f"deployment {deployment}: {error}") from error
        driver.post(inputs.Cancelled())
        view = await self.wait(deployment)
        if view.outcome is not Outcome.CANCELLED:
            raise Conflict(f"deployment {deployment} ended before it could be cancelled")
        return view

    async def get(self, deployment: str) -> DeploymentView:
        """Return one deployment; raises `NotFound`."""
        if (driver := self._driver(deployment)) is not None:
            return driver.record.view()
        record = await self._repository.get(deployment)
        if record is None:
            raise NotFound("deployment", deployment)
        return record.view()

    async def deployments(
        self, endpoint: EndpointName | None = None, limit: int = 100
    ) -> list[DeploymentView]:
        """Return the latest deployments, newest first."""
        under_way = {driver.record.id: driver.record for driver in self._drivers.values()}
        stored = await self._repository.latest(endpoint, limit)
        return [under_way.get(record.id, record).view() for record in stored]

    async def wait(self, deployment: str) -> DeploymentView:
        """Return the deployment once it ended; raises `NotFound`."""
        if (ended := self._ended.get(deployment)) is not None:
            await asyncio.shield(ended)
        return await self.get(deployment)

    # --- PullSource -----------------------------------------------------------------------

    def package(self, token: str) -> Package | None:
        """Return what is served under `token`, None where there is no such token."""
        return self._pulls.package(token)

    def pulled(self, token: str, done: int, total: int) -> None:
        """Note that the endpoint has fetched `done` of `total` bytes."""
        self._pulls.pulled(token, done, total)

    # --- RegistrationListener, NotificationListener ---------------------------------------

    @property
    def under_way(self) -> Collection[EndpointName]:
        """The endpoints with a deployment under way, at any time."""
        return self._drivers.keys()

    def registered(self, registration: Registration) -> None:
        """Let the endpoint's deployment know of a Register."""
        self._post(registration.endpoint, _REGISTERED)

    def updated(self, registration: Registration) -> None:
        """Let the endpoint's deployment know of an Update."""
        self._post(registration.endpoint, _UPDATED)

    def notified(self, endpoint: EndpointName, paths: Sequence[Path]) -> None:
        """Let the endpoint's deployment know that State or Result may have changed."""
        if any(path.object_id in _WATCHED for path in paths):
            self._post(endpoint, inputs.Notified())

    def presence(self, endpoint: EndpointName, presence: Presence) -> None:
        """Let the endpoint's deployment know for how long the endpoint has slept."""
        if endpoint not in self._drivers:
            return
        now = self._clock.now()
        if presence is Presence.SLEEPING:
            self._asleep_since[endpoint] = now
        elif (since := self._asleep_since.pop(endpoint, None)) is not None:
            self._post(endpoint, inputs.Woke(now - since))

    # --- inside ---------------------------------------------------------------------------

    async def _requested(self, request: DeploymentRequest) -> ImageRecord | None:
        """Check that there is what is asked for; return the image where it needs no build."""
        if (request.model is None) == (request.firmware is None):
            raise InvalidInput("a deployment is either of a model or of a stored firmware")
        try:
            if request.model is not None:
                await asyncio.to_thread(self._store.zoo.get, request.model)
                return None
            if request.via is not Via.FIRMWARE:
                raise InvalidInput("a stored firmware is delivered as firmware, not as a module")
            assert request.firmware is not None  # noqa: S101 - exactly one is given
            split_reference(request.firmware)
            return await self._images.stored(request.firmware)
        except StoreError as error:
            what = "model" if request.model else "firmware"
            raise NotFound(what, request.model or request.firmware or "") from error

    def _admit(self, record: DeploymentRecord) -> Driver:
        driver = Driver(
            record,
            carrier=self._carrier,
            save=self._repository.put,
            announce=self._announce,
            clock=self._clock,
            rules=self._rules,
        )
        endpoint = record.request.endpoint
        self._drivers[endpoint] = driver
        registration = self._registrations.by_endpoint(endpoint)
        if registration is not None and not self._presence.awake(registration):
            self._asleep_since[endpoint] = self._clock.now()
        self._ended[record.id] = asyncio.get_running_loop().create_future()
        self._devices.set_deploying(endpoint, record.id)

        def pulled(done: int, total: int) -> None:
            self._presence.heard(endpoint)
            driver.post(inputs.Pulled(done, total))

        self._pulls.watch(record.token, pulled)
        return driver

    def _drive(self, driver: Driver, first: inputs.Input) -> None:
        driver.post(first)
        task = asyncio.create_task(self._run(driver))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, driver: Driver) -> None:
        endpoint, deployment = driver.record.request.endpoint, driver.record.id
        try:
            await self._note_success(await driver.run())
        except Exception:  # noqa: BLE001 - nobody awaits this task
            _log.exception("deployment left alone until the next start", deployment=deployment)
        finally:
            self._drivers.pop(endpoint, None)
            self._asleep_since.pop(endpoint, None)
            self._devices.set_deploying(endpoint, None)
            self._pulls.withdraw(driver.record.token)
            self._ended.pop(deployment).set_result(None)
        await driver.last_words()

    async def _note_success(self, record: DeploymentRecord) -> None:
        image, request = record.image, record.request
        if record.machine.outcome is not Outcome.SUCCEEDED or image is None:
            return
        if request.model is None:
            return
        machine, test = record.machine, record.self_test
        image_hash = image.facts.image_hash
        model = ActiveModel(
            slot=machine.slot if isinstance(machine, ModuleDeployment) else _BUILT_IN_SLOT,
            name=request.model,
            version=image.version,
            image_sha256=image_hash.hex() if image_hash else "",
            since=record.updated_at,
            deployment=record.id,
            instructions=test.cost if test else None,
            unit=test.unit if test else None,
            flash=image.flash,
            ram=image.ram,
            peak_ram=test.peak_ram if test else None,
        )
        await self._devices.set_active_model(request.endpoint, model)

    def _driver(self, deployment: str) -> Driver | None:
        under_way = self._drivers.values()
        return next((one for one in under_way if one.record.id == deployment), None)

    def _post(self, endpoint: EndpointName, event: inputs.Input) -> None:
        if (driver := self._drivers.get(endpoint)) is not None:
            driver.post(event)

    def _announce(self, record: DeploymentRecord) -> None:
        view = record.view()
        data = {
            "id": view.id,
            "via": view.via.value,
            "model": view.model,
            "firmware": view.firmware,
            "phase": view.phase,
            "outcome": view.outcome.value if view.outcome else None,
            "reason": view.reason,
            "bytes_done": view.bytes_done,
            "bytes_total": view.bytes_total,
        }
        self._events.emit(EventKind.DEPLOYMENT, self._clock.now(), view.endpoint, data)


def _machine(request: DeploymentRequest, image: ImageRecord | None, now: float) -> Machine:
    if request.via is Via.MODULE:
        return module.begin(request.delivery, now)
    return firmware.begin(request.delivery, now, image.facts if image else None)
