"""What requests to peers go out by."""

from collections.abc import Callable
from typing import Protocol

from .exchange import Done, Exchange, Remote
from .limits import Limits
from .message import Message


class Requester(Protocol):
    """What bodies in blocks and operations need of `Endpoint`, whose contracts hold here.

    It stands for peers that are reached otherwise, too: over TCP, message ids and
    retransmission are another layer's.
    """

    @property
    def limits(self) -> Limits:
        """How much peers may take."""
        ...

    @property
    def now(self) -> float:
        """The time of the call under way."""
        ...

    @property
    def entropy(self) -> Callable[[int], bytes]:
        """What yields random bytes that nobody can foresee."""
        ...

    def request(
        self,
        remote: Remote,
        request: Message,
        done: Done,
        now: float,
        *,
        token: bytes | None = None,
    ) -> Exchange:
        """Send a request; `done` is called once."""
        ...

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
        """Send a request with Observe 0; `notified` gets each notification."""
        ...

    def cancel(self, exchange: Exchange, now: float) -> None:
        """Forget an exchange or observation."""
        ...

    def moved(self, old: Remote, new: Remote) -> None:
        """Let everything of `old` go on with `new`."""
        ...

    def grant(self, remote: Remote, size: int, since: float, heard: float) -> None:
        """Bound what is sent unasked to an address that somebody has named."""
        ...

    def credit(self, remote: Remote) -> int | None:
        """Return how many bytes may go to an address unasked, None where nothing bounds them."""
        ...

    def prove(self, remote: Remote, request: Message, now: float) -> None:
        """Send a request out of turn, for its answer to prove the address."""
        ...

    def call_at(self, when: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` at or after `when`; return what cancels that."""
        ...
