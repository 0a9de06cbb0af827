"""The running server under fuzz: on the loopback interface, in a process of its own."""

import random
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ..benchmarks.pinned import Process, cores
from ..lwm2m_server.coap.datagrams import CON, RST, datagram
from .datagrams import Fuzzer
from .secured import SecuredFuzzer

# So many peers at each port.
PLAIN, SECURED, BOOTSTRAP, BOOTSTRAP_SECURED = 64, 16, 16, 8
_BATCH = 64
_PATIENCE = 5.0
_PING_AGAIN = 0.5
# Blocks: the event log and the outcomes of queued requests keep some thousands each.
_KEPT = 200_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is left of a fuzz: the server's log, the blocks of memory it holds, what was asked.

    Blocks are the interpreter's own count; what is resident says more of its allocator, which
    seldom gives arenas back, than of what is held. `resident` is in bytes, at the highest.
    """

    log: str
    before: int
    highest: int
    after: int
    resident: int
    operators: dict[str, int]

    @property
    def returned(self) -> bool:
        """Whether what was held has been let go, but for logs and caches, which are bounded."""
        return self.after - self.before <= max((self.highest - self.before) // 4, _KEPT)


T = TypeVar("T")
R = TypeVar("R")


class Silent(Exception):
    """The server no longer answers."""


class Peers:
    """Sockets that send what their fuzzers make, and tell them what comes back."""

    def __init__(self, server: Process, seed: int) -> None:
        self._server = server
        self._random = random.Random(seed)
        self._fuzzers: list[Fuzzer | SecuredFuzzer] = []
        self._sockets: list[socket.socket] = []
        ports = server.told()
        for port, peers in ((ports["plain"], PLAIN), (ports["bootstrap"], BOOTSTRAP)):
            self._fuzzers += [Fuzzer(seed + one) for one in range(peers)]
            self._sockets += [_connected(port) for _ in range(peers)]
        self._secured(seed, ports["secured"], SECURED, "credential")
        self._secured(seed, ports["bootstrap_secured"], BOOTSTRAP_SECURED, "bootstrap_credential")
        self._probes = [_connected(ports[name]) for name in ("plain", "bootstrap")]
        self._pings = 0

    def _secured(self, seed: int, port: int, peers: int, kind: str) -> None:
        """Add peers that speak DTLS, each with a credential of its own."""
        for number in range(peers):
            identity, key = f"fuzz{number}", self._random.randbytes(16)
            self._server.ask(do=kind, endpoint=identity, key=key.hex())
            self._fuzzers.append(SecuredFuzzer(seed + number, identity, key))
            self._sockets.append(_connected(port))

    def close(self) -> None:
        """Close the sockets."""
        for one in (*self._sockets, *self._probes):
            one.close()

    def send(self, datagrams: int) -> None:
        """Send so many, no faster than the server takes them; raises `Silent`."""
        for start in range(0, datagrams, _BATCH):
            for _ in range(min(_BATCH, datagrams - start)):
                number = self._random.randrange(len(self._sockets))
                _try(self._sockets[number].send, self._fuzzers[number].next())
            self.ping()
            for one, fuzzer in zip(self._sockets, self._fuzzers, strict=True):
                while data := _try(one.recv, 4096):
                    fuzzer.heard(data)

    def ping(self) -> None:
        """Return once both ports have answered a ping (RFC 7252 §4.3), thus all before it."""
        self._pings = (self._pings + 1) & 0xFFFF
        ping = datagram(CON, 0, self._pings)
        for probe in self._probes:
            self._answered(probe, ping)

    def _answered(self, probe: socket.socket, ping: bytes) -> None:
        pong = bytes([0x40 | RST << 4]) + ping[1:]
        until = time.monotonic() + _PATIENCE
        probe.settimeout(_PING_AGAIN)
        while time.monotonic() < until:
            _try(probe.send, ping)
            while data := _try(probe.recv, 4096):
                if data == pong:
                    return
        raise Silent(f"no answer to a ping within {_PATIENCE} s")


def fuzz(seed: int, datagrams: int, settle: float) -> Outcome:
    """Fuzz the server; look at its memory again `settle` seconds after. Raises `Silent`."""
    with (
        tempfile.TemporaryFile("w+") as log,
        tempfile.TemporaryDirectory() as data,
        Process([sys.executable, "-m", "tests.fuzz.target", data], cores()[0], log) as server,
    ):
        peers = Peers(server, seed)
        try:
            server.ask(do="operate", seed=seed)
            # What is made once is not what is left behind.
            peers.send(min(datagrams // 10, 20_000))
            before = _blocks(server)
            peers.send(datagrams)
            highest, resident = _blocks(server), server.resident
            operators = server.ask(do="rest")
            time.sleep(settle)
            peers.ping()
            after = _blocks(server)
        finally:
            peers.close()
        log.seek(0)
        return Outcome(log.read(), before, highest, after, resident, operators)


def _blocks(server: Process) -> int:
    return int(server.ask(do="blocks")["blocks"])


def _connected(port: int) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.connect(("127.0.0.1", port))
    one.setblocking(False)
    return one


def _try(act: Callable[[T], R], what: T) -> R | None:
    """Return what a socket does, None where it has nothing, or no room."""
    try:
        return act(what)
    except OSError:
        return None
