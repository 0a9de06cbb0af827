"""Registrations: values, and the pure steps on them (OMA LwM2M Core 1.1 §6.2)."""

from dataclasses import dataclass, field

from objects.path import Path

EndpointName = str


@dataclass(frozen=True, slots=True)
class Registration:
    """One endpoint as it registered; times are seconds since the epoch.

    `address` is the peer in the transport's own text form: only the transport
    reads it. `objects` are the object and instance paths of the Register
    payload, below `root`.
    """

    id: str
    endpoint: EndpointName
    address: str
    lifetime: int
    lwm2m_version: str
    binding: str
    queue_mode: bool
    objects: tuple[Path, ...]
    registered_at: float
    updated_at: float
    expires_at: float
    root: str = "/"
    content_formats: tuple[int, ...] = ()
    sms_number: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RegisterRequest:
    """Register (§6.2.1) as it came in.

    `address` is the peer in the transport's own text form, `query` the Uri-Query
    options in order (`ep=urn:x`, `Q`), `payload` the links.
    """

    address: str
    query: tuple[str, ...]
    payload: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """Update (§6.2.2) of the registration at a location; an empty payload leaves the objects."""

    registration_id: str
    address: str
    query: tuple[str, ...] = ()
    payload: bytes = field(default=b"", repr=False)
