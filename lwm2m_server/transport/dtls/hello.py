"""ClientHello and HelloVerifyRequest: a cookie before any state (RFC 6347 §4.2.1).

A peer has to show that it receives at the address it claims before anything is kept
for it. Nothing here allocates by what a stranger sends.
"""

import hmac
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from .record import EPOCH_SHIFT, HEADER, VERSION, ContentType, HandshakeType

_MESSAGE: Final = struct.Struct(">B3sH3s3s")  # type, length, message_seq, fragment offset, length
_DTLS_1_0: Final = 0xFEFF  # what a HelloVerifyRequest says, whatever is negotiated (§4.2.1)
_PERIOD: Final = 150.0  # seconds; a cookie is good for one period at least, for two at most
_SIZE: Final = 16


@dataclass(frozen=True, slots=True)
class ClientHello:
    """The first message of a handshake, as far as its cookie goes.

    `parameters` is what a client repeats unchanged in its second ClientHello (version,
    random, session id, cipher suites and compression methods); `sequence` is the number
    of its record, which the answer has to bear.
    """

    sequence: int
    random: bytes
    cookie: bytes
    suites: bytes
    parameters: bytes

    @classmethod
    def parse(cls, datagram: bytes) -> Self | None:
        """Read the datagram that begins a handshake; None for whatever is none.

        Strict: epoch 0, whole in its first record, DTLS 1.2 or later, each vector within
        its bounds and nothing after the last. A ClientHello in fragments is
        none: it could not be checked without keeping it.
        """
        body = _whole_message(datagram)
        if body is None or len(body) < 35 or body[0] != 0xFE or body[1] > VERSION & 0xFF:
            return None
        try:
            return cls._of(HEADER.unpack_from(datagram)[2], body)
        except IndexError:
            return None

    @classmethod
    def _of(cls, sequence: int, body: bytes) -> Self | None:
        session = 34 + 1 + body[34]
        cookie = session + 1 + body[session]
        suites = cookie + 2 + (body[cookie] << 8 | body[cookie + 1])
        compression = suites + 1 + body[suites]
        if body[34] > 32 or body[suites] == 0 or (suites - cookie) % 2 or suites - cookie < 4:
            return None
        rest = len(body) - compression
        if rest < 0 or (rest and rest - 2 != body[compression] << 8 | body[compression + 1]):
            return None
        return cls(
            sequence,
            body[2:34],
            body[session + 1 : cookie],
            body[cookie + 2 : suites],
            body[:session] + body[cookie:compression],
        )


def _whole_message(datagram: bytes) -> bytes | None:
    """Return the body of a ClientHello that is whole in the first record, else None."""
    if len(datagram) < HEADER.size + _MESSAGE.size:
        return None
    kind, version, number, length = HEADER.unpack_from(datagram)
    end = HEADER.size + length
    if (
        kind != ContentType.HANDSHAKE
        or version >> 8 != 0xFE
        or number >> EPOCH_SHIFT
        or end > len(datagram)
    ):
        return None
    message, size, _, offset, fragment = _MESSAGE.unpack_from(datagram, HEADER.size)
    start = HEADER.size + _MESSAGE.size
    if (
        message != HandshakeType.CLIENT_HELLO
        or size != fragment
        or offset != b"\0\0\0"
        or start + int.from_bytes(size, "big") != end
    ):
        return None
    return datagram[start:end]


def is_client_hello(datagram: bytes) -> bool:
    """Whether a datagram claims to begin with a ClientHello."""
    return (
        len(datagram) > HEADER.size
        and datagram[0] == ContentType.HANDSHAKE
        and datagram[3:5] == b"\0\0"
        and datagram[HEADER.size] == HandshakeType.CLIENT_HELLO
    )


class Cookies:
    """Makes and checks cookies with a secret that changes, and keeps nothing else.

    `entropy` returns so many bytes that nobody can foresee.
    """

    def __init__(self, entropy: Callable[[int], bytes]) -> None:
        self._entropy = entropy
        self._secret = self._former = entropy(32)
        self._until = 0.0

    def right(self, hello: ClientHello, claim: bytes, now: float) -> bool:
        """Whether a ClientHello has the cookie that was sent to the address `claim`."""
        self._turn(now)
        subject = claim + hello.parameters
        return hmac.compare_digest(hello.cookie, _cookie(self._secret, subject)) or (
            self._former is not self._secret
            and hmac.compare_digest(hello.cookie, _cookie(self._former, subject))
        )

    def request(self, hello: ClientHello, claim: bytes, now: float) -> bytes:
        """Return the HelloVerifyRequest that answers a ClientHello from the address `claim`.

        It is shorter than any ClientHello that `parse` lets through.
        """
        self._turn(now)
        cookie = _cookie(self._secret, claim + hello.parameters)
        size = (3 + len(cookie)).to_bytes(3, "big")
        message = _MESSAGE.pack(HandshakeType.HELLO_VERIFY_REQUEST, size, 0, b"\0\0\0", size)
        fragment = message + struct.pack(">HB", _DTLS_1_0, len(cookie)) + cookie
        return (
            HEADER.pack(ContentType.HANDSHAKE, _DTLS_1_0, hello.sequence, len(fragment)) + fragment
        )

    def _turn(self, now: float) -> None:
        """Take another secret each period."""
        if now < self._until:
            return
        # After a silence of two periods the former secret is too old as well.
        stale = now >= self._until + _PERIOD
        fresh = self._entropy(32)
        self._former = fresh if stale else self._secret
        self._secret = fresh
        self._until = now + _PERIOD


def _cookie(secret: bytes, subject: bytes) -> bytes:
    return hmac.digest(secret, subject, "sha256")[:_SIZE]
