"""Making credentials out of what an operator gives, and what is not given of randomness."""

import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from ..protocol import certificates
from ..protocol.credentials import KEY_SIZE, Credential
from ..protocol.errors import InvalidCredential
from ..protocol.identity import Identity, SecurityMode
from ..protocol.registration import EndpointName

_BEGINNING: Final = datetime(2020, 1, 1, tzinfo=UTC)
# RFC 5280 §4.1.2.5: no well-defined end. Devices outlive guesses, and many have no clock.
_NO_END: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_LONGEST_NAME: Final = 64  # characters of a CN, X.520 ub-common-name
_GENERATION: Final = re.compile(r"(.*)~(\d{1,9})")


@dataclass(frozen=True, slots=True)
class NewCredential:
    """What an operator gives; what is None is made here.

    `key` is a pre-shared key; `public` a certificate or public key, PEM or DER. `identity`
    is the PSK identity (default: the endpoint's name) or, with a CA's certificate, the
    subject CN that it vouches for (default: the endpoint's name; for all endpoints, each).
    """

    endpoint: EndpointName | None
    mode: SecurityMode = SecurityMode.PSK
    identity: str | None = None
    key: bytes | None = field(default=None, repr=False)
    public: bytes | None = None


SHARED: Final = frozenset({SecurityMode.PSK, SecurityMode.OSCORE})
"""Modes in which both sides have the same key."""

# RFC 8613 §3.2.1: the master secret of a 128-bit algorithm; ids are chosen unlike all others.
_MASTER_SECRET: Final = 16
_SENDER_ID: Final = 5


def issue(asked: NewCredential, credential: str, now: float) -> Credential:
    """Return the credential that is asked for, with the id `credential`.

    Raises `InvalidCredential`; what can only be judged beside others is the store's to judge.
    """
    makers = {
        SecurityMode.PSK: _psk,
        SecurityMode.RPK: _public_key,
        SecurityMode.X509: _certificate,
        SecurityMode.OSCORE: _oscore,
    }
    if asked.mode not in makers:
        raise InvalidCredential(
            f"no credential can be of mode {asked.mode}: psk, rpk, x509 and oscore can"
        )
    if asked.key is not None and asked.mode not in SHARED:
        raise InvalidCredential(
            "a key is given with mode psk or oscore alone: a private key stays where it is"
        )
    if asked.public is not None and asked.mode in SHARED:
        raise InvalidCredential("a certificate or public key goes with mode x509 or rpk")
    identity, public, secret = makers[asked.mode](asked)
    return Credential(credential, asked.endpoint, identity, now, public, secret)


def next_identity(identity: str) -> str:
    """Return the name of the next generation: `dev`, `dev~2`, `dev~3`."""
    form = _GENERATION.fullmatch(identity)
    return f"{form[1]}~{int(form[2]) + 1}" if form else f"{identity}~2"


def self_signed(key: ec.EllipticCurvePrivateKey, name: str) -> x509.Certificate:
    """Return an end-entity certificate with subject CN `name`, signed by its own key."""
    if not 0 < len(name) <= _LONGEST_NAME:
        raise InvalidCredential(
            f"a certificate's CN has 1 to {_LONGEST_NAME} characters, not {len(name)}"
        )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGINNING)
        .not_valid_after(_NO_END)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )


_Parts = tuple[Identity, bytes, bytes]
"""Identity, public part, secret part."""


def _psk(asked: NewCredential) -> _Parts:
    key = secrets.token_bytes(KEY_SIZE) if asked.key is None else asked.key
    name = asked.endpoint if asked.identity is None else asked.identity
    return Identity(SecurityMode.PSK, name or ""), b"", key


def _oscore(asked: NewCredential) -> _Parts:
    key = secrets.token_bytes(_MASTER_SECRET) if asked.key is None else asked.key
    sender = secrets.token_hex(_SENDER_ID) if asked.identity is None else asked.identity.lower()
    return Identity(SecurityMode.OSCORE, sender), b"", key


def _public_key(asked: NewCredential) -> _Parts:
    if asked.identity is not None:
        raise InvalidCredential("a raw public key is its own identity: give none")
    secret = b""
    if asked.public is None:
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        secret = _private_der(key)
    else:
        public = certificates.public_key_der(asked.public)
    return certificates.identity_of_public_key(public), public, secret


def _certificate(asked: NewCredential) -> _Parts:
    if asked.public is None:
        name = asked.identity or asked.endpoint or ""
        key = ec.generate_private_key(ec.SECP256R1())
        der = self_signed(key, name).public_bytes(Encoding.DER)
        return Identity(SecurityMode.X509, name), der, _private_der(key)
    der = certificates.certificate_der(asked.public)
    if not certificates.is_authority(der):
        own = certificates.identity_of_certificate(der)
        if asked.identity not in {None, own.name}:
            raise InvalidCredential(f"the certificate's CN is {own.name!r}: give no other identity")
        return own, der, b""
    if asked.endpoint is None and asked.identity is not None:
        raise InvalidCredential("a CA that vouches for one name alone needs the endpoint of it")
    # A CA for all endpoints is itself nobody: the name is the one it goes by in lists.
    name = certificates.subject(der) if asked.endpoint is None else asked.endpoint
    return Identity(SecurityMode.X509, asked.identity or name), der, b""


def _private_der(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
