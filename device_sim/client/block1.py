"""Receiving a body by Block1 (RFC 7959 §2.5), block for block, without keeping it.

A transfer is told by peer and path, not by token: several clients and servers
use a new token for each block (RFC 7959 §2.3), so blocks are put together by
number alone and in order.
"""

from dataclasses import dataclass, replace
from typing import Self

from ..errors import Refused

INCOMPLETE = 0x88  # 4.08 Request Entity Incomplete
TOO_LARGE = 0x8D  # 4.13 Request Entity Too Large
BAD_REQUEST = 0x80
#: Seconds without a block after which the rest is not expected any more.
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Block:
    """A Block option (RFC 7959 §2.2): number, whether more follow, and the size in bytes."""

    number: int
    more: bool
    size: int

    @property
    def offset(self) -> int:
        """Where the block begins in the body."""
        return self.number * self.size


@dataclass(frozen=True, slots=True)
class Reception:
    """A body that is arriving: `received` bytes of it so far, at most `limit` in all.

    `last` is the latest block's payload, and `complete` whether it was the final
    one: those two tell a block that comes again from one out of order.
    """

    limit: int
    received: int = 0
    last: bytes = b""
    last_at: float = 0.0
    complete: bool = False

    @classmethod
    def begin(cls, limit: int, now: float, size1: int | None) -> Self:
        """Start with block 0; raises `Refused` 4.13 where Size1 is more than `limit`."""
        if size1 is not None and size1 > limit:
            raise Refused(TOO_LARGE, f"{size1} B are more than {limit} B")
        return cls(limit=limit, last_at=now)

    def repeats(self, block: Block, payload: bytes) -> bool:
        """Whether this is the block that came last, sent again as its answer was lost."""
        return (
            self.received > 0
            and payload == self.last
            and block.offset + len(payload) == self.received
            and block.more is not self.complete
        )

    def take(self, block: Block, payload: bytes, now: float) -> Self:
        """Return the reception with one block more, whose payload begins at `received`.

        Raises `Refused`: 4.00 for a payload that is not of the block's size, 4.08 for a
        block that is not the next one, 4.13 for more than `limit` bytes.
        """
        if (block.more and len(payload) != block.size) or len(payload) > block.size:
            raise Refused(BAD_REQUEST, f"{len(payload)} B in a block of {block.size} B")
        if self.complete or block.offset != self.received:
            raise Refused(INCOMPLETE, f"byte {self.received} is next, not {block.offset}")
        received = self.received + len(payload)
        if received > self.limit:
            raise Refused(TOO_LARGE, f"{received} B are more than {self.limit} B")
        return replace(
            self,
            received=received,
            last=payload,
            last_at=now,
            complete=not block.more,
        )

    def is_stale(self, now: float) -> bool:
        """Whether the rest of the body is not expected any more."""
        return not self.complete and now - self.last_at > PATIENCE
