"""Certificates and keys for tests, made once per run."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
_USAGES = {
    "server": ExtendedKeyUsageOID.SERVER_AUTH,
    "client": ExtendedKeyUsageOID.CLIENT_AUTH,
}


@dataclass(frozen=True)
class Authority:
    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    der: bytes


@dataclass(frozen=True)
class PublicKey:
    der: bytes
    name: str


@cache
def authority(name: str) -> Authority:
    """A CA that signs for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    der = _certificate((name,), key, (name,), key, ca=True)
    return Authority(_name(name), key, der)


def leaf(
    by: Authority,
    *names: str,
    usage: str | None = None,
    ca: bool = False,
    until: datetime = datetime(2100, 1, 1, tzinfo=UTC),
) -> bytes:
    """A certificate that a CA issued."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = (str(by.name.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value),)
    return _certificate(names, key, issuer, by.key, ca=ca, usage=usage, until=until)


def end_entity(name: str) -> bytes:
    """A certificate that vouches for nobody, signed by its own key."""
    key = ec.generate_private_key(ec.SECP256R1())
    return _certificate((name,), key, (name,), key, ca=False)


@cache
def spki(_name: str) -> PublicKey:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(der, hashlib.sha256(der).hexdigest())


def _name(*names: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names])


def _certificate(
    names: tuple[str, ...],
    key: ec.EllipticCurvePrivateKey,
    issuer: tuple[str, ...],
    signer: ec.EllipticCurvePrivateKey,
    *,
    ca: bool,
    usage: str | None = None,
    until: datetime = datetime(2100, 1, 1, tzinfo=UTC),
) -> bytes:
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(*names))
        .issuer_name(_name(*issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([_USAGES[usage]]), critical=False)
    return builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.DER)
