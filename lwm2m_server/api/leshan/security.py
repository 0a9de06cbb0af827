"""`/api/security`: what devices prove themselves with (`SecurityServlet` of Leshan's demos).

There one endpoint has one security info, so that a PUT takes the place of all it had. Keys are
never shown: they are empty in what a GET returns.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from objects.errors import shown

from ...protocol.identity import SecurityMode
from ...service.credentials import CredentialService
from ...service.errors import InvalidInput
from ...service.issuing import NewCredential
from ...service.views import CredentialView
from .calls import Call, carried_out, found, segments
from .servers import own_certificate

router = APIRouter()

_BELOW: Final = "/api/security"
# RFC 8613 §3.2.1: AES-CCM-16-64-128 and HKDF-SHA-256, which all have.
_AEAD, _HKDF = 10, -10
_OWN_SENDER: Final = "00"


@router.get("/security/clients")
@router.get("/security/clients/", include_in_schema=False)
async def infos(request: Request) -> Response:
    """List who is known, without keys."""
    return found([info for one in _credentials(request).list() if (info := to_json(one))])


@router.put("/security/clients")
@router.put("/security/clients/", include_in_schema=False)
async def put(request: Request) -> Response:
    """Make a credential the only one of its endpoint."""

    async def take(call: Call) -> Response:
        await _credentials(request).establish(from_json(await call.json()))
        return Response()

    return await carried_out(Call(request, ()), take)


@router.delete("/security/clients/{endpoint:path}")
async def delete(request: Request) -> Response:
    """Revoke all that an endpoint has."""
    credentials = _credentials(request)
    endpoint = "/".join(segments(request, f"{_BELOW}/clients"))
    known = credentials.list(endpoint)
    for one in known:
        await credentials.revoke(one.id)
    return Response() if known else found({"message": "not_found"})


@router.get("/security/server")
async def server(request: Request) -> Response:
    """Show what devices know this server by."""
    return found(own_certificate(_credentials(request)))


def _credentials(request: Request) -> CredentialService:
    service: CredentialService = request.app.state.credentials
    return service


# --- going out --------------------------------------------------------------------------------


def to_json(credential: CredentialView) -> dict[str, Any] | None:
    """Return a credential as it goes out, None for a CA's, which is no endpoint's."""
    if credential.endpoint is None:
        return None
    told: dict[str, Any] = {"endpoint": credential.endpoint}
    if credential.mode is SecurityMode.OSCORE:
        ids = {"rid": credential.identity, "sid": _OWN_SENDER, "msec": ""}
        return {**told, "oscore": {**ids, "aead": _AEAD, "hkdf": _HKDF}}
    tls: dict[str, Any] = {"mode": credential.mode.value}
    if credential.mode is SecurityMode.PSK:
        tls["details"] = {"identity": credential.identity, "key": ""}
    if credential.mode is SecurityMode.RPK:
        tls["details"] = {"key": ""}
    return {**told, "tls": tls}


# --- coming in --------------------------------------------------------------------------------


def from_json(data: Any) -> NewCredential:
    """Return the credential that is asked for; raises `InvalidInput`, which repeats no key.

    Older milestones had `psk` and `rpk` where there is `tls` now.
    """
    endpoint = _text(data, "endpoint")
    if not endpoint:
        raise InvalidInput("endpoint: this is empty")
    if "oscore" in data:
        return _oscore(endpoint, data["oscore"])
    tls = data.get("tls")
    if tls is None:
        old = next((mode for mode in _READERS if mode in data), None)
        if old is None:
            raise InvalidInput(f"one of tls, oscore, {', '.join(_READERS)} says how")
        return _READERS[old](endpoint, data[old])
    mode = _text(tls, "mode")
    if mode not in _READERS:
        raise InvalidInput(f"tls.mode: {shown(mode)} is none of {', '.join(_READERS)}")
    return _READERS[mode](endpoint, tls.get("details"))


def _psk(endpoint: str, told: Any) -> NewCredential:
    identity, key = _text(told, "identity"), _bytes(told, "key")
    return NewCredential(endpoint, SecurityMode.PSK, identity, key)


def _rpk(endpoint: str, told: Any) -> NewCredential:
    return NewCredential(endpoint, SecurityMode.RPK, public=_bytes(told, "key"))


def _x509(endpoint: str, _told: Any) -> NewCredential:
    raise InvalidInput(
        f"x509: trust the CA that signs the certificate of {endpoint}, or that certificate, by"
        " `tinymlaas credentials add`; its name alone proves nothing"
    )


def _oscore(endpoint: str, told: Any) -> NewCredential:
    sender, recipient = _text(told, "sid"), _text(told, "rid")
    if sender.lower() != _OWN_SENDER:
        raise InvalidInput(f"oscore.sid: this server's sender id is {_OWN_SENDER}")
    return NewCredential(endpoint, SecurityMode.OSCORE, recipient, _bytes(told, "msec"))


_READERS: Final[Mapping[str, Callable[[str, Any], NewCredential]]] = MappingProxyType(
    {"psk": _psk, "rpk": _rpk, "x509": _x509}
)


def _text(told: Any, name: str) -> str:
    if not isinstance(told, dict):
        raise InvalidInput(f"{name} is missing: this is no JSON object")
    if not isinstance(told.get(name), str):
        raise InvalidInput(f"{name} is missing, or no text")
    text: str = told[name]
    return text


def _bytes(told: Any, name: str) -> bytes:
    try:
        return bytes.fromhex(_text(told, name))
    except ValueError:
        raise InvalidInput(f"{name}: this is not hexadecimal") from None
