"""Fetching a body by Block2 (RFC 7959 §2.4), resumed at the block that failed.

The server may restart in between: as long as it answers with the same ETag
the download goes on where it was. All time is in seconds of one clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Self

from ..errors import TransferFailed, Why
from .block1 import Block

#: Seconds without a new block after which a download is given up.
PATIENCE = 600.0
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 15.0
_MOST_RESTARTS = 3
# A server that restarts may not know the URI for a moment; one that has never
# known it will not learn it.
_MOST_NOT_FOUND = 5

_CONTENT = 0x45
_NOT_FOUND = 0x84
_ENTITY_INCOMPLETE = 0x88

#: Error responses that end a download, and why it then failed.
_FINAL: Final[Mapping[int, Why]] = {
    0x80: Why.BAD_URI,  # 4.00
    0x81: Why.BAD_URI,  # 4.01
    0x82: Why.BAD_URI,  # 4.02
    0x83: Why.BAD_URI,  # 4.03
    0x85: Why.BAD_URI,  # 4.05
    0x86: Why.BAD_URI,  # 4.06
    0x8D: Why.NO_SPACE,  # 4.13
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One response to a block request, as far as a download cares."""

    code: int
    payload: bytes = b""
    block: Block | None = None
    etag: bytes | None = None
    size: int | None = None  # Size2


@dataclass(frozen=True, slots=True)
class Download:
    """A body that is being fetched: `received` bytes of it so far, at most `limit`.

    `block_size` is what is asked for; a server may make it smaller.
    """

    limit: int
    progress_at: float
    block_size: int = 1024
    received: int = 0
    total: int | None = None
    etag: bytes | None = None
    failures: int = 0
    not_found: int = 0
    restarts: int = 0
    complete: bool = False

    @property
    def next_block(self) -> Block:
        """The Block2 option of the next request."""
        return Block(self.received // self.block_size, more=False, size=self.block_size)

    def take(self, answer: Answer, now: float) -> tuple[Self, bytes]:
        """Return the download after a response, and the bytes that follow on those so far.

        A `received` of 0 afterwards means that what was stored is void. Raises
        `TransferFailed` when there is no point in going on.
        """
        if answer.code == _ENTITY_INCOMPLETE:
            return self._restart(), b""
        if answer.code != _CONTENT:
            return self._error(answer.code, now), b""
        block = answer.block or Block(0, more=False, size=max(len(answer.payload), 1))
        total = self.total if answer.size is None else answer.size
        if total is not None and total > self.limit:
            raise TransferFailed(Why.NO_SPACE, f"{total} B are more than {self.limit} B")
        if self.received and answer.etag != self.etag:
            # RFC 7959 §2.4: blocks with different ETags are of different bodies.
            return self._restart(), b""
        if block.offset != self.received or (block.more and len(answer.payload) != block.size):
            return self._restart(), b""
        received = self.received + len(answer.payload)
        if received > self.limit:
            raise TransferFailed(Why.NO_SPACE, f"more than {self.limit} B")
        after = replace(
            self,
            progress_at=now,
            block_size=min(self.block_size, block.size) if block.more else self.block_size,
            received=received,
            total=total,
            etag=answer.etag,
            failures=0,
            not_found=0,
            complete=not block.more,
        )
        return after, answer.payload

    def lost(self, now: float) -> Self:
        """Return the download after a request without response.

        Raises `TransferFailed` after `PATIENCE` without progress.
        """
        if now - self.progress_at > PATIENCE:
            raise TransferFailed(
                Why.CONNECTION_LOST, f"no block for {PATIENCE:.0f} s after {self.received} B"
            )
        return replace(self, failures=self.failures + 1)

    def pause(self, luck: float) -> float:
        """Return the seconds to wait before the next request; `luck` is from 0 to 1."""
        if not self.failures:
            return 0.0
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(self.failures - 1, 16))
        return longest * (0.5 + luck / 2)

    def _error(self, code: int, now: float) -> Self:
        if code in _FINAL:
            raise TransferFailed(_FINAL[code], f"answer {code >> 5}.{code & 31:02}")
        if code == _NOT_FOUND:
            if not self.received or self.not_found >= _MOST_NOT_FOUND:
                raise TransferFailed(Why.BAD_URI, "answer 4.04")
            return replace(self.lost(now), not_found=self.not_found + 1)
        return self.lost(now)

    def _restart(self) -> Self:
        if self.restarts >= _MOST_RESTARTS:
            raise TransferFailed(Why.INTEGRITY, "the package changes while it is fetched")
        return replace(
            self,
            received=0,
            total=None,
            etag=None,
            failures=self.failures + 1,
            restarts=self.restarts + 1,
        )
