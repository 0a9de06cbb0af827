"""What goes over HTTP: the service's values as JSON, times in seconds since the epoch."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from ..protocol.deployment import Delivery, DeploymentRequest, Outcome, Via
from ..protocol.events import EventKind
from ..protocol.identity import SecurityMode
from ..protocol.queued_request import RequestState
from ..service.views import BuildState


def _hex(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value


Hex = Annotated[str, BeforeValidator(_hex)]
Text = Annotated[str, BeforeValidator(str)]


class Schema(BaseModel):
    """Read from the service's values by attribute."""

    model_config = ConfigDict(from_attributes=True)


class Identity(Schema):
    """Who registered: how it was proven, and the name that was."""

    mode: SecurityMode
    name: str


class Registration(Schema):
    """How an endpoint is registered."""

    id: str
    address: str
    lifetime: int
    lwm2m_version: str
    binding: str
    queue_mode: bool
    objects: list[Text]
    identity: Identity
    registered_at: float
    updated_at: float
    expires_at: float


class Slot(Schema):
    """One instance of Object 26242; addresses, and sizes in bytes."""

    instance: int
    load: int
    size: int
    arena: int
    arena_size: int
    state: int
    state_size: int
    stack_size: int


class Hardware(Schema):
    """What a device says of itself: Objects 3, 26241 and 26242."""

    manufacturer: str | None
    model_number: str | None
    firmware_version: str | None
    device_type: str | None
    hardware_version: str | None
    core: str | None
    isa_features: list[str]
    clock: int | None
    ram_total: int | None
    ram_for_models: int | None
    flash_total: int | None
    accelerators: list[str]
    operating_system: str | None
    runtime_abi: int | None
    signing_key_hash: Hex | None
    firmware_image_hash: Hex | None
    slots: list[Slot]


class Target(Schema):
    """What a compiler is told of a device; `source` says who told."""

    name: str
    core: str
    features: list[str]
    ram: int | None
    flash: int | None
    clock: int | None
    accelerators: list[str]
    source: str


class ActiveModel(Schema):
    """The model that serves on an endpoint, and what it costs there."""

    slot: int
    name: str
    version: str | None
    image_sha256: str
    since: float
    deployment: str | None
    instructions: int | None
    unit: str | None
    flash: int | None
    ram: int | None
    peak_ram: int | None


class Device(Schema):
    """One endpoint: how it is registered, what it is, what it runs."""

    endpoint: str
    registration: Registration | None
    last_seen: float
    hardware: Hardware | None
    hardware_read_at: float | None
    target: Target | None
    target_problem: str | None
    board: str | None
    active_model: ActiveModel | None
    deployment: str | None
    awake: bool | None


class BoardAssignment(BaseModel):
    """The board that an endpoint is; null takes the assignment back."""

    model_config = ConfigDict(json_schema_extra={"example": {"board": "nrf52840dk"}})

    board: str | None


class Value(Schema):
    """One resource value; opaque ones are hexadecimal."""

    path: Text
    name: str | None
    type: str | None
    value: Any
    time: float | None


class Waiting(BaseModel):
    """The device sleeps: the request under this id, see `/v1/requests`, waits for it to wake."""

    queued: str


class QueuedRequest(Schema):
    """A request that waits, or waited, for a device in queue mode to wake.

    `code` is there once it is answered; `unknown` is what was sent and never answered, and was
    not repeated because that might do it twice.
    """

    id: str
    endpoint: str
    operation: str
    path: Text
    paths: list[Text]
    state: RequestState
    attempts: int
    created_at: float
    expires_at: float
    finished_at: float | None
    code: str | None
    reason: str | None


class RequestOutcome(QueuedRequest):
    """A request with what was answered: values, links with their attributes, or a new instance."""

    values: list[Value]
    links: dict[str, dict[str, str | None]]
    created: Text | None


class NewValue(BaseModel):
    """What to write: a value to a resource, `{"id": value}` to an instance."""

    value: Any
    replace: bool = True


class Execution(BaseModel):
    """Arguments as the standard writes them, `0='x',1`."""

    arguments: str = ""


class Variant(Schema):
    """One form of a model; `accuracy` is a share, 0 to 1."""

    name: str
    sha256: str
    size: int
    accuracy: float | None


class Model(Schema):
    """An entry of the zoo."""

    name: str
    variants: list[Variant]
    labels: list[str]


class Firmware(Schema):
    """A stored firmware; `reports` is the 3/0/3 string that proves it runs."""

    name: str
    version: str
    board: str | None
    format: str
    size: int
    sha256: str
    image_sha256: Hex | None
    reports: str | None
    reference: str


class Build(Schema):
    """One build; flash and RAM in bytes."""

    key: str
    model: str
    model_sha256: str
    target: str
    kind: str
    objective: str
    state: BuildState
    created_at: float
    started_at: float | None
    finished_at: float | None
    progress: str | None
    error_kind: str | None
    error: str | None
    flash: int | None
    ram: int | None


class BuildWithReport(Build):
    """One build with the compiler's report, where it succeeded."""

    report: dict[str, Any] | None = None


class SelfTest(Schema):
    """What the self-test on the device gave."""

    passed: bool
    vectors: int
    cost: int | None
    unit: str | None
    peak_ram: int | None


class NewDeployment(BaseModel):
    """What to bring to an endpoint: a model of the zoo, or a stored firmware (`name@version`)."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"endpoint": "sim-m4-1", "model": "digits", "via": "module"}}
    )

    endpoint: str
    via: Via = Via.MODULE
    model: str | None = None
    firmware: str | None = None
    delivery: Delivery = Delivery.AUTO

    def request(self) -> DeploymentRequest:
        """Return the same as the service's value."""
        return DeploymentRequest(self.endpoint, self.via, self.model, self.firmware, self.delivery)


class Deployment(Schema):
    """One artifact on its way to one endpoint; `outcome` is null while it runs."""

    id: str
    endpoint: str
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
    delivered_by: Delivery | None
    slot: int | None
    build: str | None
    target: str | None
    image_sha256: str | None
    version: str | None
    bytes_done: int
    bytes_total: int
    executes: int
    self_test: SelfTest | None
    flash: int | None
    ram: int | None
    objective: str | None
    instructions: int | None


class Event(Schema):
    """One thing that happened."""

    id: int
    kind: EventKind
    at: float
    endpoint: str | None
    data: dict[str, Any]


class LastEvent(BaseModel):
    """The id of the latest event, 0 where there is none."""

    id: int


class Health(BaseModel):
    """That the server answers, and how much it holds."""

    status: str
    version: str
    registrations: int
