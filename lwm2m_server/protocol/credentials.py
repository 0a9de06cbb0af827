"""Credentials: what an endpoint proves itself with (OMA LwM2M Transport 1.1 §5.2)."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from . import certificates
from .errors import InvalidCredential
from .identity import Identity, SecurityMode
from .registration import ENDPOINT_NAME, EndpointName, is_endpoint_name

SHORTEST_KEY: Final = 16  # bytes; below that a key can be searched for
LONGEST_KEY: Final = 64  # bytes; RFC 7925 §4 asks servers for no more
LONGEST_IDENTITY: Final = 128  # bytes of UTF-8; RFC 4279 §5.3
_SENDER_ID: Final = re.compile(r"(?!00$)(?:[0-9a-f]{2}){1,7}")
KEY_SIZE: Final = 32
"""The bytes of a key that is made here."""


class Use(StrEnum):
    """What a credential is good for: one that bootstraps an endpoint does not register it."""

    MANAGEMENT = "management"
    BOOTSTRAP = "bootstrap"


@dataclass(frozen=True, slots=True)
class Credential:
    """One way in which an endpoint proves itself; times are seconds since the epoch.

    `public` is the certificate (X.509) or SubjectPublicKeyInfo (RPK) in DER. `secret`
    is the pre-shared key, or the device's private key (PKCS #8, DER) where that was made
    here; empty where only the device has it. A CA's certificate vouches for the subject
    `identity.name` alone or, where `endpoint` is None, for every endpoint by its own name.

    Old and new key are both good after a rotation, until the device has used the new one,
    which `replaces` the old one by its `id`, or until the old one's `retires_at`. What
    storage gave back `damaged` proves nothing; its endpoint stays bound, for nobody.
    """

    id: str
    endpoint: EndpointName | None
    identity: Identity
    created_at: float
    public: bytes = b""
    secret: bytes = field(default=b"", repr=False)
    replaces: str | None = None
    retires_at: float | None = None
    damaged: bool = False

    @property
    def vouches(self) -> bool:
        """Whether it is a CA's, which speaks for certificates that it issued."""
        certificate = self.identity.mode is SecurityMode.X509 and not self.damaged
        return certificate and certificates.is_authority(self.public)


def check(credential: Credential) -> None:
    """Raise `InvalidCredential` for what no endpoint can or should prove itself with."""
    rules = {
        SecurityMode.PSK: _check_psk,
        SecurityMode.RPK: _check_public_key,
        SecurityMode.X509: _check_certificate,
        SecurityMode.OSCORE: _check_oscore,
    }
    mode = credential.identity.mode
    if mode not in rules:
        raise InvalidCredential(
            f"no credential can be of mode {mode}: psk, rpk, x509 and oscore can"
        )
    if credential.endpoint is None and not credential.vouches:
        raise InvalidCredential("only a CA's certificate can be for all endpoints: name one")
    if credential.endpoint is not None and not is_endpoint_name(credential.endpoint):
        raise InvalidCredential(f"an endpoint's name is {ENDPOINT_NAME}")
    rules[mode](credential)


def check_psk_identity(identity: str) -> None:
    """§5.2.8.1: a PSK identity is 1 to 128 bytes of UTF-8, here without control characters."""
    if not identity.isprintable() or not 0 < len(identity.encode()) <= LONGEST_IDENTITY:
        raise InvalidCredential(
            f"a PSK identity is 1 to {LONGEST_IDENTITY} bytes of printable UTF-8,"
            f" not {len(identity.encode(errors='replace'))}"
        )


def _check_psk(credential: Credential) -> None:
    check_psk_identity(credential.identity.name)
    if not SHORTEST_KEY <= len(credential.secret) <= LONGEST_KEY:
        raise InvalidCredential(
            f"a pre-shared key is {SHORTEST_KEY} to {LONGEST_KEY} bytes,"
            f" not {len(credential.secret)}"
        )


def _check_oscore(credential: Credential) -> None:
    """RFC 8613 §3.3: ids of at most 7 bytes with the algorithm that all have."""
    if _SENDER_ID.fullmatch(credential.identity.name) is None:
        raise InvalidCredential(
            "an OSCORE sender id is 1 to 7 bytes in lower-case hexadecimal, other than 00"
        )
    if not SHORTEST_KEY <= len(credential.secret) <= LONGEST_KEY:
        raise InvalidCredential(
            f"a master secret is {SHORTEST_KEY} to {LONGEST_KEY} bytes,"
            f" not {len(credential.secret)}"
        )


def _check_public_key(credential: Credential) -> None:
    if credential.identity != certificates.identity_of_public_key(credential.public):
        raise InvalidCredential("the identity is not that of the raw public key")


def _check_certificate(credential: Credential) -> None:
    if credential.vouches:
        return
    if credential.identity != certificates.identity_of_certificate(credential.public):
        raise InvalidCredential("the identity is not that of the certificate")
