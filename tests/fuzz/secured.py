"""Datagrams towards a secured port: DTLS that is spoilt, and CoAP within DTLS that is not."""

import random
from collections import deque

from ..lwm2m_server.transport.dtls.client import Client
from .datagrams import Fuzzer
from .spoiling import spoilt

_REMEMBERED = 32


class SecuredFuzzer:
    """A device with a key that handshakes, talks, forgets, replays, and sends what is broken."""

    def __init__(self, seed: int, identity: str, key: bytes) -> None:
        self._random = random.Random(seed)
        self._inner = Fuzzer(seed)
        self._who = {"identity": identity, "key": key}
        self._sent: deque[bytes] = deque(maxlen=_REMEMBERED)
        self._begin()

    def heard(self, data: bytes) -> None:
        """Take what came: a flight of the handshake, or records."""
        if self._client.done:
            for plaintext in self._client.read(data):
                self._inner.heard(plaintext)
        else:
            self._flight += self._client.step(data)

    def next(self) -> bytes:
        """Return the next datagram."""
        pick = self._random.random()
        if pick < 0.005:
            self._begin()
        if pick < 0.10 and self._sent:
            return self._random.choice(self._sent)  # a replay
        if pick < 0.15:
            return self._random.randbytes(self._random.randrange(0, 100))
        data = self._flight.popleft() if self._flight else self._record()
        self._sent.append(data)
        return spoilt(self._random, data) if self._random.random() < 0.2 else data

    def _record(self) -> bytes:
        if not self._client.done:
            return self._random.choice(self._sent) if self._sent else b"\x16\xfe\xfd"
        if self._random.random() < 0.01:
            farewell = self._client.close()
            self._begin()
            return farewell
        plaintext = self._inner.next()
        return self._client.seal(plaintext) if plaintext else b"\x17\xfe\xfd"

    def _begin(self) -> None:
        wrong = self._random.random()
        key = bytes(16) if wrong < 0.1 else self._who["key"]
        identity = "nobody" if wrong > 0.9 else self._who["identity"]
        self._client = Client(identity=identity, key=key)
        self._flight = deque(self._client.step())
