"""What happens to a simulated device, as whoever started it can follow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


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
    BOOTED = "booted"
    SENT = "sent"
    BOOTSTRAPPED = "bootstrapped"


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """One thing that happened to `endpoint`; `data` holds only what JSON can."""

    endpoint: str
    kind: DeviceEventKind
    data: Mapping[str, str | int] = field(default_factory=dict)


OnEvent = Callable[[DeviceEvent], None]


class Emit(Protocol):
    """How the parts of one device tell what happened."""

    def __call__(self, kind: DeviceEventKind, **data: str | int) -> None:
        """Report one event; `data` holds only what JSON can."""
        ...
