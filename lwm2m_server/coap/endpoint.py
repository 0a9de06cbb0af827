"""The endpoint: messages, exchanges and observations with any number of peers."""

from collections.abc import Callable
from dataclasses import dataclass, field

from .exchange import Done, Exchange, Incoming, Outcome, Remote
from .limits import LIMITS, Limits
from .message import Message
from .tuning import TUNING, Tuning

__all__ = ["Done", "Endpoint", "Entropy", "Exchange", "Incoming", "Outcome", "Remote"]

Entropy = Callable[[int], bytes]
"""Returns so many random bytes that nobody can foresee."""


@dataclass(slots=True, eq=False)
class Endpoint:
    """All peers of one server, client and server at once (§4, §5, RFC 7641, RFC 7959).

    `served` is called for each new request, whole: bodies in blocks are put together
    before, and answers larger than a block are cut after (see `blockwise`). Callbacks
    are called from within `receive` and `tick`; they may call any method. `outbox`
    holds what is to be sent, in order; the shell empties it after each call or batch of
    calls. Times are seconds on any steady clock; `now` is that of the call under way,
    for callbacks, which are told no time.
    """

    served: Callable[[Incoming], None]
    entropy: Entropy
    limits: Limits = LIMITS
    tuning: Tuning = TUNING
    proven: Callable[[Remote], bool] = lambda _: False
    outbox: list[tuple[Remote, bytes]] = field(default_factory=list)
    now: float = 0.0

    def receive(self, remote: Remote, datagram: bytes, now: float) -> None:
        """Take a datagram. Never raises: what is malformed is answered, reset or ignored (§4.2)."""
        raise NotImplementedError

    def respond(self, incoming: Incoming, response: Message, now: float) -> None:
        """Answer a request: in its ACK, or separately where that has gone (§5.2)."""
        raise NotImplementedError

    def request(
        self,
        remote: Remote,
        request: Message,
        done: Done,
        now: float,
        *,
        token: bytes | None = None,
    ) -> Exchange:
        """Send a request (type CON or NON as told) when it is its turn; `done` is called once.

        NSTART exchanges per peer are under way, the others wait (§4.7). `token` of a
        transfer may be kept for all its blocks; else each request has a random one.
        A failure concerns this exchange alone.
        """
        raise NotImplementedError

    def observe(
        self,
        remote: Remote,
        request: Message,
        done: Done,
        notified: Callable[[Message], None],
        now: float,
        *,
        token: bytes | None = None,
    ) -> Exchange:
        """Send a request with Observe 0; `notified` gets each fresh notification (RFC 7641 §3.4).

        It goes on until `cancel`, an error notification (which is handed on, the last),
        or `forget`. A notification is known by its token, from whatever address it
        comes; a stale one is acknowledged and dropped.
        """
        raise NotImplementedError

    def cancel(self, exchange: Exchange, now: float) -> None:
        """Forget an exchange or observation: nothing more is sent, called or matched for it.

        A later notification is reset, by which the peer learns of it (RFC 7641 §3.6).
        """
        raise NotImplementedError

    def moved(self, old: Remote, new: Remote) -> None:
        """Let everything of `old` go on with `new`: the same peer at another address."""
        raise NotImplementedError

    def unreachable(self, remote: Remote, why: str, now: float) -> None:
        """Take an ICMP error as a hint: fails what awaits a first ACK, never an observation."""
        raise NotImplementedError

    def forget(self, remote: Remote, why: str, now: float) -> None:
        """Fail and drop all of a peer: it registered anew elsewhere, or its session ended."""
        raise NotImplementedError

    def call_at(self, when: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` from a `tick` at or after `when`; return what cancels that."""
        raise NotImplementedError

    def next_due(self) -> float | None:
        """Return when `tick` is to be called next, None while nothing waits."""
        raise NotImplementedError

    def tick(self, now: float) -> None:
        """Do what is due: retransmit, give up, acknowledge what is still served, forget."""
        raise NotImplementedError
