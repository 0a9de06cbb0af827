"""What the server and the process that terminates DTLS say to each other.

They share a stream socket that the process inherits as its standard input, so that nobody
else can connect to it, and whose end tells each that the other is gone. Beside it
the process inherits the bound UDP socket; its one argument is that descriptor's number.

A frame is, in network byte order, the length of its body (u32), its kind (u8), the
session it is about (u64, 0 for none; never used twice) and its body.

To the process:

CONFIGURE     first, once; JSON: the limits in `LIMITS_TOLD` under their names, `certificate`
              (a chain) and `key` as PEM, empty for none
SEND          plaintext, to be sent as one record
CLOSE         nothing; the peer gets a close_notify
KEY           answers ASK_KEY: the pre-shared key, empty where there is none
JUDGED        answers ASK_IDENTITY: the identity's name in UTF-8, empty to refuse
COUNT         nothing; asks for COUNTED

From the process:

READY         nothing: CONFIGURE is understood, and the port is served
OPENED        a path, how the peer proved itself (u8: 1 PSK, 2 X.509), and its name
RECEIVED      plaintext of one record, genuine and new
MOVED         a path: where the session is from now on (RFC 9146 §6), before what came from there
CLOSED        why, in UTF-8; the last of a session that was opened
ASK_KEY       a PSK identity, as the peer sent it
ASK_IDENTITY  the peer's end-entity certificate, DER
DISPROVED     a path: whose PSK identity was asked for in this session, and not proven with the key;
              the session is never opened
COUNTED       JSON: how many `sessions` there are, `half_open` handshakes, and bytes of `heap`

A path is the peer's address (16 bytes, IPv4 mapped), its port (u16), the interface of a
link-local one (u32) and our own address (16 bytes, zeros where unknown).

Each side keeps at most 4 MiB for one that does not read. Beyond that plaintext is lost, as
on any network, and handshakes end; what tells of a session's end never is lost.
"""

import ipaddress
import struct
from enum import IntEnum
from typing import Final, NamedTuple

from ..address import authority

_HEADER: Final = struct.Struct(">IBQ")
_PATH: Final = struct.Struct(">16sHI16s")
_LONGEST: Final = 1 << 20


class Kind(IntEnum):
    """What a frame says; those from the process are 64 and up."""

    CONFIGURE = 1
    SEND = 2
    CLOSE = 3
    KEY = 4
    JUDGED = 5
    COUNT = 6
    READY = 64
    OPENED = 65
    RECEIVED = 66
    MOVED = 67
    CLOSED = 68
    ASK_KEY = 69
    ASK_IDENTITY = 70
    COUNTED = 71
    DISPROVED = 72


LIMITS_TOLD: Final = ("sessions", "session_idle", "handshakes", "half_open", "handshake_time")
"""Which of `coap.limits` the process keeps to."""

_KINDS: Final = {int(kind): kind for kind in Kind}


class Frame(NamedTuple):
    """One frame."""

    kind: Kind
    session: int
    body: bytes


def encode(kind: Kind, session: int = 0, body: bytes = b"") -> bytes:
    """Write a frame."""
    return _HEADER.pack(len(body), kind, session) + body


class Frames:
    """Frames out of a stream that comes in pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[Frame]:
        """Return the frames that are whole now. Raises `ValueError` for what is no frame."""
        frames = []
        data = self._rest + piece if self._rest else piece
        size, at, end = _HEADER.size, 0, len(data)
        while end - at >= size:
            length, kind, session = _HEADER.unpack_from(data, at)
            if length > _LONGEST or kind not in _KINDS:
                raise ValueError(f"no frame: kind {kind}, {length} bytes")
            if end - at - size < length:
                break
            begin = at + size
            at = begin + length
            frames.append(Frame(_KINDS[kind], session, data[begin:at]))
        self._rest = data[at:]
        return frames


def path_text(body: bytes) -> tuple[str, bytes]:
    """Return the path that `body` begins with as `Registration.address`, and what follows."""
    peer, port, scope, own = _PATH.unpack_from(body)
    zone = f"%{scope}" if scope else ""
    local = f"?local={_plain(own)}" if any(own) else ""
    return f"coaps://{authority(_plain(peer) + zone, port)}{local}", body[_PATH.size :]


def _plain(packed: bytes) -> str:
    address = ipaddress.IPv6Address(packed)
    return str(address.ipv4_mapped or address)
