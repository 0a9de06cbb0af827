"""The core under fuzz: in memory, on a clock that is told, with work of its own under way."""

import gc
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from lwm2m_server.coap.endpoint import Endpoint, Incoming, Outcome
from lwm2m_server.coap.exchange import Exchange
from lwm2m_server.coap.limits import Limits
from lwm2m_server.coap.message import Message, Options
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.coap.transfer import Download, Upload

from ..lwm2m_server.coap.datagrams import Peer, taken_apart
from .datagrams import Fuzzer

PEERS = 40
_LIMITS = Limits(peers=30, assemblies=8, body=4096, remembered=2000, waiting=6)
_LARGE = bytes(5000)
_DAY = 24 * 3600.0


@dataclass
class Core:
    """An endpoint that serves, asks, observes, pushes and pulls while it is fed."""

    seed: int
    now: float = 0.0
    ended: int = 0
    begun: int = 0
    _held: list[Incoming] = field(default_factory=list)
    _standing: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self.endpoint = Endpoint(self._served, self._random.randbytes, _LIMITS)
        self.fuzzers = {Peer(5000 + number): Fuzzer(self.seed + number) for number in range(PEERS)}

    def feed(self, datagrams: int) -> None:
        """Feed so many datagrams; raises whatever the endpoint raises."""
        peers = list(self.fuzzers)
        for number in range(datagrams):
            peer = self._random.choice(peers)
            self.endpoint.receive(peer, self.fuzzers[peer].next(), self.now)
            self._drain()
            if number % 8 == 0:
                self._random.choice(_DEEDS)(self, self._random.choice(peers))
                self.pass_time(self._random.expovariate(4))

    def pass_time(self, seconds: float) -> None:
        """Let time pass, with every timer on its way."""
        until = self.now + seconds
        while (due := self.endpoint.next_due()) is not None and due <= until:
            self.now = max(self.now, due)
            self.endpoint.tick(self.now)
            self._drain()
        self.now = until

    def end(self) -> None:
        """End what would stand for ever, answer what is held, and let all lifetimes pass."""
        for cancel in self._standing:
            cancel()
        self._standing.clear()
        for incoming in self._held:
            self.endpoint.respond(incoming, Message(Code.CHANGED), self.now)
        self._held.clear()
        self._drain()
        self.pass_time(_DAY)

    # --- what goes on meanwhile ---------------------------------------------------------------

    def _served(self, incoming: Incoming) -> None:
        segment = next(iter(incoming.message.options.uri_path), "")
        if segment == "slow" and len(self._held) < 50:
            self._held.append(incoming)
            return
        body = _LARGE if segment == "p" else b"ok"
        code = Code.CONTENT if incoming.message.code == Code.GET else Code.CHANGED
        options = Options(location_path=("rd", "1")) if segment == "rd" else Options()
        self.endpoint.respond(incoming, Message(code, options, body), self.now)

    def _drain(self) -> None:
        for remote, data in self.endpoint.outbox:
            assert isinstance(remote, Peer)
            taken_apart(remote, data)
            self.fuzzers[remote].heard(data)
        self.endpoint.outbox.clear()

    def _done(self, _: Outcome) -> None:
        self.ended += 1

    def _ask(self, peer: Peer) -> None:
        self.begun += 1
        kind = self._random.choice((Type.CON, Type.NON))
        request = Message(Code.GET, Options(uri_path=("3", "0")), type=kind)
        exchange = self.endpoint.request(peer, request, self._done, self.now)
        if self._random.random() < 0.2:
            self._cancel(exchange)

    def _cancel(self, exchange: Exchange) -> None:
        before = self.ended
        self.endpoint.cancel(exchange, self.now)
        assert self.ended == before, "who cancels is not told"
        self.ended += 1

    def _observe(self, peer: Peer) -> None:
        request = Message(Code.GET, Options(uri_path=("3303", "0"), observe=0))
        exchange = self.endpoint.observe(peer, request, lambda _: None, lambda _: None, self.now)
        self._standing.append(lambda: self.endpoint.cancel(exchange, self.now))

    def _push(self, peer: Peer) -> None:
        self.begun += 1
        request = Message(Code.PUT, Options(uri_path=("5", "0", "0")))
        Upload(
            self.endpoint, peer, request, _LARGE, self._done, lambda _done, _all: None, 60.0
        ).start(self.now)

    def _pull(self, peer: Peer) -> None:
        self.begun += 1
        request = Message(Code.GET, Options(uri_path=("3", "0")))
        download = Download(self.endpoint, peer, request, self._done)

        def first(outcome: Outcome) -> None:
            if isinstance(outcome, Message):
                download.start(outcome, self.now)
            else:
                self._done(outcome)

        self.endpoint.request(peer, request, first, self.now)

    def _refused(self, peer: Peer) -> None:
        self.endpoint.unreachable(peer, "connection refused", self.now)

    def _forget(self, peer: Peer) -> None:
        self.endpoint.forget(peer, "it registered anew", self.now)

    def _answer_late(self, _: Peer) -> None:
        if self._held:
            incoming = self._held.pop(self._random.randrange(len(self._held)))
            self.endpoint.respond(incoming, Message(Code.CHANGED, Options(), b"late"), self.now)

    def _move(self, peer: Peer) -> None:
        self.endpoint.moved(peer, self._random.choice(list(self.fuzzers)))


_DEEDS: tuple[Callable[[Core, Peer], None], ...] = (
    Core._ask,
    Core._ask,
    Core._push,
    Core._pull,
    Core._observe,
    Core._refused,
    Core._forget,
    Core._answer_late,
    Core._answer_late,
    Core._move,
)


def rested(core: Core, datagrams: int) -> None:
    """Feed a core and let it come to rest.

    Raises what the core raises, and `AssertionError` where a request has not ended or
    anything is remembered.
    """
    core.feed(datagrams)
    core.end()
    held = core.endpoint.held()
    assert not any(held), f"left behind: {held}"
    assert core.ended == core.begun, f"{core.begun} requests, {core.ended} outcomes"
    for fuzzer in core.fuzzers.values():
        fuzzer.forget()


def blocks_after(seed: int, datagrams: int) -> int:
    """Return how many blocks of memory are left by so many datagrams; raises as `rested` does."""
    core = Core(seed)
    rested(core, 1)  # what is made once is not left behind
    gc.collect()
    before = sys.getallocatedblocks()
    rested(core, datagrams)
    gc.collect()
    return sys.getallocatedblocks() - before
