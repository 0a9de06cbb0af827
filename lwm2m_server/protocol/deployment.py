"""One artifact on its way to one endpoint, as a value."""

from dataclasses import dataclass
from enum import StrEnum

from .registration import EndpointName


class Via(StrEnum):
    """What is delivered: a model alone (Object 26242 or 9) or a whole program (Object 5)."""

    MODULE = "module"
    FIRMWARE = "firmware"


class Delivery(StrEnum):
    """Who moves the bytes; `auto` pulls where device and network allow, else pushes."""

    AUTO = "auto"
    PULL = "pull"
    PUSH = "push"


class Outcome(StrEnum):
    """How a deployment ended; only `succeeded` is success."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNCONFIRMED = "unconfirmed"
    DOES_NOT_FIT = "does not fit"
    NO_BACKEND = "no backend"
    NO_SLOT_MAP = "no slot map"
    NO_ORACLE = "no oracle"
    UNKNOWN_HARDWARE = "unknown hardware"


@dataclass(frozen=True, slots=True)
class DeploymentRequest:
    """What an operator asks for: a model of the zoo, or a stored firmware (`name@version`)."""

    endpoint: EndpointName
    via: Via
    model: str | None = None
    firmware: str | None = None
    delivery: Delivery = Delivery.AUTO
