"""The device's own reading of MCUboot images, and its verdict on them.

Layout (MCUboot, docs/design.md "Image format"), little-endian: a header of 32
bytes, padded to its own size field; the payload; the protected TLV area; the
TLV area with hash, key hash and signature. The hash covers all that lies
before the last of these. What belongs to this project travels as vendor TLVs
in the protected area.
"""

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .errors import InvalidImage, InvalidKey, Why

HEADER = struct.Struct("<IIHHIIBBHII")
_TLV_INFO = struct.Struct("<HH")
_TLV = struct.Struct("<HH")
_MAGIC = 0x96F3B83D
_TLV_MAGIC = 0x6907
_PROTECTED_MAGIC = 0x6908
# RAM_LOAD and ROM_FIXED both say that load_addr means something; encrypted,
# compressed and position independent images are not for this device.
_KNOWN_FLAGS = 0x20 | 0x100


class Tag(IntEnum):
    """The TLVs that this device reads; it passes over others."""

    KEYHASH = 0x01
    SHA256 = 0x10
    ED25519 = 0x24
    MODEL_SHA256 = 0xA0
    TARGET = 0xA1
    SLOT = 0xA2
    MODEL_NAME = 0xA3
    KIND = 0xA4


class Kind(IntEnum):
    """The value of TLV 0xA4."""

    MODULE = 1
    FIRMWARE = 2


@dataclass(frozen=True, slots=True)
class Version:
    """The version of an image header, written `1.2.3` or `1.2.3+4`."""

    major: int
    minor: int
    revision: int
    build: int

    def __str__(self) -> str:
        text = f"{self.major}.{self.minor}.{self.revision}"
        return f"{text}+{self.build}" if self.build else text


@dataclass(frozen=True, slots=True)
class Image:
    """An image whose structure is sound and whose hash is right; see `TrustedKey.check`.

    `size` counts every byte from header to last TLV; `protected` and
    `unprotected` map tags to values.
    """

    load: int
    header_size: int
    payload: bytes
    version: Version
    sha256: bytes
    size: int
    protected: Mapping[int, bytes]
    unprotected: Mapping[int, bytes]

    @property
    def kind(self) -> int | None:
        """What the image says it is, a number of `Kind` where it is a known one."""
        value = self.protected.get(Tag.KIND, b"")
        return value[0] if len(value) == 1 else None

    @property
    def target(self) -> str | None:
        """Core and features the code was compiled for, `cortex-m4+dsp+fpv4-sp`."""
        return self._text(Tag.TARGET)

    @property
    def model_name(self) -> str | None:
        """The name of the model inside, if there is one."""
        return self._text(Tag.MODEL_NAME)

    @property
    def slot(self) -> tuple[int, ...] | None:
        """The place the image was linked for, in the order of `ImagePlace.identity`."""
        value = self.protected.get(Tag.SLOT, b"")
        return struct.unpack("<7I", value) if len(value) == 28 else None

    @property
    def code(self) -> range:
        """The addresses of the payload when the image lies where it belongs."""
        start = self.load + self.header_size
        return range(start, start + len(self.payload))

    def _text(self, tag: Tag) -> str | None:
        try:
            return self.protected[tag].decode()
        except (KeyError, UnicodeDecodeError):
            return None

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Read the image that `data` begins with; raises `InvalidImage` for anything else.

        `data` may be longer than the image, as flash is; `size` tells how much
        of it counts.
        """
        load, header_size, protected_size, payload_size, version = _read_header(data)
        protected_at = header_size + payload_size
        hashed = protected_at + protected_size
        protected: dict[int, bytes] = {}
        end = protected_at
        if protected_size:
            protected, end = _read_tlvs(data, protected_at, _PROTECTED_MAGIC)
        if end != hashed:
            raise InvalidImage(Why.FORMAT, "header and protected TLVs tell different sizes")
        unprotected, end = _read_tlvs(data, hashed, _TLV_MAGIC)
        digest = hashlib.sha256(data[:hashed]).digest()
        if unprotected.get(Tag.SHA256) != digest:
            raise InvalidImage(Why.INTEGRITY, "the hash is not that of the image")
        payload = data[header_size:protected_at]
        return cls(load, header_size, payload, version, digest, end, protected, unprotected)


def _read_header(data: bytes) -> tuple[int, int, int, int, Version]:
    if len(data) < HEADER.size:
        raise InvalidImage(Why.FORMAT, f"{len(data)} B are no image header")
    magic, load, size, protected, payload, flags, *version, _ = HEADER.unpack_from(data)
    if magic != _MAGIC:
        raise InvalidImage(Why.FORMAT, f"no image begins with {magic:#010x}")
    if size < HEADER.size or flags & ~_KNOWN_FLAGS:
        raise InvalidImage(Why.FORMAT, f"header of {size} B with flags {flags:#x}")
    return load, size, protected, payload, Version(*version)


def _read_tlvs(data: bytes, start: int, magic: int) -> tuple[dict[int, bytes], int]:
    """Return one TLV area as a map, and where it ends; no tag comes twice."""
    if start + _TLV_INFO.size > len(data):
        raise InvalidImage(Why.FORMAT, f"no TLV area at byte {start} of {len(data)}")
    found, length = _TLV_INFO.unpack_from(data, start)
    end = start + length
    if found != magic or length < _TLV_INFO.size or end > len(data):
        raise InvalidImage(Why.FORMAT, f"no TLV area at byte {start}")
    values: dict[int, bytes] = {}
    at = start + _TLV_INFO.size
    while at < end:
        if at + _TLV.size > end:
            raise InvalidImage(Why.FORMAT, f"a TLV is cut off at byte {at}")
        tag, length = _TLV.unpack_from(data, at)
        at += _TLV.size + length
        if at > end or tag in values:
            raise InvalidImage(Why.FORMAT, f"TLV {tag:#x} comes twice or leaves its area")
        values[tag] = data[at - length : at]
    return values, end


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """The one Ed25519 key whose images a device runs; `hash` is its SHA-256 in DER."""

    key: Ed25519PublicKey
    hash: bytes

    @classmethod
    def load(cls, data: bytes) -> Self:
        """Read PEM or DER (SubjectPublicKeyInfo); raises `InvalidKey`."""
        pem = data.lstrip().startswith(b"-----BEGIN")
        reader = serialization.load_pem_public_key if pem else serialization.load_der_public_key
        try:
            key = reader(data)
        except ValueError as error:
            raise InvalidKey(f"the trusted key is no public key in PEM or DER: {error}") from error
        if not isinstance(key, Ed25519PublicKey):
            raise InvalidKey(f"the trusted key is {type(key).__name__}, not Ed25519")
        encoded = key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return cls(key, hashlib.sha256(encoded).digest())

    def check(self, image: Image) -> None:
        """Raise `InvalidImage` unless this key signed the image's hash."""
        if image.unprotected.get(Tag.KEYHASH) != self.hash:
            raise InvalidImage(Why.SIGNATURE, "signed by a key that this device does not trust")
        try:
            self.key.verify(image.unprotected.get(Tag.ED25519, b""), image.sha256)
        except InvalidSignature:
            raise InvalidImage(Why.SIGNATURE, "the signature is not that of the image") from None
