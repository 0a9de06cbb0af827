"""X.509 certificates and raw public keys, as far as they say who somebody is.

Chains are not built: the certificate that vouches for a device's is its issuer's. Nothing
here raises anything but `InvalidCredential` on arbitrary bytes.
"""

import hashlib
import warnings
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .errors import InvalidCredential
from .identity import Identity, SecurityMode

LARGEST: Final = 16 * 1024
"""Bytes; what is larger is not looked at."""

_UNREADABLE: Final = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion)
_PEM: Final = b"-----BEGIN"


def certificate_der(data: bytes) -> bytes:
    """Return the DER of a certificate given as PEM (the first of several) or DER."""
    _check_size(data)
    try:
        der = data
        if _PEM in data:
            der = x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
        return _loaded(der).public_bytes(Encoding.DER)
    except (InvalidCredential, *_UNREADABLE) as error:
        raise InvalidCredential(f"no X.509 certificate, neither PEM nor DER: {error}") from error


def public_key_der(data: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo (DER) of a public key given as PEM or DER."""
    _check_size(data)
    key: PublicKeyTypes
    try:
        key = load_pem_public_key(data) if _PEM in data else load_der_public_key(data)
    except _UNREADABLE as error:
        raise InvalidCredential(f"no public key, neither PEM nor DER: {error}") from error
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def identity_of_public_key(spki: bytes) -> Identity:
    """Return who has a raw public key: the SHA-256 of its SubjectPublicKeyInfo."""
    public_key_der(spki)
    return Identity(SecurityMode.RPK, hashlib.sha256(spki).hexdigest())


def identity_of_certificate(der: bytes) -> Identity:
    """Return who a certificate is of: its subject's only CN (Transport 1.1 §5.2.8.3)."""
    return Identity(SecurityMode.X509, _common_name(_loaded(der)))


def subject(der: bytes) -> str:
    """Return a certificate's subject as text (RFC 4514)."""
    try:
        return _loaded(der).subject.rfc4514_string()
    except _UNREADABLE as error:
        raise InvalidCredential(f"the certificate's subject cannot be read: {error}") from error


def is_authority(der: bytes) -> bool:
    """Whether a certificate is a CA's (RFC 5280 §4.2.1.9)."""
    try:
        found = _loaded(der).extensions.get_extension_for_class(x509.BasicConstraints)
    except (x509.ExtensionNotFound, *_UNREADABLE):
        return False
    return found.value.ca


def valid_until(der: bytes) -> float:
    """Return the end of a certificate's validity, seconds since the epoch."""
    return _loaded(der).not_valid_after_utc.timestamp()


def serves_a_client(der: bytes, now: float) -> bool:
    """Whether a device may show this certificate now: its validity, and what it is for."""
    certificate = _loaded(der)
    at = datetime.fromtimestamp(now, UTC)
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        return False
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:  # RFC 5280 §4.2.1.12: then it is for everything
        return True
    except _UNREADABLE:
        return False
    return bool(
        {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & {*usage}
    )


def issued_by(der: bytes, authority: bytes, now: float) -> bool:
    """Whether the CA of certificate `authority`, valid now, signed the certificate `der`."""
    issuer = _loaded(authority)
    at = datetime.fromtimestamp(now, UTC)
    if not issuer.not_valid_before_utc <= at <= issuer.not_valid_after_utc:
        return False
    try:
        _loaded(der).verify_directly_issued_by(issuer)
    except (InvalidSignature, *_UNREADABLE):
        return False
    return True


@lru_cache(maxsize=256)
def _loaded(der: bytes) -> x509.Certificate:
    _check_size(der)
    try:
        with warnings.catch_warnings():
            # Of serial numbers and lengths of names, which many devices have wrong.
            warnings.simplefilter("ignore")
            certificate = x509.load_der_x509_certificate(der)
            _ = certificate.subject, certificate.extensions
    except _UNREADABLE as error:
        raise InvalidCredential(f"no X.509 certificate: {error}") from error
    return certificate


def _common_name(certificate: x509.Certificate) -> str:
    try:
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except _UNREADABLE as error:
        raise InvalidCredential(f"the certificate's subject cannot be read: {error}") from error
    if len(names) != 1 or not isinstance(names[0].value, str) or not names[0].value.isprintable():
        raise InvalidCredential("the certificate's subject has no CN of printable text, or several")
    return names[0].value


def _check_size(data: bytes) -> None:
    if len(data) > LARGEST:
        raise InvalidCredential(f"{len(data)} bytes; at most {LARGEST} are read")
