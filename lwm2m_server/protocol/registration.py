"""Registrations: values, and the pure steps on them (OMA LwM2M Core 1.1 §6.2)."""

from dataclasses import dataclass

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
