"""Registrations: values, and the pure steps on them (OMA LwM2M Core 1.1 §6.2)."""

import re
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Final, NamedTuple

from objects.errors import InvalidLink
from objects.link_format import RegisterPayload
from objects.path import Path

from .errors import InvalidRequest, UnsupportedVersion
from .identity import NOSEC, Identity

EndpointName = str

# §6.2.1, table of Register parameters: what holds where `lt` is not given.
DEFAULT_LIFETIME: Final = 86400
VERSIONS: Final = frozenset({"1.0", "1.1", "1.2"})
_LONGEST_ENDPOINT_NAME: Final = 255
ENDPOINT_NAME: Final = f"at most {_LONGEST_ENDPOINT_NAME} bytes of printable text"
_MOST_PARAMETERS: Final = 32
# §6.2.1.2: transports in any order, each once; 1.0 has Q among them, 1.2 MQTT and HTTP.
_BINDING: Final = re.compile(r"(?:([UMHTSNQ])(?!.*\1)){1,7}")
_LIFETIME: Final = re.compile(r"[0-9]{1,10}")
# Parameters and payloads that are remembered; of both together at most some megabytes.
_REMEMBERED: Final = 256
_SHORT: Final = 2048


# What is made for each request is a tuple: a frozen dataclass takes five times as long to make.


class Registration(NamedTuple):
    """One endpoint as it registered; times are seconds since the epoch.

    `address` is the peer in the transport's own text form: only the transport
    reads it. `objects` are the object and instance paths of the Register
    payload, below `root`, `versions` the object versions that it told. `identity` is who
    registered: nobody else speaks for it.
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
    versions: tuple[tuple[int, str], ...] = ()


class RegisterRequest(NamedTuple):
    """Register (§6.2.1) as it came in.

    `address` is the peer in the transport's own text form, `query` the Uri-Query
    options in order (`ep=urn:x`, `Q`), `payload` the links, `identity` who the peer
    has proven to be.
    """

    address: str
    query: tuple[str, ...]
    payload: bytes = b""
    identity: Identity = NOSEC


class UpdateRequest(NamedTuple):
    """Update (§6.2.2) of the registration at a location; an empty payload leaves the objects."""

    registration_id: str
    address: str
    query: tuple[str, ...] = ()
    payload: bytes = b""
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
    address, query, data, identity = request
    name, rest = _without_endpoint(query)
    given = _told(rest)
    version = "1.0" if given.version is None else given.version
    if version not in VERSIONS:
        raise UnsupportedVersion(f"lwm2m={version[:16]!r}: this server speaks 1.0, 1.1 and 1.2")
    endpoint = _endpoint_name(known_as or "" if name is None else name)
    lifetime = DEFAULT_LIFETIME if given.lifetime is None else given.lifetime
    _check(lifetime, bounds)
    if not data:
        raise InvalidRequest("a Register without the list of objects")
    payload = _links(data)
    binding = given.binding or "U"
    # By position, in the order of the fields: by name it takes half as long again.
    return Registration(
        registration_id,
        endpoint,
        address,
        lifetime,
        version,
        binding,
        given.queue_mode or "Q" in binding,
        payload.paths,
        now,
        now,
        now + lifetime,
        payload.root,
        payload.content_formats,
        given.sms_number,
        given.others,
        identity,
        payload.versions,
    )


def update(
    registration: Registration, request: UpdateRequest, now: float, bounds: LifetimeBounds = BOUNDS
) -> Registration:
    """Return `registration` after an Update; raises `InvalidRequest`.

    What is not given stays (§6.2.2). The address is the one the Update came from:
    behind a NAT it changes while the device sleeps.
    """
    _, rest = _without_endpoint(request.query)
    given = _told(rest)
    before = registration
    lifetime = before.lifetime
    if given.lifetime is not None:
        lifetime = given.lifetime
        _check(lifetime, bounds)
    queue_mode = before.queue_mode if given.binding is None else "Q" in given.binding
    objects, root, content_formats = before.objects, before.root, before.content_formats
    versions = before.versions
    if request.payload:
        payload = _links(request.payload)
        objects, root, versions = payload.paths, payload.root, payload.versions
        content_formats = payload.content_formats or content_formats
    # `_replace` would take several times as long, and devices do this all the time.
    return Registration(
        before.id,
        before.endpoint,
        request.address,
        lifetime,
        before.lwm2m_version,
        given.binding or before.binding,
        queue_mode or given.queue_mode,
        objects,
        before.registered_at,
        now,
        now + lifetime,
        root,
        content_formats,
        before.sms_number if given.sms_number is None else given.sms_number,
        before.parameters,
        before.identity,
        versions,
    )


_TIMES: Final = frozenset({"updated_at", "expires_at"})
_all_but_times: Final = attrgetter(*(name for name in Registration._fields if name not in _TIMES))


def changed(before: Registration, after: Registration) -> bool:
    """Whether an Update changed more than the times, so that it must be durable at once."""
    return bool(_all_but_times(before) != _all_but_times(after))


@dataclass(frozen=True, slots=True)
class _Told:
    """The parameters of a Register or Update, but `ep`; None where one is not given."""

    version: str | None
    lifetime: int | None
    binding: str | None
    queue_mode: bool
    sms_number: str | None
    others: tuple[tuple[str, str], ...]


def _without_endpoint(query: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """Return what `ep` says, and the rest, which is equal for devices that are alike."""
    if len(query) > _MOST_PARAMETERS:
        raise InvalidRequest(f"{len(query)} parameters; at most {_MOST_PARAMETERS} are read")
    for index, option in enumerate(query):
        if option.startswith("ep="):
            return option[3:], query[:index] + query[index + 1 :]
    return None, query


@lru_cache(maxsize=_REMEMBERED)
def _told(query: tuple[str, ...]) -> _Told:
    given = _parameters(query)
    if given.pop("ep", None) is not None:
        raise InvalidRequest("parameter ep: it is given twice, or without a value")
    lifetime = given.pop("lt", None)
    binding = given.pop("b", None)
    return _Told(
        version=given.pop("lwm2m", None),
        lifetime=None if lifetime is None else _lifetime(lifetime),
        binding=None if binding is None else _binding(binding),
        queue_mode=given.pop("Q", None) is not None,
        sms_number=given.pop("sms", None),
        others=tuple(sorted(given.items())),
    )


def _parameters(query: tuple[str, ...]) -> dict[str, str]:
    given: dict[str, str] = {}
    for option in query:
        name, _, value = option.partition("=")
        if name in given:
            raise InvalidRequest(f"parameter {name[:32]!r} is given twice")
        given[name] = value
    return given


def is_endpoint_name(name: str) -> bool:
    """Whether an endpoint can have this name: see `ENDPOINT_NAME`."""
    # No character takes more than four bytes.
    return name.isprintable() and (
        0 < len(name) * 4 <= _LONGEST_ENDPOINT_NAME
        or 0 < len(name.encode()) <= _LONGEST_ENDPOINT_NAME
    )


def _endpoint_name(name: str) -> str:
    if not name:
        raise InvalidRequest("parameter ep: the endpoint name is missing")
    if not is_endpoint_name(name):
        raise InvalidRequest(f"parameter ep: {ENDPOINT_NAME}")
    return name


def _lifetime(text: str) -> int:
    if _LIFETIME.fullmatch(text) is None:
        raise InvalidRequest(f"parameter lt: {text[:32]!r} is no number of seconds")
    return int(text)


def _check(lifetime: int, bounds: LifetimeBounds) -> None:
    if not bounds.shortest <= lifetime <= bounds.longest:
        raise InvalidRequest(
            f"parameter lt: {lifetime} s is outside {bounds.shortest} to {bounds.longest}"
        )


def _binding(text: str) -> str:
    if _BINDING.fullmatch(text) is None:
        raise InvalidRequest(f"parameter b: {text[:16]!r} is no binding mode")
    return text


def _links(payload: bytes) -> RegisterPayload:
    # Devices that are alike send the same bytes, and share what they mean.
    return _remembered_links(payload) if len(payload) <= _SHORT else _parsed(payload)


def _parsed(payload: bytes) -> RegisterPayload:
    try:
        return RegisterPayload.parse(payload)
    except InvalidLink as error:
        raise InvalidRequest(f"the list of objects: {error}") from error


_remembered_links: Final = lru_cache(maxsize=_REMEMBERED)(_parsed)
