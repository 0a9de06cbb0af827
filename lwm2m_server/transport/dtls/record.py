"""DTLS 1.2 records as they lie in datagrams (RFC 6347 §4.1, §4.3.1)."""

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Final, NamedTuple

VERSION: Final = 0xFEFD
"""DTLS 1.2."""

HEADER: Final = struct.Struct(">BHQH")
"""Content type, version, epoch and sequence number in one, length: 13 bytes."""

EPOCH_SHIFT: Final = 48

PATH_MTU: Final = 1232
"""Bytes of a datagram that every IPv6 path carries: 1280 less the headers of IPv6 and UDP."""


class ContentType(IntEnum):
    """RFC 5246 §6.2.1."""

    CHANGE_CIPHER_SPEC = 20
    ALERT = 21
    HANDSHAKE = 22
    APPLICATION_DATA = 23


class HandshakeType(IntEnum):
    """RFC 6347 §4.3.2; only what is told apart here."""

    CLIENT_HELLO = 1
    HELLO_VERIFY_REQUEST = 3
    FINISHED = 20


class AlertLevel(IntEnum):
    """RFC 5246 §7.2."""

    WARNING = 1
    FATAL = 2


class AlertDescription(IntEnum):
    """RFC 5246 §7.2; only what is told apart here."""

    CLOSE_NOTIFY = 0
    NO_RENEGOTIATION = 100


class Record(NamedTuple):
    """One record: its header, and where its fragment lies in the datagram."""

    type: int
    epoch: int
    sequence: int
    start: int
    end: int


def records(datagram: bytes) -> Iterator[Record]:
    """Yield what lies whole in a datagram; stops at the first record that does not."""
    offset, size = 0, len(datagram)
    while offset + HEADER.size <= size:
        kind, _, number, length = HEADER.unpack_from(datagram, offset)
        start = offset + HEADER.size
        offset = start + length
        if offset > size:
            return
        yield Record(kind, number >> EPOCH_SHIFT, number & (1 << EPOCH_SHIFT) - 1, start, offset)


def datagrams(stream: bytes, mtu: int = PATH_MTU) -> list[bytes]:
    """Cut a run of whole records into datagrams of at most `mtu` bytes, as few as may be."""
    cut: list[bytes] = []
    begin = end = 0
    for record in records(stream):
        if record.end - begin > mtu and end > begin:
            cut.append(stream[begin:end])
            begin = end
        end = record.end
    if end > begin:
        cut.append(stream[begin:end])
    return cut
