"""What messages were answered with, for those that come twice (§4.5)."""

from dataclasses import dataclass, field
from typing import Final

from .timers import Timed, Wheel

SILENCE: Final = b""
"""What a duplicate gets while its original is being served, or if that was a NON."""

_GENERATIONS: Final = 8
_LARGEST: Final = 1 << 16
"""Entries of a generation: a larger dict takes milliseconds to grow and to free."""

_UNIT: Final = 128
"""An answer counts once, and again for each so many bytes of it."""


@dataclass(slots=True, eq=False)
class _Generation:
    """What was heard between two turns; forgotten as a whole."""

    replies: dict[int, bytes] = field(default_factory=dict)
    weight: int = 0
    closed_at: float = 0.0


class Replies(Timed):
    """Replies by the hash of who sent what: 150 bytes each, nothing that a collector visits.

    Who asks with the same bytes from the same place gets the same answer. A message id alone
    is no duplicate: a client that started anew may use one again for something else, and
    would be answered as if it had asked for what it asked before.

    The hash is Python's own: 64 bits, SipHash with 128 random bits per process as its key (unless
    PYTHONHASHSEED takes them away). Nobody can find two messages offline that collide;
    with two million entries one new message in 2^43 does by chance. What it is answered then
    has another id or token, by which `Endpoint` knows it and serves the message: so even who
    knew the key could not have a message answered by what is for another, but only keep one of
    his own, or one whose bytes he foresees, without an answer while his is being served.
    """

    def __init__(self, wheel: Wheel, lifetime: float, remembered: int) -> None:
        super().__init__()
        self._wheel = wheel
        self._lifetime = lifetime
        self._remembered = remembered
        self._size = max(1, min(_LARGEST, remembered // _GENERATIONS))
        self._current = _Generation()
        self._closed: list[_Generation] = []
        self._dicts = [self._current.replies]

    def __len__(self) -> int:
        return sum(map(len, self._dicts))

    def find(self, key: int) -> bytes | None:
        """Return what to send again, None for what is new."""
        for replies in self._dicts:
            reply = replies.get(key)
            if reply is not None:
                return reply
        return None

    def keep(self, key: int, reply: bytes, now: float) -> None:
        """Remember an answer, instead of an earlier one."""
        current = self._current
        current.replies[key] = reply
        current.weight += 1 + len(reply) // _UNIT
        if self.slot < 0:
            self._wheel.set(self, now + self._lifetime / _GENERATIONS, self._turn)
        if current.weight >= self._size:
            self._close(now)

    def drop(self, key: int) -> None:
        """Forget: the next of the kind is to be served anew."""
        for replies in self._dicts:
            replies.pop(key, None)

    def _turn(self, _: Timed, now: float) -> None:
        """Begin a generation, and forget what is older than EXCHANGE_LIFETIME."""
        self._close(now)
        if self._closed:
            self._wheel.set(self, now + self._lifetime / _GENERATIONS, self._turn)

    def _close(self, now: float) -> None:
        if self._current.replies:
            self._current.closed_at = now
            self._closed.insert(0, self._current)
            self._current = _Generation()
        room = self._remembered - self._size
        kept = []
        for generation in self._closed:  # the newest first
            room -= generation.weight
            if room < 0 or generation.closed_at + self._lifetime <= now:
                break
            kept.append(generation)
        self._closed = kept
        self._dicts = [generation.replies for generation in (self._current, *kept)]
