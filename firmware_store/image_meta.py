"""What our images say of themselves, in protected TLVs that the signature covers."""

import re
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from .errors import InvalidImage

_VERSION = re.compile(r"(\d{1,3})(?:\.(\d{1,3})(?:\.(\d{1,5})(?:\+(\d{1,10}))?)?)?", re.ASCII)
_VERSION_LIMITS = (0xFF, 0xFF, 0xFFFF, 0xFFFFFFFF)
_SLOT = struct.Struct("<7I")


class ImageKind(IntEnum):
    """What an image is: a model with its runtime, or a whole program (TLV 0x00A4)."""

    MODULE = 1
    FIRMWARE = 2


class MetaTlv(IntEnum):
    """Our protected TLVs, in MCUboot's vendor range."""

    MODEL_SHA256 = 0xA0
    TARGET = 0xA1
    SLOT = 0xA2
    MODEL_NAME = 0xA3
    KIND = 0xA4


@dataclass(frozen=True, slots=True, order=True)
class ImageVersion:
    """The version in an MCUboot header, `1.2.3+4`; at most 255, 255, 65535, 2^32 - 1."""

    major: int = 0
    minor: int = 0
    revision: int = 0
    build: int = 0

    def __post_init__(self) -> None:
        parts = (self.major, self.minor, self.revision, self.build)
        if not all(0 <= part <= most for part, most in zip(parts, _VERSION_LIMITS, strict=True)):
            raise InvalidImage(f"image version {self} exceeds 255.255.65535+4294967295")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `1`, `1.2`, `1.2.3` or `1.2.3+4`; raises `InvalidImage`."""
        found = _VERSION.fullmatch(text)
        if not found:
            raise InvalidImage(f"{text[:80]!r} is no image version: write 1.2.3 or 1.2.3+4")
        return cls(*(int(part or 0) for part in found.groups()))

    def __str__(self) -> str:
        text = f"{self.major}.{self.minor}.{self.revision}"
        return f"{text}+{self.build}" if self.build else text


@dataclass(frozen=True, slots=True)
class ImageSlot:
    """Where image, arena and state live: addresses and sizes in bytes, 32 bits each.

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
    """What an image says of itself; all of it, and the version, is under the signature.

    `target` is the target's name (`cortex-m4+dsp+fpv4-sp`), `model_sha256` the
    32 bytes of the .tflite's digest.
    """

    kind: ImageKind
    version: ImageVersion
    target: str
    model_name: str
    model_sha256: bytes
    slot: ImageSlot


def write_meta(meta: ImageMeta) -> dict[int, bytes]:
    """Return the protected TLVs of `meta`, in ascending order; raises `InvalidImage`."""
    slot = meta.slot
    if len(meta.model_sha256) != 32:
        raise InvalidImage(f"a model's SHA-256 is 32 bytes, not {len(meta.model_sha256)}")
    try:
        place = _SLOT.pack(
            slot.load,
            slot.size,
            slot.arena,
            slot.arena_size,
            slot.state,
            slot.state_size,
            slot.load if slot.data is None else slot.data,
        )
    except struct.error as error:
        raise InvalidImage(f"slot {slot} has a number that is no 32-bit address or size") from error
    return {
        MetaTlv.MODEL_SHA256: meta.model_sha256,
        MetaTlv.TARGET: meta.target.encode(),
        MetaTlv.SLOT: place,
        MetaTlv.MODEL_NAME: meta.model_name.encode(),
        MetaTlv.KIND: bytes([meta.kind]),
    }


def meta_size(target: str, model_name: str) -> tuple[int, ...]:
    """Return the lengths of the TLV values of any meta with these names."""
    return (32, len(target.encode()), _SLOT.size, len(model_name.encode()), 1)


def read_meta(entries: tuple[tuple[int, bytes], ...], version: ImageVersion) -> ImageMeta | None:
    """Return what protected TLVs say, None where they are not ours: the range is anybody's."""
    values = dict(entries)
    try:
        load, size, arena, arena_size, state, state_size, data = _SLOT.unpack(values[MetaTlv.SLOT])
        other = None if data == load else data
        (kind,) = values[MetaTlv.KIND]
        meta = ImageMeta(
            kind=ImageKind(kind),
            version=version,
            target=values[MetaTlv.TARGET].decode(),
            model_name=values[MetaTlv.MODEL_NAME].decode(),
            model_sha256=values[MetaTlv.MODEL_SHA256],
            slot=ImageSlot(load, size, arena, arena_size, state, state_size, other),
        )
    except (KeyError, ValueError, struct.error):
        return None
    return meta if len(meta.model_sha256) == 32 else None
