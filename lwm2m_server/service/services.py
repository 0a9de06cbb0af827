"""All use-cases, composed: what the composition root builds once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .builds import BuildService
from .catalogue import CatalogueService
from .deployments import DeploymentService
from .events import EventLog
from .hardware import HardwareService
from .management import ManagementService
from .ports import BuildRunner, Downlink
from .registration import RegistrationService
from .reporting import ReportingService


@dataclass(frozen=True, slots=True)
class Services:
    """The use-cases that transport, API and command line call.

    Order for the composition root: `compose`, then the transport on
    `registrations`, `reporting` and `deployments` (its `PullSource`), then
    `start(downlink)`, which loads what was stored, then open the sockets, and then
    `resume()` what was under way. `aclose` writes out what is pending.
    """

    registrations: RegistrationService
    reporting: ReportingService
    hardware: HardwareService
    management: ManagementService
    builds: BuildService
    deployments: DeploymentService
    catalogue: CatalogueService
    events: EventLog

    @classmethod
    def compose(
        cls,
        *,
        storage: Any,  # `lwm2m_server.storage.Storage`
        store: Any,  # `firmware_store.Store`
        boards: Any,  # `compiler.targets.BoardTable`
        runner: BuildRunner,
        now: Callable[[], float],
        new_id: Callable[[], str],
        new_token: Callable[[], str],
    ) -> "Services":
        """Build all services on the given ports."""
        raise NotImplementedError

    async def start(self, downlink: Downlink) -> None:
        """Load what was stored; requests go out through `downlink` from now on."""
        raise NotImplementedError

    def resume(self) -> None:
        """Go on with what was under way; the sockets are open."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Stop timers and running effects, and write out what is pending."""
        raise NotImplementedError
