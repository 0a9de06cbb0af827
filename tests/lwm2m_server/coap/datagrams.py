"""CoAP datagrams by hand (RFC 7252 §3), so that no codec under test is its own judge."""

import struct
from typing import NamedTuple

CON, NON, ACK, RST = range(4)
EMPTY, GET, POST, PUT, DELETE = range(5)
CREATED, CHANGED, CONTENT, CONTINUE = 0x41, 0x44, 0x45, 0x5F
BAD_OPTION, TOO_LARGE = 0x82, 0x8D
OBSERVE, URI_PATH, BLOCK2, BLOCK1 = 6, 11, 23, 27


class Peer(NamedTuple):
    """Who is at the other end: a port of the loopback address."""

    port: int


class Sent(NamedTuple):
    """A datagram that left the layer under test, taken apart."""

    peer: Peer
    type: int
    code: int
    id: int
    token: bytes
    options: tuple[tuple[int, bytes], ...]
    payload: bytes

    def option(self, number: int) -> bytes | None:
        return next((value for each, value in self.options if each == number), None)


def datagram(
    type_: int,
    code: int,
    message_id: int,
    token: bytes = b"",
    options: tuple[tuple[int, bytes], ...] = (),
    payload: bytes = b"",
) -> bytes:
    """Write a message; options in the order of their numbers."""
    parts = [struct.pack("!BBH", 0x40 | type_ << 4 | len(token), code, message_id), token]
    last = 0
    for number, value in options:
        (delta, more_delta), (length, more_length) = _nibble(number - last), _nibble(len(value))
        parts += [bytes([delta << 4 | length]), more_delta, more_length, value]
        last = number
    if payload:
        parts += [b"\xff", payload]
    return b"".join(parts)


def path(*segments: str) -> tuple[tuple[int, bytes], ...]:
    """Return the Uri-Path options of `segments`."""
    return tuple((URI_PATH, segment.encode()) for segment in segments)


def block(number: int, *, more: bool, exponent: int = 6) -> bytes:
    """Return the value of a Block option (RFC 7959 §2.2)."""
    value = number << 4 | more << 3 | exponent
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def taken_apart(peer: Peer, data: bytes) -> Sent:
    """Read what the layer under test sent; asserts that it is a message."""
    first, code, message_id = struct.unpack_from("!BBH", data)
    length = first & 15
    assert first >> 6 == 1
    assert length <= 8
    token, at, number, options = data[4 : 4 + length], 4 + length, 0, []
    while at < len(data) and data[at] != 0xFF:
        delta, size = data[at] >> 4, data[at] & 15
        delta, at = _extended(data, at + 1, delta)
        size, at = _extended(data, at, size)
        number += delta
        options.append((number, data[at : at + size]))
        at += size
    return Sent(
        peer, first >> 4 & 3, code, message_id, token, tuple(options), bytes(data[at + 1 :])
    )


def _nibble(value: int) -> tuple[int, bytes]:
    if value < 13:
        return value, b""
    return (13, bytes([value - 13])) if value < 269 else (14, struct.pack("!H", value - 269))


def _extended(data: bytes, at: int, nibble: int) -> tuple[int, int]:
    if nibble == 13:
        return data[at] + 13, at + 1
    if nibble == 14:
        return int.from_bytes(data[at : at + 2], "big") + 269, at + 2
    assert nibble != 15
    return nibble, at
