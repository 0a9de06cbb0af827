"""Credentials as they go over HTTP; keys go in, and out only where they were made here."""

import base64
import textwrap
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from ..protocol.identity import SecurityMode
from ..service.credentials import KEEP
from ..service.errors import InvalidInput
from ..service.issuing import NewCredential as Asked
from ..service.views import IssuedCredential as Issued
from .schemas import Schema

# RFC 7468 §5.1, §13.
_LABELS: Final = {SecurityMode.X509: "CERTIFICATE", SecurityMode.RPK: "PUBLIC KEY"}


class Credential(Schema):
    """A credential without its keys; no endpoint: a CA's, that vouches for every CN.

    `retires_at` is set while another replaces it. What is `damaged` in storage admits nobody.
    """

    id: str
    endpoint: str | None
    mode: SecurityMode
    identity: str
    authority: bool
    created_at: float
    replaces: str | None
    retires_at: float | None
    damaged: bool


class Material(BaseModel):
    """What a device proves itself with; what is absent is made.

    `key` is a pre-shared key of 16 to 64 bytes in hexadecimal, `public` a certificate or a
    public key as PEM, or DER in hexadecimal. `identity` is the PSK identity, or the CN
    that a CA's certificate vouches for; by default the endpoint's name.
    """

    identity: str | None = None
    key: str | None = Field(default=None, repr=False)
    public: str | None = None

    def asked(self, endpoint: str | None = None, mode: SecurityMode = SecurityMode.PSK) -> Asked:
        """Return the same as the service's value; raises `InvalidInput`."""
        key = None if self.key is None else _bytes(self.key, "key")
        public = self.public
        if public is None:
            return Asked(endpoint, mode, self.identity, key)
        der = public.encode() if "-----BEGIN" in public else _bytes(public, "public")
        return Asked(endpoint, mode, self.identity, key, der)


class NewCredential(Material):
    """A credential to be added; without an endpoint a CA's certificate, for all of them."""

    model_config = ConfigDict(json_schema_extra={"example": {"endpoint": "sim-m4-1"}})

    endpoint: str | None = None
    mode: SecurityMode = SecurityMode.PSK

    def request(self) -> Asked:
        """Return the same as the service's value; raises `InvalidInput`."""
        return self.asked(self.endpoint, self.mode)


class Rotation(Material):
    """What takes a credential's place, and for how many seconds at most both are good."""

    keep: float = Field(default=KEEP, ge=0, le=10 * 365 * 86400)


class IssuedCredential(BaseModel):
    """A new credential, with what was made here: `key` in hexadecimal, the others as PEM."""

    credential: Credential
    key: str | None = Field(default=None, repr=False)
    private_key: str | None = Field(default=None, repr=False)
    public: str | None = None

    @classmethod
    def of(cls, issued: Issued) -> "IssuedCredential":
        """Return the service's value as it goes over HTTP."""
        return cls(
            credential=Credential.model_validate(issued.credential),
            key=None if issued.key is None else issued.key.hex(),
            private_key=_pem(issued.private_key, "PRIVATE KEY"),
            public=_pem(issued.public, _LABELS.get(issued.credential.mode, "")),
        )


def _pem(der: bytes | None, label: str) -> str | None:
    if der is None:
        return None
    lines = textwrap.wrap(base64.b64encode(der).decode(), 64)
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""))


def _bytes(text: str, what: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise InvalidInput(f"{what}: this is not hexadecimal") from None
