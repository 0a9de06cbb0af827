"""What messages were answered with, for those that come twice (§4.5)."""

from dataclasses import dataclass, field
from typing import Final

from .timers import Timed, Wheel

SILENCE: Final = b""
"""What a duplicate of a NON gets."""

_GENERATIONS: Final = 4
_LARGEST: Final = 1 << 14
"""Entries of a dict: a larger one takes milliseconds to grow and to free."""

_UNIT: Final = 128
"""An answer counts once, and again for each so many bytes of it."""


@dataclass(slots=True, eq=False)
class _Shard:
    """Some of the replies, in generations, the newest first; each is forgotten as a whole.

    However many are remembered, it takes so many looks to know that a message is new.
    """

    generations: list[dict[int, bytes]] = field(
        default_factory=lambda: [{} for _ in range(_GENERATIONS)]
    )
    weight: int = 0

    def turn(self) -> None:
        """Begin a generation, and forget the oldest."""
        self.generations = [{}, *self.generations[:-1]]
        self.weight = 0


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
        shards = self._number = max(1, remembered // (_GENERATIONS * _LARGEST))
        self._room = remembered // (_GENERATIONS * shards)
        self._every = lifetime / (_GENERATIONS - 1) / shards
        self._shards = [_Shard() for _ in range(shards)]
        self._next = 0

    def __len__(self) -> int:
        return sum(len(replies) for shard in self._shards for replies in shard.generations)

    def find(self, key: int) -> bytes | None:
        """Return what to send again, None for what is new."""
        for replies in self._shards[key % self._number].generations:
            reply = replies.get(key)
            if reply is not None:
                return reply
        return None

    def keep(self, key: int, reply: bytes, now: float) -> None:
        """Remember an answer, instead of an earlier one."""
        shard = self._shards[key % self._number]
        weight = 1 + len(reply) // _UNIT
        if shard.weight + weight > self._room:
            shard.turn()
        shard.weight += weight
        shard.generations[0][key] = reply
        if self.slot < 0:
            self._wheel.set(self, now + self._every, self._turn)

    def _turn(self, _: Timed, now: float) -> None:
        """Forget what one shard has kept for EXCHANGE_LIFETIME; it is the next one's turn then."""
        self._shards[self._next].turn()
        self._next = (self._next + 1) % self._number
        if len(self):
            self._wheel.set(self, now + self._every, self._turn)
