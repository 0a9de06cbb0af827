"""The certificate by which devices know this server (X.509 and raw public key alike)."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from .errors import UnusableSecret
from .issuing import self_signed
from .secret_files import write_secret

_NAME: Final = "TinyMLaaS"
_UNREADABLE: Final = (ValueError, TypeError, UnsupportedAlgorithm)


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """A certificate, with those that lead from it to its CA, and its private key (PEM)."""

    chain: bytes
    private_key: bytes = field(repr=False)

    @classmethod
    def load(cls, certificate: Path, private_key: Path) -> Self:
        """Read two PEM files; raises `UnusableSecret` where they are none, or no pair."""
        try:
            chain, key = certificate.read_bytes(), private_key.read_bytes()
        except OSError as fault:
            raise UnusableSecret(f"{fault.filename} cannot be read: {fault.strerror}") from fault
        try:
            shown = x509.load_pem_x509_certificates(chain)[0].public_key()
        except _UNREADABLE as fault:
            raise UnusableSecret(f"{certificate} holds no certificate in PEM: {fault}") from None
        try:
            held = load_pem_private_key(key, password=None).public_key()
        except _UNREADABLE as fault:
            raise UnusableSecret(
                f"{private_key} holds no private key in PEM without a pass phrase: {fault}"
            ) from None
        form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if shown.public_bytes(*form) != held.public_bytes(*form):
            raise UnusableSecret(f"{private_key} is not the private key of {certificate}")
        return cls(chain, key)

    @classmethod
    def of(cls, folder: Path) -> Self | None:
        """Return the one that `make` kept in `folder`, None where there is none.

        Raises `UnusableSecret` where half of it is lost: devices know the server by it.
        """
        certificate, private_key = _files(folder)
        if not certificate.exists():
            return None  # the key comes first: one without a certificate was shown to nobody
        return cls.load(certificate, private_key)

    @classmethod
    def make(cls, folder: Path) -> Self:
        """Make one (P-256, self-signed) and keep it in `folder`; raises `OSError`."""
        certificate, private_key = _files(folder)
        key = ec.generate_private_key(ec.SECP256R1())
        write_secret(
            private_key, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        write_secret(certificate, self_signed(key, _NAME).public_bytes(Encoding.PEM))
        return cls.load(certificate, private_key)

    @property
    def certificate_der(self) -> bytes:
        """The certificate itself."""
        return x509.load_pem_x509_certificates(self.chain)[0].public_bytes(Encoding.DER)

    @property
    def public_key_der(self) -> bytes:
        """The certificate's key as SubjectPublicKeyInfo."""
        key = x509.load_pem_x509_certificates(self.chain)[0].public_key()
        return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _files(folder: Path) -> tuple[Path, Path]:
    return folder / "server-certificate.pem", folder / "server-key.pem"
