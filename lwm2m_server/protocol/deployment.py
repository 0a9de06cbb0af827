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


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the machine has to know of the image it delivers.

    `image_hash` is its digest TLV, `version` what 5/0/7 and `reports` what 3/0/3 are
    to say once it runs; None where nobody can tell. `testable` says that there are
    vectors for a model inside.
    """

    size: int
    image_hash: bytes | None = None
    version: str | None = None
    reports: str | None = None
    testable: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """How long and how often; seconds.

    `exchange_lifetime` is RFC 7252 §4.8.2: so long may a request that got no answer
    still arrive. `progress` is how long a transfer, a check of an image or an
    accepted Activate may stand still, `reboot` how long a device may stay away
    after Execute, `patience` how long nothing at all may move. `poll` and `retry`
    are the shortest and longest pauses before State is read again, and before a
    silent endpoint is tried again; both double in between. `executes` attempts
    to Execute, `transfers` of the image, `self_tests` and `rounds` from the start
    are made at most; `confirmations` is how often what runs is read before the
    endpoint's word that it is not ours counts.
    """

    exchange_lifetime: float = 247.0
    progress: float = 300.0
    reboot: float = 3600.0
    patience: float = 86400.0
    poll: tuple[float, float] = (0.25, 15.0)
    retry: tuple[float, float] = (5.0, 300.0)
    executes: int = 3
    transfers: int = 5
    self_tests: int = 3
    rounds: int = 5
    confirmations: int = 4


RULES = Rules()
