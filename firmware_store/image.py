"""Signed MCUboot images of what we build; the only module that calls imgtool."""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .keys import SigningKey


class ImageKind(IntEnum):
    """Value of the protected TLV 0x00A4."""

    MODULE = 1
    FIRMWARE = 2


class Flag(IntFlag):
    """ih_flags of the MCUboot header, those that matter here."""

    ENCRYPTED_AES128 = 0x04
    ENCRYPTED_AES256 = 0x08
    NON_BOOTABLE = 0x10
    RAM_LOAD = 0x20
    ROM_FIXED = 0x100


@dataclass(frozen=True, slots=True, order=True)
class ImageVersion:
    """The version in an MCUboot header, `1.2.3+4`; ranges 255, 255, 65535, 2^32 - 1."""

    major: int = 0
    minor: int = 0
    revision: int = 0
    build: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `1`, `1.2`, `1.2.3` or `1.2.3+4`; raises `InvalidImage`."""
        raise NotImplementedError

    def __str__(self) -> str:
        text = f"{self.major}.{self.minor}.{self.revision}"
        return f"{text}+{self.build}" if self.build else text


@dataclass(frozen=True, slots=True)
class ImageSlot:
    """Protected TLV 0x00A2: where image, arena and state live; bytes and addresses.

    `data` is the load address as the core reads data, where that differs.
    """

    load: int
    size: int
    arena: int
    arena_size: int
    state: int
    state_size: int
    data: int | None = None


@dataclass(frozen=True, slots=True)
class ImageMeta:
    """What an image says of itself, all of it under the signature."""

    kind: ImageKind
    version: ImageVersion
    target: str
    model_name: str
    model_sha256: bytes
    slot: ImageSlot


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What was read of an MCUboot image, ours or not.

    `hash` is the digest TLV as it stands; `hash_ok` whether it is the digest of the
    bytes, None where it cannot be told (an encrypted image is hashed in the clear).
    `signature_ok` is None where no public key was given or the image has no Ed25519
    signature. `trailing` counts bytes after the last TLV. `meta` is None where the
    image carries none of our protected TLVs.
    """

    header_size: int
    payload_size: int
    load: int
    flags: int
    version: ImageVersion
    protected: tuple[tuple[int, bytes], ...]
    unprotected: tuple[tuple[int, bytes], ...]
    hash: bytes
    hash_ok: bool | None
    key_hash: bytes | None
    signature_ok: bool | None
    trailing: int
    meta: ImageMeta | None


HEADER_SIZE = {ImageKind.MODULE: 0x20, ImageKind.FIRMWARE: 0x200}


def overhead(kind: ImageKind, target: str, model_name: str) -> int:
    """Return the bytes that header and TLVs add to a payload, exactly."""
    raise NotImplementedError


def sign(payload: bytes, key: SigningKey, meta: ImageMeta) -> bytes:
    """Return the MCUboot image of `payload`; the same input gives the same bytes."""
    raise NotImplementedError


def inspect(data: bytes, public_key: Ed25519PublicKey | None = None) -> ImageInfo:
    """Read an image from bytes that nobody vouches for; raises `InvalidImage`."""
    raise NotImplementedError


def image_hash(data: bytes) -> bytes:
    """Return the value of the digest TLV, the identity of an image; raises `InvalidImage`."""
    raise NotImplementedError
