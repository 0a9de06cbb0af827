"""How one record is protected with an AEAD cipher, without and with a Connection ID.

RFC 5246 §6.2.3.3 with RFC 6347 §4.1, and RFC 9146 §5. The explicit part of the nonce is epoch
and sequence number, as RFC 5288 §3 and RFC 6655 §3 propose; a peer may choose another. So does
OpenSSL with GCM: the one record of ours that it has sealed has a nonce at random, of 2^64.
"""

import struct
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag

from .record import CONTENT_TYPE_CID, HEADER, VERSION, Record
from .schedule import Keys

_EXPLICIT: Final = 8
_LARGEST: Final = 1 << 14
_HEAD: Final = struct.Struct(">BHH")  # of the additional data: type, version, length
_HEADER_LEFT: Final = struct.Struct(">BHQ")  # of a record, what comes before a CID
_PLACEHOLDER: Final = b"\xff" * 8


class Protection(Protocol):
    """Protects records of one direction. Numbers hold the epoch in their upper 16 bits."""

    def open(self, datagram: bytes, record: Record) -> tuple[int, bytes] | None:
        """Return a record's content type and content; None where it is not genuine."""
        ...

    def seal(self, kind: int, number: int, content: bytes) -> bytes:
        """Return the record that carries `content`."""
        ...


class Plain:
    """Records as RFC 6347 has them; a tag has `tag` bytes."""

    __slots__ = ("_aead", "_salt", "_tag")

    def __init__(self, keys: Keys, tag: int) -> None:
        self._aead = keys.aead
        self._salt = keys.salt
        self._tag = tag

    def open(self, datagram: bytes, record: Record) -> tuple[int, bytes] | None:
        """Return a record's content type and content; None where it is not genuine."""
        kind, _, _, start, end = record
        size = end - start - _EXPLICIT - self._tag
        if not 0 <= size <= _LARGEST:
            return None
        # Additional data: epoch and number, type and version, length of the content.
        header = datagram[start - 10 : start - 2] + datagram[start - 13 : start - 10]
        begin = start + _EXPLICIT
        try:
            return kind, self._aead.decrypt(
                self._salt + datagram[start:begin],
                datagram[begin:end],
                header + size.to_bytes(2, "big"),
            )
        except InvalidTag:
            return None

    def seal(self, kind: int, number: int, content: bytes) -> bytes:
        """Return the record that carries `content`."""
        explicit = number.to_bytes(8, "big")
        size = len(content)
        sealed = self._aead.encrypt(
            self._salt + explicit, content, explicit + _HEAD.pack(kind, VERSION, size)
        )
        return HEADER.pack(kind, VERSION, number, _EXPLICIT + size + self._tag) + explicit + sealed


class WithCid:
    """Records with a Connection ID, which hide their content type (RFC 9146 §4)."""

    __slots__ = ("_aead", "_cid", "_head", "_salt", "_tag")

    def __init__(self, keys: Keys, tag: int, cid: bytes) -> None:
        self._aead = keys.aead
        self._salt = keys.salt
        self._tag = tag
        self._cid = cid
        # §5.3: what begins the additional data of each record.
        self._head = _PLACEHOLDER + bytes((CONTENT_TYPE_CID, len(cid)))

    def open(self, datagram: bytes, record: Record) -> tuple[int, bytes] | None:
        """Return a record's content type and content; None where it is not genuine."""
        kind, _, _, start, end = record
        size = end - start - _EXPLICIT - self._tag
        header = datagram[start - 13 - len(self._cid) : start - 2]
        if kind != CONTENT_TYPE_CID or not 0 < size <= _LARGEST or not header.endswith(self._cid):
            return None
        begin = start + _EXPLICIT
        try:
            inner = self._aead.decrypt(
                self._salt + datagram[start:begin],
                datagram[begin:end],
                self._head + header + size.to_bytes(2, "big"),
            )
        except InvalidTag:
            return None
        # §4: content, its type, zeros; a record of zeros alone has no type.
        content = inner.rstrip(b"\0")
        return (content[-1], content[:-1]) if content else (0, b"")

    def seal(self, kind: int, number: int, content: bytes) -> bytes:
        """Return the record that carries `content`."""
        explicit = number.to_bytes(8, "big")
        header = _HEADER_LEFT.pack(CONTENT_TYPE_CID, VERSION, number) + self._cid
        inner = content + bytes((kind,))
        sealed = self._aead.encrypt(
            self._salt + explicit, inner, self._head + header + len(inner).to_bytes(2, "big")
        )
        length = _EXPLICIT + len(sealed)
        return header + length.to_bytes(2, "big") + explicit + sealed


def protection(keys: Keys, tag: int, cid: bytes) -> Protection:
    """Return how the records of a direction whose receiver asked for `cid` are protected."""
    return WithCid(keys, tag, cid) if cid else Plain(keys, tag)
