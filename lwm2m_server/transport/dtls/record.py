"""DTLS 1.2 records as they lie in datagrams (RFC 6347 §4.1, §4.3.1; RFC 9146 §4)."""

import struct
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Final, NamedTuple

VERSION: Final = 0xFEFD
"""DTLS 1.2."""

HEADER: Final = struct.Struct(">BHQH")
"""Content type, version, epoch and sequence number in one, length: 13 bytes."""

EPOCH_SHIFT: Final = 48

CONTENT_TYPE_CID: Final = 25
"""tls12_cid (RFC 9146 §4): a record with a Connection ID before its length."""

CID_START: Final = 11
"""Where in such a record the Connection ID begins."""

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
    CERTIFICATE = 11
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


def records(datagram: bytes, cid: int = 0) -> Iterator[Record]:
    """Yield what lies whole in a datagram; stops at the first record that does not.

    A record of type tls12_cid has a Connection ID of `cid` bytes.
    """
    offset, size = 0, len(datagram)
    while offset + HEADER.size <= size:
        kind, _, number, length = HEADER.unpack_from(datagram, offset)
        start = offset + HEADER.size
        if kind == CONTENT_TYPE_CID and cid:
            start += cid
            length = int.from_bytes(datagram[start - 2 : start], "big")
        offset = start + length
        if offset > size:
            return
        yield Record(kind, number >> EPOCH_SHIFT, number & (1 << EPOCH_SHIFT) - 1, start, offset)


def datagrams(pieces: Iterable[bytes], mtu: int = PATH_MTU) -> list[bytes]:
    """Join whole records to datagrams of at most `mtu` bytes, as few as may be."""
    joined: list[bytes] = []
    for piece in pieces:
        if joined and len(joined[-1]) + len(piece) <= mtu:
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined
