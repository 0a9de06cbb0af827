"""What is known of a peer while we have something to say to it."""

from collections import OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from .ids import IDS, Clock
from .rto import Rto, backoff
from .timers import Timed, Wheel
from .tuning import Tuning

if TYPE_CHECKING:
    from .exchange import Exchange

Remote = Hashable
"""A peer, as the shell knows it; equal remotes are one peer. The core never looks inside.

A hash is remembered for EXCHANGE_LIFETIME after its remote is gone, so that one made from an
object's place in memory will not do.
"""


@dataclass(slots=True, eq=False)
class Peer(Timed):
    """Somebody we send messages to that are not answers in an ACK.

    `base` and `count` make its message ids; `native` tells whether `base` is the one that its
    remote would be given again. `sent` holds by message id what awaits an ACK, or
    a response where it was not confirmable; `waiting` what is not sent yet; `exchanges` all
    requests without a response, and observations. Each is None while it would be empty.
    """

    remote: Remote
    base: int
    count: int = 0
    native: bool = True
    rto: Rto | None = None
    sent: dict[int, "Transmission"] | None = None
    waiting: deque["Transmission"] | None = None
    exchanges: dict["Exchange", None] | None = None
    observing: int = 0

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self.sent and not self.waiting and not self.exchanges

    def timeouts(self, tuning: Tuning, now: float, jitter: float) -> tuple[float, float]:
        """Return the first wait for an ACK, and by what each is longer than the one before.

        `jitter` from 0 to 1 is where the wait falls between RTO and RTO times
        ACK_RANDOM_FACTOR (§4.8).
        """
        timeout = tuning.ack_timeout if self.rto is None else self.rto.aged(now)
        return timeout * (1 + (tuning.ack_random_factor - 1) * jitter), backoff(timeout)

    def measured(self, rtt: float, tries: int, tuning: Tuning, now: float) -> None:
        """Learn how long an ACK took."""
        if self.rto is None:
            self.rto = Rto(tuning.ack_timeout, now)
        self.rto.measured(rtt, tries, now)

    def moved(self, remote: Remote) -> None:
        """Go on at another address, with the same ids, and nothing known of the path."""
        self.remote = remote
        self.native = False
        self.rto = None


NOBODY: Final = Peer("nobody", 0)
"""Whom what is refused would have been sent to."""


@dataclass(slots=True, eq=False)
class Transmission(Timed):
    """A message of ours that is sent again until it is acknowledged (§4.2), or waits for that.

    `datagram` has its id at bytes 2 and 3 once it is sent; `id` is -1 before. `timeout` is
    the wait before it is sent the next time, in seconds. `most` bounds the bytes that all of
    its transmissions take, but for the first. `asks` tells whether it is sent unasked: what may
    go to an address that is only claimed is counted for those.
    """

    asks: ClassVar[bool] = False

    peer: Peer = field(default=NOBODY, kw_only=True)
    datagram: bytes = field(default=b"", kw_only=True)
    confirmable: bool = field(default=True, kw_only=True)
    most: int | None = field(default=None, kw_only=True)
    id: int = field(default=-1, init=False)
    tries: int = field(default=0, init=False)
    hinted: int = field(default=-1, init=False)
    sent_at: float = field(default=0.0, init=False)
    timeout: float = field(default=0.0, init=False)
    backoff: float = field(default=2.0, init=False)


class Peers:
    """All of them, in number at most `limit`; who was idle for EXCHANGE_LIFETIME is forgotten."""

    def __init__(
        self, wheel: Wheel, clock: Clock, salt: bytes, limit: int, lifetime: float
    ) -> None:
        self._wheel = wheel
        self._clock = clock
        self._salt = salt
        self._limit = limit
        self._lifetime = lifetime
        self._peers: dict[Remote, Peer] = {}
        self._idle: OrderedDict[Peer, float] = OrderedDict()
        self._sweep = Timed()

    def __len__(self) -> int:
        return len(self._peers)

    def find(self, remote: Remote) -> Peer | None:
        """Return a peer if there is anything to know of it."""
        return self._peers.get(remote)

    def busy(self, remote: Remote, now: float) -> Peer | None:
        """Return a peer that is about to be sent something; None beyond the limit.

        Follow up with `rest` once that is over.
        """
        peer = self._peers.get(remote)
        if peer is None:
            if len(self._peers) >= self._limit and not self._evict(now):
                return None
            base = hash((self._salt, remote)) % IDS
            peer = self._peers[remote] = Peer(remote, base)
        elif peer in self._idle:
            del self._idle[peer]
        return peer

    def rest(self, peer: Peer, now: float) -> None:
        """Take note that something is over; the peer may be idle now."""
        if peer.idle and self._peers.get(peer.remote) is peer:
            self._idle[peer] = now
            self._idle.move_to_end(peer)
            if self._sweep.slot < 0:
                self._wheel.set(self._sweep, now + self._lifetime, self._forget_idle)

    def move(self, peer: Peer, remote: Remote, now: float) -> None:
        """Know `peer` by another remote, which must be free."""
        del self._peers[peer.remote]
        if not self._disposable(peer, now):
            # The old address has to keep its ids apart, whoever will be there.
            left = Peer(peer.remote, peer.base, peer.count, peer.native)
            self._peers[peer.remote] = left
            self.rest(left, now)
        peer.moved(remote)
        self._peers[remote] = peer

    def drop(self, peer: Peer, now: float) -> None:
        """Forget a peer as soon as it is idle and its message ids allow."""
        peer.rto = None
        if peer.idle and self._disposable(peer, now):
            self._idle.pop(peer, None)
            self._peers.pop(peer.remote, None)
        else:
            self.rest(peer, now)

    def _evict(self, now: float) -> bool:
        """Forget who was idle longest, if its ids will not come again too early."""
        if not self._idle:
            return False
        peer = next(iter(self._idle))
        if not self._disposable(peer, now):
            return False
        del self._idle[peer]
        del self._peers[peer.remote]
        return True

    def _disposable(self, peer: Peer, now: float) -> bool:
        """Whether message ids stay apart though nothing is remembered of the peer."""
        return peer.native and self._clock.overtook(peer.count, now)

    def _forget_idle(self, _: Timed, now: float) -> None:
        """Forget those whose message ids may come again, as nothing was sent for so long."""
        while self._idle:
            peer, since = next(iter(self._idle.items()))
            if since + self._lifetime > now:
                self._wheel.set(self._sweep, since + self._lifetime, self._forget_idle)
                return
            del self._idle[peer]
            del self._peers[peer.remote]
