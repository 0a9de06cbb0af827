"""Recognising and checking ESP-IDF application images.

The format is Espressif's `esp_app_format.h` and `esp_app_desc.h`: a header, up to
16 segments, padding so that a checksum byte ends a 16-byte block, and, where the
header says so, the SHA-256 of all that came before.
"""

import hashlib
import struct
from dataclasses import dataclass

import numpy as np

from .errors import InvalidImage

_MAGIC = 0xE9
_HEADER_SIZE = 24
_HASH_APPENDED = 23  # offset of the header's last byte
_SEGMENT = struct.Struct("<II")  # load address, length
_MOST_SEGMENTS = 16
_CHECKSUM_SEED = 0xEF
# The application descriptor opens the first segment.
_DESCRIPTOR_MAGIC = (0xABCD5432).to_bytes(4, "little")
_DESCRIPTOR = _HEADER_SIZE + _SEGMENT.size
_VERSION = slice(_DESCRIPTOR + 16, _DESCRIPTOR + 48)
_PROJECT = slice(_DESCRIPTOR + 48, _DESCRIPTOR + 80)


@dataclass(frozen=True, slots=True)
class EspImage:
    """What an ESP-IDF application says of itself; `sha256` is the appended one, if any."""

    version: str
    project: str
    sha256: bytes | None


def is_esp_idf(data: bytes) -> bool:
    """Whether `data` begins as an ESP-IDF application does: magic and descriptor."""
    return data[:1] == bytes([_MAGIC]) and data[_DESCRIPTOR:][:4] == _DESCRIPTOR_MAGIC


def inspect_esp_idf(data: bytes) -> EspImage:
    """Read an application from bytes that nobody vouches for; raises `InvalidImage`."""
    if not is_esp_idf(data):
        raise InvalidImage("not an ESP-IDF application: no magic 0xe9 with a descriptor at 0x20")
    if _PROJECT.stop > len(data):
        raise InvalidImage(f"ESP-IDF image cut short in its descriptor: {len(data)} B")
    checksum, at = _segments(data)
    at += 15 - at % 16  # where the checksum byte stands
    if at >= len(data):
        raise InvalidImage(f"ESP-IDF image cut short: no checksum at byte {at}")
    if data[at] != checksum:
        raise InvalidImage(f"ESP-IDF checksum is 0x{data[at]:02x}, 0x{checksum:02x} computed")
    digest = None
    if data[_HASH_APPENDED]:
        digest = data[at + 1 : at + 33]
        if digest != hashlib.sha256(data[: at + 1]).digest():
            raise InvalidImage("ESP-IDF image does not have the SHA-256 that it tells")
    return EspImage(_text(data[_VERSION]), _text(data[_PROJECT]), digest)


def _segments(data: bytes) -> tuple[int, int]:
    """Return the checksum over all segments, and where the last one ends."""
    count = data[1]
    if not 1 <= count <= _MOST_SEGMENTS:
        raise InvalidImage(f"ESP-IDF image tells {count} segments, not 1 to {_MOST_SEGMENTS}")
    checksum, at = _CHECKSUM_SEED, _HEADER_SIZE
    for segment in range(count):
        if at + _SEGMENT.size > len(data):
            raise InvalidImage(f"ESP-IDF image cut short before segment {segment}")
        _, length = _SEGMENT.unpack_from(data, at)
        at += _SEGMENT.size
        if at + length > len(data):
            raise InvalidImage(
                f"ESP-IDF segment {segment} tells {length} B at byte {at}, past the end"
            )
        body = np.frombuffer(data, np.uint8, length, at)
        checksum ^= int(np.bitwise_xor.reduce(body))
        at += length
    return checksum, at


def _text(field: bytes) -> str:
    """Return a C string as text that is safe to show."""
    text = field.partition(b"\0")[0].decode(errors="replace")
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
