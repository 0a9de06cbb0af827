"""Reading MCUboot images: header, TLVs, digest and signature.

The format is MCUboot's `image.h` and docs/design.md, little endian. The bytes
may come from anybody: every length is checked before it is used, and nothing is
kept that is larger than the input.
"""

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, IntFlag

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .errors import InvalidImage
from .image_meta import ImageMeta, ImageVersion, read_meta

MAGIC = 0x96F3B83D
# `struct image_header`: the magic, then the load address, the sizes of header,
# protected TLVs and image, the flags, the version's four numbers, and padding.
HEADER = struct.Struct("<IIHHIIBBHII")
TLV_INFO = struct.Struct("<HH")  # magic, size of the area with this
TLV_ENTRY = struct.Struct("<HH")  # type, length of the value that follows
_PROTECTED_MAGIC = 0x6908
_UNPROTECTED_MAGIC = 0x6907


class Tlv(IntEnum):
    """TLV types that are looked at here."""

    KEYHASH = 0x01
    SHA256 = 0x10
    SHA384 = 0x11
    SHA512 = 0x12
    ED25519 = 0x24
    SIG_PURE = 0x25


class Flag(IntFlag):
    """ih_flags, those that matter here."""

    ENCRYPTED_AES128 = 0x04
    ENCRYPTED_AES256 = 0x08


_ENCRYPTED = Flag.ENCRYPTED_AES128 | Flag.ENCRYPTED_AES256
_DIGESTS: dict[int, Callable[[bytes], "hashlib._Hash"]] = {
    Tlv.SHA256: hashlib.sha256,
    Tlv.SHA384: hashlib.sha384,
    Tlv.SHA512: hashlib.sha512,
}

Entries = tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What was read of an MCUboot image, ours or not.

    `hash` is the value of the digest TLV, the image's identity; `hash_ok` whether
    it is the digest of the bytes, None where that cannot be told (an encrypted
    image is hashed in the clear). `signature_ok` is None where no public key was
    given, and True only where an Ed25519 signature by that key is on the image.
    `trailing` counts bytes after the last TLV. `meta` is None where the image does
    not carry our protected TLVs.
    """

    header_size: int
    payload_size: int
    load: int
    flags: int
    version: ImageVersion
    protected: Entries
    unprotected: Entries
    hash: bytes
    hash_ok: bool | None
    key_hash: bytes | None
    signature_ok: bool | None
    trailing: int
    meta: ImageMeta | None


def is_mcuboot(data: bytes) -> bool:
    """Whether `data` begins as an MCUboot image does."""
    return data[:4] == MAGIC.to_bytes(4, "little")


def inspect(data: bytes, public_key: Ed25519PublicKey | None = None) -> ImageInfo:
    """Read an image from bytes that nobody vouches for; raises `InvalidImage`.

    A wrong digest or signature is told, not raised: only bytes whose structure
    cannot be followed are refused.
    """
    if len(data) < HEADER.size or not is_mcuboot(data):
        raise InvalidImage("not an MCUboot image: no header with magic 0x96f3b83d at its start")
    _, load, header_size, protected_size, payload_size, flags, *version, _ = HEADER.unpack_from(
        data
    )
    if header_size < HEADER.size:
        raise InvalidImage(f"MCUboot header of {header_size} B, less than {HEADER.size}")
    end = header_size + payload_size
    if end > len(data):
        raise InvalidImage(f"MCUboot image cut short: {len(data)} B, its header tells {end}")
    protected: Entries = ()
    if protected_size:
        protected, after = _area(data, end, _PROTECTED_MAGIC)
        if after - end != protected_size:
            raise InvalidImage(
                f"protected TLVs are {after - end} B, the header tells {protected_size}"
            )
        end = after
    unprotected, after = _area(data, end, _UNPROTECTED_MAGIC)
    kind, digest = _digest(unprotected)
    signed = None
    if public_key is not None:
        signed = _signed(data[:end], digest, unprotected, public_key)
    return ImageInfo(
        header_size=header_size,
        payload_size=payload_size,
        load=load,
        flags=flags,
        version=ImageVersion(*version),
        protected=protected,
        unprotected=unprotected,
        hash=digest,
        hash_ok=None if flags & _ENCRYPTED else _DIGESTS[kind](data[:end]).digest() == digest,
        key_hash=next((value for kind, value in unprotected if kind == Tlv.KEYHASH), None),
        signature_ok=signed,
        trailing=len(data) - after,
        meta=read_meta(protected, ImageVersion(*version)),
    )


def image_hash(data: bytes) -> bytes:
    """Return the value of the digest TLV, the identity of an image; raises `InvalidImage`."""
    return inspect(data).hash


def _area(data: bytes, start: int, magic: int) -> tuple[Entries, int]:
    """Return the TLVs of the area at `start`, and where it ends."""
    if start + TLV_INFO.size > len(data):
        raise InvalidImage(f"MCUboot image cut short: no TLV area at byte {start}")
    found, size = TLV_INFO.unpack_from(data, start)
    end = start + size
    if found != magic:
        raise InvalidImage(f"TLV area at byte {start} has magic 0x{found:04x}, not 0x{magic:04x}")
    if size < TLV_INFO.size or end > len(data):
        raise InvalidImage(
            f"TLV area at byte {start} tells {size} B, {len(data) - start} are there"
        )
    entries = []
    at = start + TLV_INFO.size
    while at < end:
        if at + TLV_ENTRY.size > end:
            raise InvalidImage(f"TLV at byte {at} does not fit its area")
        kind, length = TLV_ENTRY.unpack_from(data, at)
        at += TLV_ENTRY.size
        if at + length > end:
            raise InvalidImage(f"TLV 0x{kind:04x} at byte {at} tells {length} B beyond its area")
        entries.append((kind, data[at : at + length]))
        at += length
    return tuple(entries), end


def _digest(entries: Entries) -> tuple[int, bytes]:
    found = [(kind, value) for kind, value in entries if kind in _DIGESTS]
    if len(found) != 1:
        raise InvalidImage(f"MCUboot image has {len(found)} digests, not 1")
    kind, value = found[0]
    if len(value) != _DIGESTS[kind](b"").digest_size:
        raise InvalidImage(f"digest TLV 0x{kind:02x} is {len(value)} B long")
    return kind, value


def _signed(covered: bytes, digest: bytes, entries: Entries, key: Ed25519PublicKey) -> bool:
    # A "pure" signature is over the image itself, others are over its digest.
    message = covered if any(kind == Tlv.SIG_PURE for kind, _ in entries) else digest
    for kind, value in entries:
        if kind == Tlv.ED25519:
            try:
                key.verify(value, message)
            except InvalidSignature:
                continue
            return True
    return False
