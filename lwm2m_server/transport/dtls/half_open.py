"""Handshakes under way: bounded in number, in age and in how many begin (see `coap.limits`)."""

import heapq
from collections.abc import Iterator
from itertools import count

from ...coap.limits import Limits
from ...protocol.identity import Identity
from .port import Disproved, Handshake
from .session import Key, address_of


class HalfOpen:
    """One handshake under way: of which peer, by which ClientHello, since when."""

    __slots__ = ("barred", "handshake", "key", "queued", "random", "since")

    def __init__(self, key: Key, random: bytes, handshake: Handshake, now: float) -> None:
        self.key = key
        self.random = random
        self.handshake = handshake
        self.since = now
        self.barred: tuple[Identity, ...] = ()  # whose keys changed meanwhile
        self.queued: float | None = None  # when it is due, as far as the queue knows


class Handshakes:
    """All handshakes under way, one for each peer address, and the one timer for them.

    `disproved` is told of each that is over and has left an identity unproven.
    """

    def __init__(self, limits: Limits, disproved: Disproved) -> None:
        self._limits = limits
        self._disproved = disproved
        self._under_way: dict[Key, HalfOpen] = {}  # the oldest is first
        self._queue: list[tuple[float, int, HalfOpen]] = []
        self._number = count()
        self._allowance = float(limits.handshakes)
        self._refilled = 0.0

    def __len__(self) -> int:
        return len(self._under_way)

    def get(self, key: Key) -> HalfOpen | None:
        """Return the handshake under way with a peer."""
        return self._under_way.get(key)

    def may_begin(self, now: float) -> bool:
        """Count one that is to begin; False where too many began within a second."""
        rate = float(self._limits.handshakes)
        self._allowance = min(rate, self._allowance + (now - self._refilled) * rate)
        self._refilled = now
        if self._allowance < 1.0:
            return False
        self._allowance -= 1.0
        return True

    def add(self, half: HalfOpen) -> None:
        """Keep a handshake; it takes the place of another with that peer, or of the oldest."""
        self.drop(half.key)
        if len(self._under_way) >= self._limits.half_open:
            self.drop(next(iter(self._under_way)))
        self._under_way[half.key] = half

    def drop(self, key: Key) -> None:
        """Forget the handshake with a peer, where there is one."""
        if (half := self._under_way.pop(key, None)) is not None:
            half.handshake.abandon()
            if (who := half.handshake.unproven) is not None:
                self._disproved(who, address_of(half.key))

    def bar(self, identity: Identity) -> None:
        """Let none that is under way end in a session of an identity: its key may be a former."""
        for half in self._under_way.values():
            half.barred += (identity,)

    def clear(self) -> None:
        """Forget all."""
        for key in list(self._under_way):
            self.drop(key)
        self._queue.clear()

    def wind(self, half: HalfOpen) -> None:
        """Note when a handshake is due, after anything was done to it."""
        due = half.handshake.due()
        if due is not None and (half.queued is None or due < half.queued):
            half.queued = due
            heapq.heappush(self._queue, (due, next(self._number), half))

    def next_due(self) -> float | None:
        """Return when `due` has something to yield or to drop."""
        if not self._under_way:
            self._queue.clear()
            return None
        oldest = next(iter(self._under_way.values())).since + self._limits.handshake_time
        return min(oldest, self._queue[0][0]) if self._queue else oldest

    def due(self, now: float) -> Iterator[HalfOpen]:
        """Drop what is too old, and yield what is to be ticked now."""
        while self._under_way:
            oldest = next(iter(self._under_way.values()))
            if oldest.since + self._limits.handshake_time > now:
                break
            self.drop(oldest.key)
        while self._queue and self._queue[0][0] <= now:
            queued, _, half = heapq.heappop(self._queue)
            if half.queued != queued or self._under_way.get(half.key) is not half:
                continue
            half.queued = None
            due = half.handshake.due()
            if due is not None and due <= now:
                yield half
            else:
                self.wind(half)
