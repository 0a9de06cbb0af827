"""Who may speak for an endpoint, as one table (OMA LwM2M Core 1.1 §6.2, Transport 1.1 §5.2)."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from .errors import Forbidden
from .identity import Identity, SecurityMode
from .registration import EndpointName, Registration

_SHOWN: Final = 64


class Standing(Enum):
    """What an identity has to do with the endpoint that it wants to speak for."""

    UNPROVEN = "NoSec: anybody"
    STRANGER = "proven, and known by no credential, or by none any more"
    OTHER = "known by a credential for another endpoint"
    OWN = "known by a credential for this endpoint"
    NAMED = "its certificate, issued by a CA that we trust with all names, has this one"
    MISNAMED = "its certificate, issued by such a CA, has another one"


class Verdict(Enum):
    """What follows; the text is what the peer is told, with `{who}` and `{endpoint}`."""

    ADMITTED = ""
    NOSEC = (
        "NoSec is not admitted: connect by coaps with a credential (`tinymlaas credentials add"
        " {endpoint}`), or serve with --allow-nosec"
    )
    BOUND = "{endpoint} has a credential: connect by coaps with it"
    UNKNOWN = "{who} is not known here, or was revoked: connect with a credential of {endpoint}"
    FOREIGN = "{who} does not speak for {endpoint}: register as the endpoint it was made for"
    MISNAMED = "{who} names another endpoint than {endpoint}: register by the name it has"


# By standing, and by whether the endpoint has a credential of its own.
_VERDICTS: Final[Mapping[tuple[Standing, bool], Verdict]] = MappingProxyType(
    {
        (Standing.UNPROVEN, False): Verdict.NOSEC,  # unless it is allowed
        (Standing.UNPROVEN, True): Verdict.BOUND,
        (Standing.STRANGER, False): Verdict.UNKNOWN,
        (Standing.STRANGER, True): Verdict.UNKNOWN,
        (Standing.OTHER, False): Verdict.FOREIGN,
        (Standing.OTHER, True): Verdict.FOREIGN,
        (Standing.OWN, True): Verdict.ADMITTED,
        (Standing.NAMED, False): Verdict.ADMITTED,
        (Standing.NAMED, True): Verdict.BOUND,
        (Standing.MISNAMED, False): Verdict.MISNAMED,
        (Standing.MISNAMED, True): Verdict.MISNAMED,
    }
)


def verdict(standing: Standing, *, bound: bool, allow_nosec: bool) -> Verdict:
    """Return what the table says; `bound` is whether the endpoint has a credential of its own."""
    found = _VERDICTS[standing, bound]
    return Verdict.ADMITTED if allow_nosec and found is Verdict.NOSEC else found


def refusal(found: Verdict, identity: Identity, endpoint: EndpointName) -> Forbidden:
    """Return the 4.03 that tells the peer what to do."""
    return Forbidden(found.value.format(who=described(identity), endpoint=_short(endpoint)))


def check_speaker(registration: Registration, identity: Identity) -> None:
    """Raise `Forbidden` where another than who registered sends an Update, De-register or Send."""
    if identity != registration.identity:
        raise Forbidden(
            f"{described(identity)} did not register {_short(registration.endpoint)}:"
            " Register with it first"
        )


def check_successor(former: Registration, identity: Identity) -> None:
    """Raise `Forbidden` where a NoSec Register would take the place of a proven one."""
    if identity.mode is SecurityMode.NOSEC and former.identity.mode is not SecurityMode.NOSEC:
        raise refusal(Verdict.BOUND, identity, former.endpoint)


def described(identity: Identity) -> str:
    """Return an identity in words."""
    name = _short(identity.name)
    return {
        SecurityMode.NOSEC: "an unproven peer",
        SecurityMode.PSK: f"PSK identity {name}",
        SecurityMode.RPK: f"the raw public key {identity.name[:16]}",
        SecurityMode.X509: f"the certificate of {name}",
        SecurityMode.OSCORE: f"OSCORE sender {name}",
    }[identity.mode]


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
