"""A request and its response (§5.2): ours to a peer, and a peer's to us."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Final

from .errors import Failure
from .message import Message
from .peer import Remote, Transmission

__all__ = ["Done", "Exchange", "Incoming", "Notified", "Observation", "Outcome", "Remote"]

Outcome = Message | Failure
"""How an exchange ended: with a response (an error code is one), or without."""

Done = Callable[[Outcome], None]
Notified = Callable[[Message], None]

FRESH_FOR: Final = 128.0
"""RFC 7641 §3.4: after so many seconds any notification is newer than the last, at any rate."""


@dataclass(slots=True, eq=False)
class Incoming:
    """A request to be answered with `Endpoint.respond`, once, now or later.

    `size` is the bytes it came in. `proven` is for whoever serves it: whether it shows that
    its address is more than a claim (what `Endpoint.proven` knows is known without). The rest is
    the endpoint's: `origin` is the hash of the remote, `key` that of the whole message,
    `due` when it has to be acknowledged.
    """

    remote: Remote
    message: Message
    size: int
    origin: int = field(default=0, repr=False)
    key: int = field(default=0, repr=False)
    proven: bool = False
    due: float = field(default=0.0, repr=False)
    answered: bool = field(default=False, repr=False)
    deferred: bool = field(default=False, repr=False)
    acknowledged: bool = field(default=False, repr=False)


@dataclass(slots=True, eq=False)
class Exchange(Transmission):
    """A request of ours on its way; a handle for `Endpoint.cancel`.

    `proving` tells whether its token was sent to the peer's address and nowhere else, so
    that an answer from there proves the address. `over` is when nothing can match it any more.
    """

    asks: ClassVar[bool] = True

    remote: Remote
    request: Message
    done: Done
    token: bytes = field(default=b"", kw_only=True)
    proving: bool = field(default=False, kw_only=True)
    over: bool = field(default=False, init=False)


@dataclass(slots=True, eq=False)
class Observation(Exchange):
    """An exchange that goes on with notifications (RFC 7641)."""

    notified: Notified = field(kw_only=True)
    established: bool = field(default=False, init=False)
    sequence: int = field(default=0, init=False)
    heard_at: float = field(default=0.0, init=False)

    def fresh(self, sequence: int, now: float) -> bool:
        """RFC 7641 §3.4: whether a notification is newer than the last; takes note of it."""
        ahead = (sequence - self.sequence) & 0xFFFFFF
        if not 0 < ahead < 1 << 23 and now <= self.heard_at + FRESH_FOR:
            return False
        self.sequence = sequence
        self.heard_at = now
        return True
