"""What a stranger may make an engine keep while a handshake is under way.

An engine puts messages together from fragments, and makes room for what the first of them
declares: without bounds ten messages of 100 KB each, for whoever owns an address.
"""

import struct
from typing import Final

from .record import ContentType, HandshakeType, Record

_MESSAGE: Final = struct.Struct(">B3sH3s3s")  # type, length, message_seq, fragment offset, length
_LARGEST: Final = 1024
_LARGEST_OF: Final = {HandshakeType.CERTIFICATE: 8 * 1024}
"""Bytes of a message. The chain of a device is a few certificates on P-256, under 1 KB each."""

_LAST: Final = 8
"""The message_seq of a Finished is 5 at most: two ClientHellos and the flight of RFC 5246 §7.3."""


def within_bounds(datagram: bytes, record: Record) -> bool:
    """Whether no handshake message in a plaintext record declares more than a handshake takes."""
    if record.type != ContentType.HANDSHAKE:
        return True
    offset, end = record.start, record.end
    while offset + _MESSAGE.size <= end:
        kind, size, sequence, _, fragment = _MESSAGE.unpack_from(datagram, offset)
        if int.from_bytes(size, "big") > _LARGEST_OF.get(kind, _LARGEST) or sequence > _LAST:
            return False
        offset += _MESSAGE.size + int.from_bytes(fragment, "big")
    return True
