"""Ed25519 signing keys, in PEM files that only their owner can read."""

from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signs images.

    `key_hash` is what the KEYHASH TLV of its images and Object 26241 resource 9
    say: the SHA-256 of the DER public key (SubjectPublicKeyInfo).
    """

    name: str
    private: Ed25519PrivateKey = field(repr=False)

    @property
    def public_der(self) -> bytes:
        """The public key as SubjectPublicKeyInfo, DER."""
        raise NotImplementedError

    @property
    def public_raw(self) -> bytes:
        """The public key's 32 bytes (RFC 8032)."""
        raise NotImplementedError

    @property
    def key_hash(self) -> bytes:
        """SHA-256 of `public_der`, 32 bytes."""
        raise NotImplementedError


class Keys:
    """The room of signing keys: `<folder>/<name>.pem`, PKCS8, mode 0600."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def new(self, name: str = "default") -> SigningKey:
        """Make a key and store it; raises `AlreadyExists`: a key is never overwritten."""
        raise NotImplementedError

    def load(self, name: str = "default") -> SigningKey:
        """Return key `name`; raises `NotFound`, `InvalidKey`."""
        raise NotImplementedError

    def list(self) -> tuple[str, ...]:
        """Return the names of the keys, sorted."""
        raise NotImplementedError
