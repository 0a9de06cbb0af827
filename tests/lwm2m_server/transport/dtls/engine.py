"""Stands in for the process that terminates DTLS: speaks its frames, and no DTLS.

It opens session 1 at once, having asked for its key, and session 3 when that is closed. It
says back what it is sent, but for the words in `_act`.
"""

import json
import socket
import sys
from ipaddress import IPv6Address

from lwm2m_server.transport.dtls.frames import Frames, Kind, encode

IDENTITY = "dev"
PSK = 1


def path(port: int) -> bytes:
    peer = IPv6Address("::ffff:192.0.2.7").packed
    own = IPv6Address("::ffff:192.0.2.1").packed
    return peer + port.to_bytes(2, "big") + bytes(4) + own


def _opened(session: int, port: int = 1000) -> bytes:
    return encode(Kind.OPENED, session, path(port) + bytes((PSK,)) + IDENTITY.encode())


def _asked_and_opened(session: int) -> bytes:
    return encode(Kind.ASK_KEY, session, IDENTITY.encode()) + _opened(session)


def _act(body: bytes) -> bytes:
    """Return the frames that answer one SEND."""
    word, _, rest = body.partition(b" ")
    said = encode(Kind.RECEIVED, 1, body)
    match word:
        case b"die":
            sys.exit(3)
        case b"move":
            return encode(Kind.MOVED, 1, path(int(rest))) + said
        case b"replace":
            return _asked_and_opened(2) + said
        case b"ask":
            return said + encode(Kind.ASK_KEY, 3, IDENTITY.encode())
        case b"end":
            return encode(Kind.CLOSED, 1, rest)
        case b"disproved":
            return said + encode(Kind.DISPROVED, 7, path(int(rest)))
        case b"key?":
            return said + encode(Kind.ASK_KEY, 7, rest)
        case b"who?":
            return said + encode(Kind.ASK_IDENTITY, 7, rest)
        case b"nonsense":
            return bytes(3) + b"\x01\xff" + bytes(9)
    return said


def main() -> None:
    stream = socket.socket(fileno=0)
    frames = Frames()
    while piece := stream.recv(65536):
        for frame in frames.feed(piece):
            match frame.kind:
                case Kind.CONFIGURE:
                    told = json.dumps(json.loads(frame.body)).encode()
                    stream.sendall(encode(Kind.READY) + _asked_and_opened(1))
                    stream.sendall(encode(Kind.RECEIVED, 1, told))
                case Kind.SEND:
                    stream.sendall(_act(frame.body))
                case Kind.COUNT:
                    counts = json.dumps({"sessions": 1, "half_open": 2, "heap": 3}).encode()
                    stream.sendall(encode(Kind.COUNTED, 0, counts))
                case Kind.KEY if frame.session in (1, 2):
                    pass
                case Kind.KEY | Kind.JUDGED | Kind.CLOSE:
                    said = f"{frame.kind.name} {frame.session} ".encode() + frame.body
                    stream.sendall(encode(Kind.RECEIVED, 1, said))
                    if (frame.kind, frame.session) == (Kind.CLOSE, 1):
                        stream.sendall(_opened(3, 1001))


if __name__ == "__main__":
    main()
