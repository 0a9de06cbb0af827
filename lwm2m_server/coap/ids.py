"""Message ids and tokens: what tells messages to one peer apart (§4.4, §5.3.1)."""

from collections.abc import Callable
from typing import Final

Entropy = Callable[[int], bytes]
"""Returns so many random bytes that nobody can foresee."""

IDS: Final = 1 << 16
BURST: Final = IDS // 2
_POOL: Final = 4096


class Clock:
    """Message ids by a clock, so that nothing has to be remembered to keep them apart.

    A peer's ids count upwards from a random start, and are never behind a clock that ticks
    32768 times in EXCHANGE_LIFETIME (as TCP's initial sequence numbers are, RFC 6528), nor
    ahead of it by more than 32767. An id comes again when its peer's count has grown by 65536,
    of which the clock has to make more than 32768: after more than EXCHANGE_LIFETIME. A peer
    whose count the clock has overtaken may be forgotten: it would go on from the clock anyway.

    So a peer can be sent 32768 messages at once and 132 per second for ever; one after the
    other, a round trip has to be under 8 ms to notice.
    """

    def __init__(self, lifetime: float) -> None:
        self._rate = BURST / lifetime

    def count(self, count: int, now: float) -> int:
        """Return the count to use where `count` was to be next; -1 if the sender has to wait."""
        earliest = int(now * self._rate)
        if count <= earliest:
            return earliest
        return count if count - earliest < BURST else -1

    def overtook(self, count: int, now: float) -> bool:
        """Whether the clock has gone past the count that was to be next."""
        return count <= int(now * self._rate)

    def when(self, count: int) -> float:
        """Return when `count` can be used."""
        return (count - BURST + 2) / self._rate


class Randomness:
    """Random bytes, drawn many at a time: a call to the system costs more than a message."""

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._pool = b""
        self._at = 0

    def take(self, size: int) -> bytes:
        """Return `size` bytes that were never returned before."""
        at = self._at
        if at + size > len(self._pool):
            self._pool = self._entropy(_POOL)
            at = 0
        self._at = at + size
        return self._pool[at : at + size]
