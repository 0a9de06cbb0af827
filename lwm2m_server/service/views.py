"""What the API and the command line show: frozen values, times in seconds since the epoch."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from compiler.targets.target import Target
from objects.hardware import HardwareReport
from objects.path import Path

from ..protocol.credentials import Credential
from ..protocol.deployment import Delivery, Outcome, Via
from ..protocol.identity import SecurityMode
from ..protocol.registration import EndpointName, Registration


@dataclass(frozen=True, slots=True)
class ActiveModel:
    """The model that serves on an endpoint: its slot, and what it costs there.

    `instructions` is the cost of the last measured run in `unit` (instructions or
    microseconds); `flash` and `ram` are the linker's figures in bytes, `peak_ram`
    the device's. None where not told.
    """

    slot: int
    name: str
    version: str | None
    image_sha256: str
    since: float
    deployment: str | None = None
    instructions: int | None = None
    unit: str | None = None
    flash: int | None = None
    ram: int | None = None
    peak_ram: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceView:
    """One endpoint: how it is registered, what it is, what it runs.

    `registration` is None while the endpoint is not registered. `target` is None
    where the hardware cannot be determined, and `target_problem` then says why;
    `target.source` says who told. `board` is the one an operator assigned. `awake` is told
    of endpoints that are registered in queue mode alone.
    """

    endpoint: EndpointName
    registration: Registration | None
    last_seen: float
    hardware: HardwareReport | None
    hardware_read_at: float | None
    target: Target | None
    target_problem: str | None
    board: str | None
    active_model: ActiveModel | None
    deployment: str | None  # the id of the one under way
    awake: bool | None = None


class BuildState(StrEnum):
    """Where a build stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class BuildView:
    """One build; `error_kind` is a `CompileError.kind`, `progress` the last line it told."""

    key: str
    model: str
    model_sha256: str
    target: str
    kind: str
    objective: str
    state: BuildState
    created_at: float
    started_at: float | None = None
    finished_at: float | None = None
    progress: str | None = None
    error_kind: str | None = None
    error: str | None = None
    flash: int | None = None
    ram: int | None = None


@dataclass(frozen=True, slots=True)
class SelfTestView:
    """What the self-test on the device gave; cost of the last run in `unit`, RAM in bytes."""

    passed: bool
    vectors: int
    cost: int | None = None
    unit: str | None = None
    peak_ram: int | None = None


@dataclass(frozen=True, slots=True)
class DeploymentView:
    """One artifact on its way to one endpoint.

    `phase` is the machine's phase in words; `outcome` is None while it runs and
    `reason` says in a sentence why it ended as it did. `bytes_done` of
    `bytes_total` is the transfer's progress. `flash` and `ram` are the linker's
    figures of the image in bytes, `objective` is what it was built for, the first that fits of
    `speed`, `flash` and `ram`. `executes` counts Execute or Activate attempts.
    """

    id: str
    endpoint: EndpointName
    via: Via
    model: str | None
    firmware: str | None
    delivery: Delivery
    phase: str
    outcome: Outcome | None
    reason: str | None
    created_at: float
    updated_at: float
    finished_at: float | None
    delivered_by: Delivery | None = None
    slot: int | None = None
    build: str | None = None
    target: str | None = None
    image_sha256: str | None = None
    version: str | None = None
    bytes_done: int = 0
    bytes_total: int = 0
    executes: int = 0
    self_test: SelfTestView | None = None
    flash: int | None = None
    ram: int | None = None
    objective: str | None = None

    @property
    def instructions(self) -> int | None:
        """Cost of one inference as the device told it, in the self-test's unit."""
        return self.self_test.cost if self.self_test else None


@dataclass(frozen=True, slots=True)
class VariantView:
    """One form of a model; `accuracy` is the share of held-out data answered rightly."""

    name: str
    sha256: str
    size: int
    accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class ModelView:
    """An entry of the zoo; `labels` are in output order."""

    name: str
    variants: tuple[VariantView, ...]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FirmwareView:
    """A stored firmware; `reports` is the 3/0/3 string that proves it runs. `size` in bytes."""

    name: str
    version: str
    board: str | None
    format: str
    size: int
    sha256: str
    image_sha256: str | None = None
    reports: str | None = None

    @property
    def reference(self) -> str:
        """How a deployment names it, `name@version`."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class ValueView:
    """One resource value: where, its name and type by the definition, and the JSON-able value.

    Opaque values are hexadecimal text. `time` is since when it is so, in seconds since the epoch,
    where the endpoint told. The value is None where it told that there is none.
    """

    path: Path
    name: str | None
    type: str | None
    value: Any
    time: float | None = None


@dataclass(frozen=True, slots=True)
class CredentialView:
    """A credential without its keys; `endpoint` is None for a CA's that vouches for all.

    `retires_at` is set while another replaces it. What is `damaged` in storage admits nobody.
    """

    id: str
    endpoint: EndpointName | None
    mode: SecurityMode
    identity: str
    authority: bool
    created_at: float
    replaces: str | None
    retires_at: float | None
    damaged: bool

    @classmethod
    def of(cls, credential: Credential) -> Self:
        """Return what may be shown of a credential."""
        return cls(
            id=credential.id,
            endpoint=credential.endpoint,
            mode=credential.identity.mode,
            identity=credential.identity.name,
            authority=credential.vouches,
            created_at=credential.created_at,
            replaces=credential.replaces,
            retires_at=credential.retires_at,
            damaged=credential.damaged,
        )


@dataclass(frozen=True, slots=True)
class IssuedCredential:
    """A new credential with what was made here for the device: shown this once.

    `key` is the pre-shared key, `private_key` PKCS #8 in DER, and `public` the certificate or
    SubjectPublicKeyInfo in DER; None where the operator or the device has it already.
    """

    credential: CredentialView
    key: bytes | None = field(default=None, repr=False)
    private_key: bytes | None = field(default=None, repr=False)
    public: bytes | None = None

    @classmethod
    def of(cls, credential: Credential, made_here: bool) -> Self:  # noqa: FBT001 - one word
        """Return what is told of a credential to whoever asked for it."""
        view = CredentialView.of(credential)
        if not (made_here and credential.secret):
            return cls(view)
        if credential.identity.mode in {SecurityMode.PSK, SecurityMode.OSCORE}:
            return cls(view, key=credential.secret)
        return cls(view, private_key=credential.secret, public=credential.public)
