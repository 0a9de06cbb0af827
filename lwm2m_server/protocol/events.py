"""What happened, as operators and programs follow it."""

from enum import StrEnum
from typing import Any, NamedTuple


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


class Event(NamedTuple):
    """One thing that happened: when (seconds since the epoch), to which endpoint, and what.

    `data` holds only what JSON can. `id` is given by the event log and grows.
    """

    kind: EventKind
    at: float
    endpoint: str | None
    data: dict[str, Any]
    id: int
