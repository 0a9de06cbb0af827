"""What happens to a simulated device, as whoever started it can follow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class DeviceEventKind(StrEnum):
    """The kinds of events; the value is the name that programs read."""

    REGISTERED = "registered"
    UPDATED = "updated"
    DEREGISTERED = "deregistered"
    UNREACHABLE = "unreachable"
    DOWNLOADING = "downloading"
    VERIFIED = "verified"
    REFUSED = "refused"
    ACTIVATED = "activated"
    RUN = "run"
    FAULT = "fault"
    REBOOTED = "rebooted"


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """One thing that happened to `endpoint`; `data` holds only what JSON can."""

    endpoint: str
    kind: DeviceEventKind
    data: Mapping[str, str | int] = field(default_factory=dict)


OnEvent = Callable[[DeviceEvent], None]
