"""A request and its response (§5.2): ours to a peer, and a peer's to us."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from .errors import Failure
from .message import Message

Remote = Hashable
"""A peer, as the shell knows it; equal remotes are one peer. The core never looks inside."""

Outcome = Message | Failure
"""How an exchange ended: with a response (an error code is one), or without."""

Done = Callable[[Outcome], None]


@dataclass(slots=True, eq=False)
class Incoming:
    """A request to be answered with `Endpoint.respond`, once, now or later.

    `proven` tells whether the address is more than a claim: by DTLS, or by an answer
    of the peer to a confirmable message of ours. `size` is the bytes it came in.
    """

    remote: Remote
    message: Message
    size: int
    proven: bool = False


@dataclass(slots=True, eq=False)
class Exchange:
    """A request of ours on its way; a handle for `Endpoint.cancel`."""

    remote: Remote
    request: Message
    done: Done
