"""Ed25519 signing keys, in PEM files that only their owner can read."""

import hashlib
import stat
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from .disk import Disk
from .errors import AlreadyExists, InvalidKey, NotFound
from .names import check_name

DEFAULT_KEY = "default"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signs images.

    `key_hash` is what the KEYHASH TLV of its images and Object 26241 resource 9
    say: the SHA-256 of the DER public key (SubjectPublicKeyInfo).
    """

    name: str
    private: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> Ed25519PublicKey:
        """The public key, to check signatures with."""
        return self.private.public_key()

    @property
    def public_der(self) -> bytes:
        """The public key as SubjectPublicKeyInfo, DER."""
        return self.public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def public_raw(self) -> bytes:
        """The public key's 32 bytes (RFC 8032)."""
        return self.public.public_bytes_raw()

    @property
    def key_hash(self) -> bytes:
        """SHA-256 of `public_der`, 32 bytes."""
        return hashlib.sha256(self.public_der).digest()


class Keys:
    """The room of signing keys: `keys/<name>.pem`, PKCS8, mode 0600."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def new(self, name: str = DEFAULT_KEY) -> SigningKey:
        """Make a key and store it; raises `AlreadyExists`: a key is never overwritten."""
        key = SigningKey(check_name("key", name), Ed25519PrivateKey.generate())
        pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        if not self._disk.put_file(f"keys/{name}.pem", pem, mode=0o600):
            raise AlreadyExists(
                f"key {name!r} exists; devices trust it, so it is not overwritten:"
                " choose another name"
            )
        return key

    def load(self, name: str = DEFAULT_KEY) -> SigningKey:
        """Return key `name`; raises `NotFound`, `InvalidKey`."""
        path = self._disk.root / "keys" / f"{check_name('key', name)}.pem"
        pem = self._disk.read(f"keys/{name}.pem")
        if pem is None:
            raise NotFound(f"no signing key {name!r}: make one with `tinymlaas keys new`")
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise InvalidKey(f"{path} can be read by others than its owner: chmod 600 it")
        try:
            private = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise InvalidKey(f"{path} holds no readable private key: {error}") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise InvalidKey(f"{path} holds no Ed25519 key, the only kind that signs here")
        return SigningKey(name, private)

    def ensure(self, name: str = DEFAULT_KEY) -> SigningKey:
        """Return key `name`, made now if it is not there; raises `InvalidKey`."""
        try:
            return self.load(name)
        except NotFound:
            try:
                return self.new(name)
            except AlreadyExists:  # another process was first
                return self.load(name)

    def list(self) -> tuple[str, ...]:
        """Return the names of the keys, sorted."""
        names = self._disk.names("keys")
        return tuple(name.removesuffix(".pem") for name in names if name.endswith(".pem"))
