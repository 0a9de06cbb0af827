"""Bodies in blocks towards a peer and from it, each step within a callback of the endpoint."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Final

from .block import LARGEST_EXPONENT, LARGEST_NUMBER, Block
from .download import Download
from .errors import Broken, Failure, TimedOut
from .exchange import Done, Exchange, Outcome, Remote
from .message import Message, Options
from .numbers import Code, Type, is_success
from .requester import Requester

__all__ = ["Download", "Progress", "Upload"]

Progress = Callable[[int, int], None]
"""Takes bytes done and bytes in total; told of the first block, of the last, and once a second."""

_RESTARTS: Final = 4
_STALE: Final = 4
_TOKEN_BYTES: Final = 4  # RFC 7252 §5.3.1: at least 32 random bits
_TAG_BYTES: Final = 4
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0
_TELL_EVERY: Final = 1.0

_FIRST: Final = Block(0, more=False)


def _nothing() -> None:
    """Stand in for what cancels a timer that is not set."""


@dataclass(slots=True, eq=False)
class Upload:
    """One body on its way by Block1 (RFC 7959 §2.5), all blocks under one token.

    `request` has neither block options nor payload. Each block is sent again by itself while
    the peer is silent, until none got through for `patience` seconds. 4.08 starts again
    at 0 (at most 4 times, under a new token and with a Request-Tag, by which blocks of before
    cannot get in), 4.13 at the start and a smaller answer shrink the blocks, 5.03 and 4.29
    with a Max-Age are waited for. Any other error, and a success without Block1 that is not
    2.31, is the peer's last word. `done` is called once, with the last response or a `Failure`.
    """

    endpoint: Requester
    remote: Remote
    request: Message
    body: bytes
    done: Done
    progress: Progress
    patience: float
    _at: int = field(default=0, init=False)
    _block: Block = field(default=_FIRST, init=False)
    _exponent: int = field(default=LARGEST_EXPONENT, init=False)
    _token: bytes = field(default=b"", init=False)
    _options: Options = field(init=False)
    _view: memoryview = field(init=False)
    _exchange: Exchange | None = field(default=None, init=False)
    _heard: float = field(default=0.0, init=False)
    _told: float = field(default=-inf, init=False)
    _pause: float = field(default=_FIRST_PAUSE, init=False)
    _waits: bool = field(default=False, init=False)
    _wake: Callable[[], None] = field(default=_nothing, init=False)
    _watch: Callable[[], None] = field(default=_nothing, init=False)
    _restarts: int = field(default=0, init=False)
    _stale: int = field(default=0, init=False)
    _over: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._view = memoryview(self.body)
        self._options = self.request.options

    def start(self, now: float) -> None:
        """Send the first block."""
        self._token = self.endpoint.entropy(_TOKEN_BYTES)
        self._heard = now
        self._watch = self.endpoint.call_at(now + self.patience, self._look)
        self._send(now)

    def cancel(self, now: float) -> None:
        """Stop; `done` is not called."""
        if not self._over:
            self._end(now)

    def moved(self, remote: Remote) -> None:
        """Go on with the peer at another address (`Endpoint.moved` takes its exchange along)."""
        self.remote = remote
        exchange, now = self._exchange, self.endpoint.now
        if self._over or (exchange is not None and exchange.remote == remote):
            return
        if exchange is not None:
            self.endpoint.cancel(exchange, now)
        elif self._waits:
            self._wake()
        self._send(now)

    def _send(self, now: float) -> None:
        """Send the block that begins at `_at`."""
        start, exponent, size = self._at, self._exponent, len(self._view)
        if max(size - 1, 0) >> (exponent + 4) > LARGEST_NUMBER:
            self._finish(Broken(f"{size} bytes are too many for blocks of {16 << exponent}"))
            return
        end = start + (16 << exponent)
        self._waits = False
        self._block = block = Block(start >> (exponent + 4), end < size, exponent)
        options = (
            self._options.but(block1=block)
            if start
            else self._options.but(block1=block, size1=size)  # RFC 7959 §4
        )
        message = Message(self.request.code, options, self._view[start:end], self.request.type)
        self._exchange = self.endpoint.request(
            self.remote, message, self._answered, now, token=self._token
        )

    def _answered(self, outcome: Outcome) -> None:
        """Take what became of a block."""
        if self._over:
            return
        self._exchange = None
        if isinstance(outcome, Failure):
            pause = self._pause
            self._pause = min(pause * 2, _LONGEST_PAUSE)
            goes_on = self._again_in(pause)
        elif is_success(outcome.code):
            goes_on = self._taken(outcome)
        else:
            reaction = _REACTIONS.get(outcome.code)
            goes_on = reaction is not None and reaction(self, outcome)
        if not goes_on:
            self._finish(outcome)

    def _taken(self, response: Message) -> bool:
        """Go on, since the block got through; False where the response is the last."""
        answer, block, now = response.options.block1, self._block, self.endpoint.now
        if (
            answer is not None
            and answer.number != block.number
            and self._is_stale(response, answer)
        ):
            self._send(now)
            return True
        size = len(self._view)
        self._at = min(block.start + block.size, size)
        self._heard, self._pause, self._stale = now, _FIRST_PAUSE, 0
        if answer is not None and answer.exponent < self._exponent:
            self._exponent = answer.exponent  # RFC 7959 §2.3: the peer wants smaller ones
        if now - self._told >= _TELL_EVERY or not block.more:
            self._told = now
            self.progress(self._at, size)
            if self._over:
                return True
        if not block.more or (answer is None and response.code != Code.CONTINUE):
            return False
        self._send(now)
        return True

    def _is_stale(self, response: Message, answer: Block) -> bool:
        """Whether a response belongs to an earlier block.

        All have one token; an ACK is matched by its message id, any other message is not.
        """
        if response.type == Type.ACK or answer.start == self._block.start:
            return False
        self._stale += 1
        return self._stale <= _STALE

    def _begin_anew(self, _: Message) -> bool:
        """RFC 7959 §2.9.2: the peer has not got all blocks before this one."""
        self._restarts += 1
        if self._restarts > _RESTARTS:
            return False
        tag = self.endpoint.entropy(_TAG_BYTES)  # RFC 9175 §3.3
        self._options = self.request.options.but(request_tags=(tag,))
        self._from_0()
        return True

    def _shrink(self, response: Message) -> bool:
        """RFC 7959 §2.9.3: smaller blocks, where the block and not the body was too large."""
        answer, most = response.options.block1, response.options.size1
        if self._at > 0 or (most is not None and most < len(self._view)):
            return False
        told = answer.exponent if answer is not None else LARGEST_EXPONENT
        smaller = told if told < self._exponent else self._exponent - 1
        if smaller < 0:
            return False
        self._exponent = smaller
        self._from_0()
        return True

    def _from_0(self) -> None:
        """Begin again, under a new token: some peers take a block 0 under the old for the old."""
        self._at = 0
        self._token = self.endpoint.entropy(_TOKEN_BYTES)
        self._heard = self.endpoint.now
        self._send(self._heard)

    def _later(self, response: Message) -> bool:
        """RFC 7252 §5.9.3.4, RFC 8516: the peer tells when to try again."""
        pause = response.options.max_age
        return pause is not None and self._again_in(max(pause, _FIRST_PAUSE))

    def _again_in(self, pause: float) -> bool:
        """Send the same block after a pause; False where patience ends before."""
        when = self.endpoint.now + pause
        if when >= self._heard + self.patience:
            return False
        self._waits = True
        self._wake = self.endpoint.call_at(when, self._again)
        return True

    def _again(self) -> None:
        if not self._over:
            self._send(self.endpoint.now)

    def _look(self) -> None:
        """See whether any block got through of late: one timer for all of them."""
        now, due = self.endpoint.now, self._heard + self.patience
        if self._over:
            return
        if now < due:
            self._watch = self.endpoint.call_at(due, self._look)
            return
        self._finish(
            TimedOut(
                f"no block got through for {self.patience:g} s"
                f" at byte {self._at} of {len(self._view)}"
            )
        )

    def _finish(self, outcome: Outcome) -> None:
        self._end(self.endpoint.now)
        self.done(outcome)

    def _end(self, now: float) -> None:
        self._over = True
        self._watch()
        if self._waits:
            self._wake()
        if self._exchange is not None:
            self.endpoint.cancel(self._exchange, now)
            self._exchange = None


_REACTIONS: Final[dict[int, Callable[[Upload, Message], bool]]] = {
    Code.REQUEST_ENTITY_INCOMPLETE: Upload._begin_anew,
    Code.REQUEST_ENTITY_TOO_LARGE: Upload._shrink,
    Code.SERVICE_UNAVAILABLE: Upload._later,
    Code.TOO_MANY_REQUESTS: Upload._later,
}
"""Errors that are not a last word; each tells whether the upload goes on."""
