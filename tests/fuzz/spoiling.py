"""What goes wrong with bytes on their way, or in the head of who wrote their source."""

import random
from collections.abc import Callable


def _flip(draw: random.Random, data: bytes) -> bytes:
    if not data:
        return data
    at = draw.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :]


def _cut(draw: random.Random, data: bytes) -> bytes:
    return data[: draw.randrange(len(data) + 1)]


def _insert(draw: random.Random, data: bytes) -> bytes:
    at = draw.randrange(len(data) + 1)
    return data[:at] + draw.randbytes(draw.randrange(1, 9)) + data[at:]


def _remove(draw: random.Random, data: bytes) -> bytes:
    at = draw.randrange(len(data) + 1)
    return data[:at] + data[at + draw.randrange(1, 9) :]


def _double(draw: random.Random, data: bytes) -> bytes:
    at = draw.randrange(len(data) + 1)
    return data + data[at:]


def _extreme(draw: random.Random, data: bytes) -> bytes:
    if not data:
        return data
    at = draw.randrange(len(data))
    return data[:at] + bytes([draw.choice((0x00, 0x0F, 0xD0, 0xE0, 0xF0, 0xFF))]) + data[at + 1 :]


_SPOILING: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _flip,
    _flip,
    _cut,
    _insert,
    _remove,
    _double,
    _extreme,
)


def spoilt(draw: random.Random, data: bytes) -> bytes:
    """Return `data` with one to three things wrong with it."""
    for _ in range(draw.randrange(1, 4)):
        data = draw.choice(_SPOILING)(draw, data)
    return data
