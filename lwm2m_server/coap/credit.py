"""What may be sent to addresses that are only claimed (RFC 7252 §11.3, RFC 9175 §2.4)."""

from collections import OrderedDict
from dataclasses import dataclass
from itertools import islice
from math import inf
from typing import Final

from .peer import Remote

AMPLIFICATION: Final = 3
"""An address that is only claimed gets at most so many times its bytes (RFC 9175 §2.4)."""


@dataclass(slots=True)
class _Claim:
    since: float
    heard: float
    left: int


class Credits:
    """Which addresses have answered us, and what those may get that somebody merely named.

    Nobody is bound who was not `granted` anything. Of each kind `most` are remembered.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._proven: dict[int, float] = {}
        self._claims: OrderedDict[int, _Claim] = OrderedDict()

    def grant(self, remote: Remote, size: int, since: float, heard: float) -> None:
        """See `Endpoint.grant`."""
        origin = hash(remote)
        if self._proven.get(origin, -inf) >= since:
            return
        self._proven.pop(origin, None)
        claim = self._claims.get(origin)
        if claim is None:
            self._claims[origin] = _Claim(since, heard, size)
            if len(self._claims) > self._most:
                self._claims.popitem(last=False)
        elif heard > claim.heard:
            claim.since, claim.heard, claim.left = since, heard, max(claim.left, size)
            self._claims.move_to_end(origin)

    def left(self, remote: Remote) -> int | None:
        """Return how many bytes may still go to an address, None where nothing bounds them."""
        if not self._claims:
            return None
        claim = self._claims.get(hash(remote))
        return None if claim is None else claim.left

    def spend(self, remote: Remote, size: int) -> bool:
        """Count what is about to be sent; False where it may not be."""
        if not self._claims or (claim := self._claims.get(hash(remote))) is None:
            return True
        if size > claim.left:
            return False
        claim.left -= size
        return True

    def prove(self, remote: Remote) -> None:
        """Take note that an address is more than a claim."""
        origin = hash(remote)
        claim = self._claims.pop(origin, None) if self._claims else None
        if claim is None and origin in self._proven:
            return
        self._proven[origin] = -inf if claim is None else claim.since
        if len(self._proven) > self._most:
            # Many at a time: the front of a dict is slow to find where much was taken from it.
            for address in list(islice(self._proven, 1 + len(self._proven) // 16)):
                del self._proven[address]

    def proven(self, remote: Remote) -> bool:
        """Whether a remote answered what was sent to it alone."""
        return hash(remote) in self._proven

    def forget(self, remote: Remote) -> None:
        """Forget all of an address."""
        self._proven.pop(hash(remote), None)
        self._claims.pop(hash(remote), None)
