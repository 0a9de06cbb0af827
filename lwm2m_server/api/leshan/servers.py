"""`/api/server`: where this server is reached, and what devices know it by (`ServerServlet`)."""

import base64
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import APIRouter, Request
from starlette.responses import Response

from ...service.credentials import CredentialService
from .calls import found

router = APIRouter()

_DESCRIPTIONS: Final = {
    "coap": "CoAP over UDP",
    "coaps": "CoAP over DTLS",
    "coap+tcp": "CoAP over TCP",
    "coaps+tcp": "CoAP over TLS",
}


@router.get("/server/security")
async def security(request: Request) -> Response:
    """Show the server's certificate."""
    return found(own_certificate(request.app.state.credentials))


@router.get("/server/endpoint")
async def endpoint(request: Request) -> Response:
    """List the URIs that devices register at."""
    return found([uri_to_json(uri) for uri in request.app.state.coap_uris])


def uri_to_json(uri: str) -> dict[str, Any]:
    """Return where one transport is served."""
    parts = urlsplit(uri)
    told = {"full": uri, "scheme": parts.scheme, "host": parts.hostname, "port": parts.port}
    return {"uri": told, "description": _DESCRIPTIONS[parts.scheme]}


def own_certificate(credentials: CredentialService) -> dict[str, Any]:
    """Return the server's own certificate as it goes out; nothing where it has none."""
    own = credentials.own_certificate()
    if own is None:
        return {}
    certificate = x509.load_pem_x509_certificates(own[0])[0]
    key = certificate.public_key()
    told = {"b64Der": _base64(certificate.public_bytes(Encoding.DER))}
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return {"certificate": told}
    point, size = key.public_numbers(), (key.key_size + 7) // 8
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    public = {
        "x": point.x.to_bytes(size).hex(),
        "y": point.y.to_bytes(size).hex(),
        "params": key.curve.name,
        "b64Der": _base64(der),
    }
    return {"certificate": {"pubkey": public, **told}}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
