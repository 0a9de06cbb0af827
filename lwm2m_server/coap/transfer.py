"""Bodies in blocks towards a peer and from it, each step within a callback of the endpoint."""

from collections.abc import Callable
from dataclasses import dataclass

from .endpoint import Done, Endpoint, Remote
from .message import Message

Progress = Callable[[int, int], None]
"""Takes bytes done and bytes in total."""


@dataclass(slots=True, eq=False)
class Upload:
    """One body on its way by Block1 (RFC 7959 §2.5), all blocks under one token.

    `request` has neither block options nor payload. Each block is sent again by itself while
    the peer is silent, until none got through for `patience` seconds. 4.08 starts again
    at 0 (at most 4 times), 4.13 at the start and a smaller answer shrink the blocks. `done` is
    called once, with the last response or a `Failure`.
    """

    endpoint: Endpoint
    remote: Remote
    request: Message
    body: bytes
    done: Done
    progress: Progress
    patience: float

    def start(self, now: float) -> None:
        """Send the first block."""
        raise NotImplementedError

    def cancel(self, now: float) -> None:
        """Stop; `done` is not called."""
        raise NotImplementedError

    def moved(self, remote: Remote) -> None:
        """Go on with the peer at another address."""
        raise NotImplementedError


@dataclass(slots=True, eq=False)
class Download:
    """The blocks that follow on a first response or notification (Block2, RFC 7959 §2.4, §2.6).

    `done` is called once, with `first` holding the whole body, or `Broken` where the
    body changes (ETag), repeats itself, or is larger than `Limits.answer`.
    """

    endpoint: Endpoint
    remote: Remote
    request: Message
    done: Done

    def start(self, first: Message, now: float) -> None:
        """Ask for what follows on `first`; where nothing does, `done` is called at once."""
        raise NotImplementedError
