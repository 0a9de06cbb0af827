"""Bootstrap-Request and Bootstrap-Pack-Request as they come in (Core 1.2 §6.1.7)."""

import re
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from .errors import InvalidRequest
from .identity import NOSEC, Identity
from .registration import ENDPOINT_NAME, EndpointName, is_endpoint_name

_MOST_PARAMETERS: Final = 32
_FORMAT: Final = re.compile(r"[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class BootstrapRequest:
    """What a client asks with: `query` are the Uri-Query options, `identity` what is proven.

    `address` is the peer in the transport's own text form. A request that comes again, as
    datagrams do, has the same `key`; no other has.
    """

    address: str
    query: tuple[str, ...]
    identity: Identity = NOSEC
    key: Hashable = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters: whose bootstrap, and `pct`, the content format that the client prefers."""

    endpoint: EndpointName
    preferred: int | None = None


def parse(request: BootstrapRequest, known_as: EndpointName | None = None) -> Asked:
    """Read the parameters; raises `InvalidRequest` (4.00) naming the one at fault.

    `known_as` is the endpoint that the peer's identity speaks for: `ep` may be left out
    where there is one. Parameters that are not known here are passed over.
    """
    if len(request.query) > _MOST_PARAMETERS:
        raise InvalidRequest(
            f"{len(request.query)} parameters; at most {_MOST_PARAMETERS} are read"
        )
    given: dict[str, str] = {}
    for option in request.query:
        name, _, value = option.partition("=")
        if name in given:
            raise InvalidRequest(f"parameter {name[:32]!r} is given twice")
        given[name] = value
    endpoint = given.get("ep", known_as or "")
    if not endpoint:
        raise InvalidRequest("parameter ep: the endpoint name is missing")
    if not is_endpoint_name(endpoint):
        raise InvalidRequest(f"parameter ep: {ENDPOINT_NAME}")
    preferred = given.get("pct")
    if preferred is not None and _FORMAT.fullmatch(preferred) is None:
        raise InvalidRequest(f"parameter pct: {preferred[:16]!r} is no content format")
    return Asked(endpoint, None if preferred is None else int(preferred))
