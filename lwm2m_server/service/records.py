"""What services keep in storage beyond registrations: frozen values, one row each."""

from dataclasses import dataclass, field, replace

from objects.hardware import HardwareReport

from ..protocol.credentials import Use
from ..protocol.deployment import DeploymentRequest, ImageFacts
from ..protocol.firmware_state import FirmwareDeployment
from ..protocol.identity import SecurityMode
from ..protocol.module_state import ModuleDeployment
from ..protocol.operations import Target
from ..protocol.registration import EndpointName
from .views import ActiveModel, DeploymentView, SelfTestView

Machine = ModuleDeployment | FirmwareDeployment


@dataclass(frozen=True, slots=True)
class SealedCredential:
    """A credential as storage has it: what it is found by, and the rest sealed (`Vault`)."""

    id: str
    endpoint: EndpointName | None
    mode: SecurityMode
    identity: str
    sealed: bytes = field(repr=False)
    use: Use = Use.MANAGEMENT


@dataclass(frozen=True, slots=True)
class SealedConfiguration:
    """A bootstrap configuration as storage has it: whose it is, and all of it sealed."""

    name: str
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ObservedTarget:
    """What operators observe of an endpoint, and in which formats they want it, if in any."""

    target: Target
    content_format: int | None = None
    path_format: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """What is known of an endpoint, registered or not."""

    endpoint: EndpointName
    last_seen: float
    hardware: HardwareReport | None = None
    hardware_read_at: float | None = None
    board: str | None = None
    active_model: ActiveModel | None = None


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """The image that a deployment delivers: where its bytes are, and what is told of it.

    `build` is the key of the artifact it was signed from, `objective` what that was built
    for; None for a stored firmware.
    """

    facts: ImageFacts
    version: str
    build: str | None = None
    key_hash: str | None = None
    target: str | None = None
    flash: int | None = None
    ram: int | None = None
    objective: str | None = None


@dataclass(frozen=True, slots=True)
class DeploymentRecord:
    """A deployment with its machine; `token` is what its image is pulled by."""

    id: str
    request: DeploymentRequest
    machine: Machine
    token: str
    created_at: float
    updated_at: float
    finished_at: float | None = None
    image: ImageRecord | None = None
    self_test: SelfTestView | None = None

    def stepped(self, machine: Machine, now: float) -> "DeploymentRecord":
        """Return this deployment after a step of its machine."""
        finished_at = now if machine.outcome is not None else None
        return replace(self, machine=machine, updated_at=now, finished_at=finished_at)

    def view(self) -> DeploymentView:
        """Return what is shown of it."""
        machine, image, request = self.machine, self.image, self.request
        image_hash = image.facts.image_hash if image else None
        return DeploymentView(
            id=self.id,
            endpoint=request.endpoint,
            via=request.via,
            model=request.model,
            firmware=request.firmware,
            delivery=request.delivery,
            phase=machine.phase.value,
            outcome=machine.outcome,
            reason=machine.reason,
            created_at=self.created_at,
            updated_at=self.updated_at,
            finished_at=self.finished_at,
            delivered_by=machine.delivered_by,
            slot=machine.slot if isinstance(machine, ModuleDeployment) and image else None,
            build=image.build if image else None,
            target=image.target if image else None,
            image_sha256=image_hash.hex() if image_hash else None,
            version=image.version if image else None,
            bytes_done=machine.done,
            bytes_total=machine.total,
            executes=machine.executes,
            self_test=self.self_test,
            flash=image.flash if image else None,
            ram=image.ram if image else None,
            objective=image.objective if image else None,
        )
