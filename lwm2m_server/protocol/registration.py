"""Registrations: values, and the pure steps on them (OMA LwM2M Core 1.1 §6.2)."""

import re
from dataclasses import dataclass, field, replace
from typing import Final

from objects.errors import InvalidLink
from objects.link_format import RegisterPayload
from objects.path import Path

from .errors import InvalidRequest, UnsupportedVersion
from .identity import NOSEC, Identity

EndpointName = str

# §6.2.1, table of Register parameters: what holds where `lt` is not given.
DEFAULT_LIFETIME: Final = 86400
VERSIONS: Final = frozenset({"1.0", "1.1"})
_LONGEST_ENDPOINT_NAME: Final = 255
_MOST_PARAMETERS: Final = 32
_BINDING: Final = re.compile(r"[UTSNQ]{1,8}")
_LIFETIME: Final = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class Registration:
    """One endpoint as it registered; times are seconds since the epoch.

    `address` is the peer in the transport's own text form: only the transport
    reads it. `objects` are the object and instance paths of the Register
    payload, below `root`. `identity` is who registered: nobody else speaks for it.
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
    identity: Identity = NOSEC


@dataclass(frozen=True, slots=True)
class RegisterRequest:
    """Register (§6.2.1) as it came in.

    `address` is the peer in the transport's own text form, `query` the Uri-Query
    options in order (`ep=urn:x`, `Q`), `payload` the links, `identity` who the peer
    has proven to be.
    """

    address: str
    query: tuple[str, ...]
    payload: bytes = field(default=b"", repr=False)
    identity: Identity = NOSEC


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """Update (§6.2.2) of the registration at a location; an empty payload leaves the objects."""

    registration_id: str
    address: str
    query: tuple[str, ...] = ()
    payload: bytes = field(default=b"", repr=False)
    identity: Identity = NOSEC


@dataclass(frozen=True, slots=True)
class LifetimeBounds:
    """The lifetimes this server accepts, in seconds.

    0, which §6.2.1 of 1.1 reads as infinite, is outside: a server must be able to
    forget an endpoint that is gone.
    """

    shortest: int = 1
    longest: int = 315_360_000


BOUNDS: Final = LifetimeBounds()


def register(
    request: RegisterRequest,
    registration_id: str,
    now: float,
    bounds: LifetimeBounds = BOUNDS,
    known_as: EndpointName | None = None,
) -> Registration:
    """Return the registration that `request` asks for.

    `known_as` is the endpoint that the peer's identity speaks for: `ep` may be left out
    where there is one (§6.2.1). Raises `InvalidRequest` (4.00) naming the parameter at fault, and
    `UnsupportedVersion` (4.12) for an LwM2M version we do not speak.
    """
    given = _parameters(request.query)
    version = given.pop("lwm2m", "1.0")
    if version not in VERSIONS:
        raise UnsupportedVersion(f"lwm2m={version[:16]!r}: this server speaks 1.0 and 1.1")
    endpoint = _endpoint_name(given.pop("ep", known_as or ""))
    lifetime = _lifetime(given.pop("lt", str(DEFAULT_LIFETIME)), bounds)
    binding = _binding(given.pop("b", "U"))
    queue_mode = given.pop("Q", None) is not None or "Q" in binding
    sms_number = given.pop("sms", None)
    if not request.payload:
        raise InvalidRequest("a Register without the list of objects")
    payload = _links(request.payload)
    return Registration(
        id=registration_id,
        endpoint=endpoint,
        address=request.address,
        lifetime=lifetime,
        lwm2m_version=version,
        binding=binding,
        queue_mode=queue_mode,
        objects=payload.paths,
        registered_at=now,
        updated_at=now,
        expires_at=now + lifetime,
        root=payload.root,
        content_formats=payload.content_formats,
        sms_number=sms_number,
        parameters=tuple(sorted(given.items())),
        identity=request.identity,
    )


def update(
    registration: Registration, request: UpdateRequest, now: float, bounds: LifetimeBounds = BOUNDS
) -> Registration:
    """Return `registration` after an Update; raises `InvalidRequest`.

    What is not given stays (§6.2.2). The address is the one the Update came from:
    behind a NAT it changes while the device sleeps.
    """
    given = _parameters(request.query)
    lifetime = registration.lifetime
    if "lt" in given:
        lifetime = _lifetime(given["lt"], bounds)
    binding = _binding(given["b"]) if "b" in given else registration.binding
    queue_mode = registration.queue_mode if "b" not in given else "Q" in binding
    after = replace(
        registration,
        address=request.address,
        lifetime=lifetime,
        binding=binding,
        queue_mode=queue_mode or "Q" in given,
        sms_number=given.get("sms", registration.sms_number),
        updated_at=now,
        expires_at=now + lifetime,
    )
    if not request.payload:
        return after
    payload = _links(request.payload)
    return replace(
        after,
        objects=payload.paths,
        root=payload.root,
        content_formats=payload.content_formats or registration.content_formats,
    )


def changed(before: Registration, after: Registration) -> bool:
    """Whether an Update changed more than the times, so that it must be durable at once."""
    return replace(after, updated_at=before.updated_at, expires_at=before.expires_at) != before


def _parameters(query: tuple[str, ...]) -> dict[str, str]:
    if len(query) > _MOST_PARAMETERS:
        raise InvalidRequest(f"{len(query)} parameters; at most {_MOST_PARAMETERS} are read")
    given: dict[str, str] = {}
    for option in query:
        name, _, value = option.partition("=")
        if name in given:
            raise InvalidRequest(f"parameter {name[:32]!r} is given twice")
        given[name] = value
    return given


def _endpoint_name(name: str) -> str:
    if not name:
        raise InvalidRequest("parameter ep: the endpoint name is missing")
    if len(name.encode()) > _LONGEST_ENDPOINT_NAME or not name.isprintable():
        raise InvalidRequest(
            f"parameter ep: at most {_LONGEST_ENDPOINT_NAME} bytes of printable text"
        )
    return name


def _lifetime(text: str, bounds: LifetimeBounds) -> int:
    if _LIFETIME.fullmatch(text) is None:
        raise InvalidRequest(f"parameter lt: {text[:32]!r} is no number of seconds")
    if not bounds.shortest <= int(text) <= bounds.longest:
        raise InvalidRequest(
            f"parameter lt: {text} s is outside {bounds.shortest} to {bounds.longest}"
        )
    return int(text)


def _binding(text: str) -> str:
    if _BINDING.fullmatch(text) is None:
        raise InvalidRequest(f"parameter b: {text[:16]!r} is no binding mode")
    return text


def _links(payload: bytes) -> RegisterPayload:
    try:
        return RegisterPayload.parse(payload)
    except InvalidLink as error:
        raise InvalidRequest(f"the list of objects: {error}") from error
