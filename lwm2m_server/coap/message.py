"""CoAP messages as values, and their bytes (§3)."""

from dataclasses import dataclass, field
from struct import Struct
from typing import Final

from .errors import Malformed
from .layout import Layouts
from .numbers import ACK, CON, NON, VERSION
from .options import NONE, Options, encode_options

__all__ = ["LONGEST_TOKEN", "Message", "Options", "decode", "empty", "encode", "pack", "read"]

LONGEST_TOKEN: Final = 8
_HEADER: Final = 4
_HEAD: Final = Struct("!BBH")  # of which the token's length is in the first byte (§3)
_MARKER: Final = b"\xff"
_read_options: Final = Layouts().read  # a memo: what it returns depends on the bytes alone
_HIGHEST_TYPE: Final = tuple(
    int({0: NON, 2: ACK, 4: ACK, 5: ACK}.get(code >> 5, -1)) for code in range(256)
)
"""By code: a request is CON or NON, a response may be in an ACK, other classes are reserved."""


def _none() -> Options:
    return NONE


@dataclass(slots=True)
class Message:
    """One message: what is said, and the header that `Endpoint` fills in for what it sends.

    A plain value: whoever has been given one does not change it.
    """

    code: int
    options: Options = field(default_factory=_none)
    payload: bytes | memoryview = b""
    type: int = CON
    id: int = 0
    token: bytes = b""


def decode(datagram: bytes) -> Message:
    """Read a datagram (§3). Raises `Malformed`, and nothing else, on arbitrary bytes.

    Strict: version, token length, a payload marker without payload, option lengths
    outside their table (§5.10; elective ones of a wrong length are ignored, §5.4.3),
    repeated options that may not be (of elective ones the first counts, §5.4.5), critical
    ones that are unknown, text that is no UTF-8, classes and types that cannot go together.
    """
    size = len(datagram)
    if size < _HEADER:
        raise Malformed(f"{size} bytes are less than a header (§3)")
    first, code, number = _HEAD.unpack_from(datagram)
    if first >> 6 != VERSION:
        raise Malformed(f"version {first >> 6} (§3)")
    start = _HEADER + (first & 15)
    kind = first >> 4 & 3
    if code == 0:
        if size != _HEADER or first & 15:
            raise Malformed("an Empty message that is not empty (§4.1)")
        return Message(code, NONE, b"", kind, number)
    if start > _HEADER + LONGEST_TOKEN or start > size:
        raise Malformed(f"a token length of {first & 15} (§3)")
    if kind > _HIGHEST_TYPE[code]:
        raise Malformed(f"type {kind} with code {code >> 5}.{code & 31:02} (§4.2, §4.3)")
    options, body = _read_options(datagram, start)
    return Message(
        code,
        options,
        datagram[body:],
        kind,
        number,
        datagram[_HEADER:start],
    )


def read(datagram: bytes) -> Message | Malformed:
    """Return what `decode` does, or what is wrong with a datagram."""
    try:
        return decode(datagram)
    except Malformed as fault:
        return fault


def encode(message: Message) -> bytes:
    """Write a message (§3.1). Raises `ValueError` for what no message can hold."""
    return pack(
        message.type,
        message.code,
        message.id,
        message.token,
        options=message.options,
        payload=message.payload,
    )


def pack(
    kind: int,
    code: int,
    number: int,
    token: bytes,
    *,
    options: Options = NONE,
    payload: bytes | memoryview = b"",
) -> bytes:
    """Write a message of these parts, as `encode` does."""
    length = len(token)
    if length > LONGEST_TOKEN or not (0 <= code <= 0xFF and 0 <= number <= 0xFFFF):
        raise ValueError(f"code {code}, id {number} or a token of {length} bytes (§3)")
    out = _HEAD.pack(VERSION << 6 | kind << 4 | length, code, number) + token
    if options is not NONE:
        out += encode_options(options)
    if payload:
        out = b"".join((out, _MARKER, payload))
    if not code and len(out) > _HEADER:
        raise ValueError("an Empty message is a header and nothing else (§4.1)")
    return out


def empty(kind: int, number: int) -> bytes:
    """Write an empty ACK or RST (§4.2)."""
    return bytes((VERSION << 6 | kind << 4, 0, number >> 8, number & 0xFF))
