"""Datagrams that nobody sends on purpose: random ones, and valid ones spoilt."""

import random
from collections import deque

from ..lwm2m_server.coap.datagrams import (
    ACK,
    BLOCK1,
    BLOCK2,
    CON,
    CREATED,
    NON,
    OBSERVE,
    RST,
    Peer,
    block,
    datagram,
    taken_apart,
)
from . import lwm2m
from .spoiling import spoilt

_TYPES = (CON, CON, CON, NON, ACK, RST)
_CODES = (0, 1, 1, 2, 2, 2, 3, 4, 5, 6, 7, 0x41, 0x44, 0x45, 0x5F, 0x80, 0x84, 0x88, 0x8D, 0xA0)
_PATHS = ((), ("rd",), ("rd",), ("rd", "1"), ("p", "x"), ("dp",), ("bs",), ("3", "0"), ("slow",))
_QUERIES = (
    "ep=a",
    "ep=",
    "lt=60",
    "lt=-1",
    "lt=99999999999",
    "lwm2m=1.1",
    "lwm2m=9",
    "b=UQ",
    "b=",
    "ep=" + "x" * 300,
    "sms=1",
    "Q",
    "=",
    "\x00",
    "et=\ud7ff",
)
_PAYLOADS = (
    b"</1/0>,</3/0>",
    b'</>;rt="oma.lwm2m";ct=11543,</3/0>',
    b"",
    b"<",
    b"\xff" * 40,
    bytes(1024),
    b"</3/0>," * 100,
)
_NUMBERS = (
    1,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    11,
    12,
    14,
    15,
    17,
    20,
    23,
    27,
    28,
    35,
    39,
    60,
    252,
    258,
    292,
    2049,
    65001,
    65534,
)
_REMEMBERED = 64


class Fuzzer:
    """A source of datagrams towards one server, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._heard: deque[bytes] = deque(maxlen=_REMEMBERED)
        self._sent: deque[bytes] = deque(maxlen=_REMEMBERED)
        self._observed: deque[bytes] = deque(maxlen=_REMEMBERED)
        self._upload = 0
        self._location = "1"

    def heard(self, data: bytes) -> None:
        """Take note of what the server sent: answers to it find their way in."""
        self._heard.append(data)
        said = taken_apart(_NOBODY, data)
        if said.code == CREATED:
            *_, self._location = (v.decode() for n, v in said.options if n == 8)
        elif said.code < 32 and said.option(OBSERVE) == b"":
            self._observed.append(said.token)

    def forget(self) -> None:
        """Keep nothing of what was sent and heard."""
        self._heard.clear()
        self._sent.clear()
        self._observed.clear()

    def next(self) -> bytes:
        """Return the next datagram."""
        pick = self._random.random()
        if pick < 0.02:
            data = self._random.randbytes(self._random.randrange(0, 80))
        elif pick < 0.10 and self._sent:
            data = self._random.choice(self._sent)
        elif pick < 0.40 and self._heard:
            data = self._answer(self._random.choice(self._heard))
        elif pick < 0.50 and self._observed:
            data = lwm2m.notification(self._random, self._random.choice(self._observed))
        elif pick < 0.58:
            data = self._piece()
        elif pick < 0.68:
            data = self._registration()
        elif pick < 0.84:
            data = lwm2m.report_or_bootstrap(self._random)
        else:
            data = self._message()
        if self._random.random() < 0.4:
            data = spoilt(self._random, data)
        self._sent.append(data)
        return data

    def _message(self) -> bytes:
        draw = self._random
        options = [(11, segment.encode()) for segment in draw.choice(_PATHS)]
        queries = draw.sample(_QUERIES, draw.randrange(0, 5))
        options += [(15, one.encode("utf-8", "surrogatepass")) for one in queries]
        if draw.random() < 0.5:
            options.append((12, draw.choice((b"\x28", b"", b"\x2d\x16", b"\x01\x02\x03"))))
        options += [self._block(number) for number in (23, 27) if draw.random() < 0.3]
        for _ in range(draw.choice((0, 0, 1, 2, 5))):
            value = draw.randbytes(draw.choice((0, 1, 2, 4, 8, 12, 14, 270)))
            options.append((draw.choice(_NUMBERS), value))
        return datagram(
            draw.choice(_TYPES),
            draw.choice(_CODES) if draw.random() < 0.95 else draw.randrange(256),
            draw.randrange(65536) if draw.random() < 0.7 else draw.randrange(8),
            draw.randbytes(draw.choice((0, 1, 2, 4, 4, 8))),
            tuple(sorted(options, key=lambda option: option[0])),
            draw.choice(_PAYLOADS),
        )

    def _block(self, number: int) -> tuple[int, bytes]:
        draw = self._random
        which = draw.choice((0, 0, 1, 2, 3, 63, 64, (1 << 20) - 1))
        return number, block(which, more=draw.random() < 0.6, exponent=draw.randrange(8))

    def _registration(self) -> bytes:
        """Return a Register that is right, or an Update of one, or its end."""
        draw = self._random
        code, segments, queries = draw.choice(
            (
                (2, ("rd",), lwm2m.parameters(draw)),
                (2, ("rd", self._location), ("lt=60",)),
                (2, ("rd", self._location), ()),
                (4, ("rd", self._location), ()),
            )
        )
        options = [(11, one.encode()) for one in segments] + [(12, b"\x28")]
        options += [(15, one.encode()) for one in queries]
        number, token = draw.randrange(65536), draw.randbytes(4)
        return datagram(CON, code, number, token, tuple(options), draw.choice(lwm2m.LINKS))

    def _piece(self) -> bytes:
        """Return a block of a body that goes on, mostly the one that follows."""
        draw = self._random
        number, more = self._upload, draw.random() < 0.8
        self._upload = draw.choice((0, number, number + 1, number + 1, number + 1)) if more else 0
        size = 64 if more or draw.random() < 0.5 else draw.randrange(65)
        value = block(number, more=more, exponent=2)
        options = [(11, b"rd"), (BLOCK1, value)]
        if draw.random() < 0.1:
            options.append((292, draw.choice((b"a", b"b"))))
        number = draw.randrange(65536)
        return datagram(CON, 2, number, draw.randbytes(4), tuple(options), bytes(size))

    def _answer(self, heard: bytes) -> bytes:
        """Return what a peer could say to a message of the server, fitting or not."""
        draw, asked = self._random, taken_apart(_NOBODY, heard)
        token = asked.token if draw.random() < 0.9 else draw.randbytes(4)
        number = asked.id if draw.random() < 0.7 else draw.randrange(65536)
        options = []
        if draw.random() < 0.3:
            options.append((6, draw.randbytes(draw.choice((0, 1, 2, 3)))))
        kind = draw.choice((ACK, ACK, ACK, RST, CON, NON))
        if (pushed := asked.option(BLOCK1)) is not None and draw.random() < 0.8:
            code = draw.choice((0x5F, 0x5F, 0x5F, 0x44, 0x88, 0x8D, 0xA3))
            options += [(BLOCK1, pushed)] if draw.random() < 0.9 else [self._block(BLOCK1)]
            return datagram(kind, code, number, token, tuple(options))
        if draw.random() < 0.4:
            return lwm2m.answer(draw, kind, number, token, asked)
        if draw.random() < 0.3:
            options.append(self._follows(asked.option(BLOCK2)))
            return datagram(kind, 0x45, number, token, tuple(options), bytes(64))
        options += [self._block(each) for each in (BLOCK2, BLOCK1) if draw.random() < 0.2]
        code = draw.choice((0, 0x41, 0x44, 0x45, 0x45, 0x5F, 0x80, 0x84, 0x88, 0x8D, 0xA3))
        return datagram(kind, code, number, token, tuple(options), draw.choice(_PAYLOADS))

    def _follows(self, asked: bytes | None) -> tuple[int, bytes]:
        """Return the Block2 that was asked for, of 64 bytes."""
        number = int.from_bytes(asked or b"", "big") >> 4
        return BLOCK2, block(number, more=self._random.random() < 0.8, exponent=2)


_NOBODY = Peer(0)
