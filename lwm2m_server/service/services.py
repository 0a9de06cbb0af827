"""All use-cases, composed: what the composition root builds once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from compiler.targets import BoardTable
from firmware_store import Store
from objects.registry import Registry as Definitions

from ..protocol.bootstrap_session import Rules as BootstrapRules
from ..protocol.credentials import Use
from ..protocol.deployment import RULES, Rules
from ..protocol.queue_mode import AWAKE_WINDOW
from ..protocol.request_queue import QUEUE_BOUNDS, QueueBounds
from .awake_downlink import AwakeDownlink
from .bootstrap import BootstrapService
from .bootstrap_configurations import Configurations
from .builds import BuildService
from .catalogue import CatalogueService
from .clock import LoopClock
from .credentials import CredentialService
from .definitions import KnownDefinitions
from .deployments import DeploymentService
from .effects import Effects
from .events import EventLog
from .gateway import Gateway
from .hardware import HardwareService
from .images import ImageService
from .management import ManagementService
from .observing import ObservationService
from .own_certificate import OwnCertificate
from .ports import BuildRunner, Clock, Downlink
from .presence import PresenceService
from .pulls import PullTokens
from .queue import QueueService
from .registration import RegistrationService
from .reporting import ReportingService
from .repositories import Repositories
from .secret_files import MasterKey
from .traffic import TrafficService


@dataclass(frozen=True, slots=True)
class Services:
    """The use-cases that transport, API and command line call.

    Order for the composition root: `compose`, then the transport on
    `registrations`, `reporting` and `deployments` (its `PullSource`), then
    `start(downlink)`, which loads what was stored, then open the sockets, and then
    `resume()` what was under way. `aclose` writes out what is pending.
    """

    credentials: CredentialService
    registrations: RegistrationService
    presence: PresenceService
    queue: QueueService
    reporting: ReportingService
    hardware: HardwareService
    management: ManagementService
    builds: BuildService
    deployments: DeploymentService
    catalogue: CatalogueService
    events: EventLog
    gateway: Gateway
    bootstrap: BootstrapService
    observations: ObservationService
    traffic: TrafficService

    @classmethod
    def compose(
        cls,
        *,
        storage: Repositories,
        store: Store,
        boards: BoardTable,
        runner: BuildRunner,
        now: Callable[[], float],
        new_id: Callable[[], str],
        new_token: Callable[[], str],
        definitions: Definitions | None = None,
        rules: Rules = RULES,
        clock: Clock | None = None,
        key_name: str = "default",
        master_key: MasterKey,
        own_certificate: OwnCertificate | None = None,
        allow_nosec: bool = False,
        awake_window: float = AWAKE_WINDOW,
        queue_bounds: QueueBounds = QUEUE_BOUNDS,
    ) -> "Services":
        """Build all services on the given ports.

        `new_token` gives pull tokens: unguessable, and fit for a path segment. `key_name`
        is the signing key in the store. `clock` stands in for the loop's timers.
        `master_key` seals the credentials, `own_certificate` is the server's own. With
        `allow_nosec` endpoints without a credential may register unproven. An endpoint in queue
        mode listens for `awake_window` seconds.
        """
        clock = clock or LoopClock(now)
        definitions = definitions or Definitions.standard()
        events = EventLog(storage.events)
        security_store = partial(
            CredentialService,
            repository=storage.credentials,
            master_key=master_key,
            events=events,
            clock=clock,
            new_id=new_id,
            own=own_certificate,
            allow_nosec=allow_nosec,
        )
        credentials = security_store()
        registrations = RegistrationService(
            storage.registrations, events, clock, new_id, admission=credentials
        )
        presence = PresenceService(registrations, events, clock, awake_window)
        known = KnownDefinitions(definitions, registrations)
        gateway = Gateway(registrations, known)
        queue = QueueService(
            repository=storage.requests,
            registrations=registrations,
            presence=presence,
            gateway=gateway,
            events=events,
            clock=clock,
            new_id=new_id,
            bounds=queue_bounds,
        )
        hardware = HardwareService(
            gateway=gateway,
            registrations=registrations,
            presence=presence,
            repository=storage.devices,
            boards=boards,
            events=events,
            clock=clock,
        )
        builds = BuildService(
            repository=storage.builds, runner=runner, store=store, events=events, clock=clock
        )
        bootstrap = BootstrapService(
            configurations=Configurations(storage.configurations, master_key, definitions),
            credentials=security_store(use=Use.BOOTSTRAP),
            issuer=credentials,
            gateway=gateway,
            submitter=queue,
            events=events,
            clock=clock,
            rules=BootstrapRules(definitions),
        )
        images = ImageService(builds, store, boards, key_name)
        pulls = PullTokens()
        deployments = DeploymentService(
            repository=storage.deployments,
            registrations=registrations,
            presence=presence,
            devices=hardware,
            images=images,
            carrier=Effects(gateway, hardware, images, pulls),
            pulls=pulls,
            store=store,
            events=events,
            clock=clock,
            new_id=new_id,
            new_token=new_token,
            rules=rules,
        )
        reporting = ReportingService(events, registrations, known, clock)
        observations = ObservationService(storage.observations, registrations, reporting, clock)
        observations.renew_by(ManagementService(gateway, hardware, gateway, clock))
        gateway.keep(observations.has)
        services = cls(
            credentials=credentials,
            registrations=registrations,
            presence=presence,
            queue=queue,
            reporting=reporting,
            hardware=hardware,
            management=ManagementService(gateway, hardware, queue, clock, observations),
            builds=builds,
            deployments=deployments,
            catalogue=CatalogueService(store, runner),
            events=events,
            gateway=gateway,
            bootstrap=bootstrap,
            observations=observations,
            traffic=TrafficService(registrations, clock),
        )
        services._introduce()
        return services

    def _introduce(self) -> None:
        """Let each hear of what others do."""
        registrations, presence, reporting = self.registrations, self.presence, self.reporting
        self.credentials.listen(registrations.revoked)
        self.credentials.listen_for_authorities(registrations.reconsider)
        presence.listen(self.queue.heard)
        self.queue.listen(self.observations.ended)
        presence.listen_for_changes(self.deployments.presence)
        registrations.listen_for_signs(presence.signed)
        registrations.listen_for_ends(presence.ended)
        # Before those who ask endpoints something as soon as they are there.
        registrations.listen(presence, presence.awaited)
        registrations.listen(self.queue, self.queue.awaited)
        reporting.listen(presence)
        registrations.listen(self.hardware)
        registrations.listen(self.deployments, self.deployments.under_way)
        registrations.listen(self.observations, self.observations.observed)
        reporting.listen(self.deployments)

    async def start(self, downlink: Downlink) -> None:
        """Load what was stored; requests go out through `downlink` from now on."""
        awake = AwakeDownlink(downlink, self.presence)
        self.gateway.connect(awake)
        await self.events.start()
        # Before credentials, with which a key is made where there is none yet.
        await self.bootstrap.configurations.start()
        await self.credentials.start()
        await self.bootstrap.credentials.start()
        await self.registrations.start()
        self.presence.start()
        await self.queue.start(awake)
        await self.hardware.start()
        await self.observations.start(self.queue.waiting())
        await self.builds.start()
        await self.deployments.start()

    def resume(self) -> None:
        """Go on with what was under way; the sockets are open."""
        self.queue.resume()
        self.deployments.resume()
        self.observations.resume()

    async def aclose(self) -> None:
        """Stop timers and running effects, and write out what is pending."""
        await self.queue.aclose()
        await self.bootstrap.aclose()
        await self.deployments.aclose()
        await self.observations.aclose()
        await self.hardware.aclose()
        await self.builds.aclose()
        self.presence.close()
        await self.registrations.aclose()
        await self.credentials.aclose()
        await self.events.aclose()
