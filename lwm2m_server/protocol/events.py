"""What happened, as operators and programs follow it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class EventKind(StrEnum):
    """The kinds of events; the value is the name on the wire."""

    REGISTERED = "registered"
    UPDATED = "updated"
    DEREGISTERED = "deregistered"
    EXPIRED = "expired"
    HARDWARE = "hardware"
    NOTIFICATION = "notification"
    SEND = "send"
    AWAKE = "awake"
    SLEEPING = "sleeping"
    RESPONSE = "response"
    BOOTSTRAP = "bootstrap"
    BUILD = "build"
    DEPLOYMENT = "deployment"
    CREDENTIAL = "credential"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: when (seconds since the epoch), to which endpoint, and what.

    `data` holds only what JSON can. `id` is given by the event log and grows.
    """

    kind: EventKind
    at: float
    endpoint: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    id: int = 0
