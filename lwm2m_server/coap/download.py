"""The blocks that follow on a first one (Block2, RFC 7959 §2.4)."""

from dataclasses import dataclass, field

from .block import LARGEST_NUMBER, Block
from .errors import Broken, Failure
from .exchange import Done, Exchange, Outcome, Remote
from .message import Message
from .numbers import Code, code_text, is_success
from .requester import Requester


@dataclass(slots=True, eq=False)
class Download:
    """The blocks that follow on a first response or notification (Block2, RFC 7959 §2.4, §2.6).

    `done` is called once, with `first` holding the whole body, or `Broken` where the
    body changes (ETag), repeats itself, or is larger than `Limits.answer` or its blocks can tell.
    """

    endpoint: Requester
    remote: Remote
    request: Message
    done: Done
    _first: Message = field(init=False)
    _chunks: list[bytes | memoryview] = field(default_factory=list, init=False)
    _received: int = field(default=0, init=False)
    _exchange: Exchange | None = field(default=None, init=False)
    _over: bool = field(default=False, init=False)

    def start(self, first: Message, now: float) -> None:
        """Ask for what follows on `first`; where nothing does, `done` is called at once."""
        self._first = first
        if first.options.block2 is None or not is_success(first.code):
            self._finish(first)
        else:
            self._take(first, now)

    def cancel(self, now: float) -> None:
        """Stop; `done` is not called."""
        self._over = True
        if self._exchange is not None:
            self.endpoint.cancel(self._exchange, now)
            self._exchange = None

    def _ask(self, last: Block, now: float) -> None:
        """Ask for what follows on `last`, in its size (RFC 7959 §3.3).

        The body of a FETCH comes along, for what it asks for is told by it alone (RFC 8132 §2).
        The token stays where it is free: Zephyr knows what it has begun to answer by it.
        """
        request, first = self.request, self._first
        block = Block(self._received >> (last.exponent + 4), more=False, exponent=last.exponent)
        options = request.options.but(block1=None, block2=block, observe=None)
        body = request.payload if request.code == Code.FETCH else b""
        message = Message(request.code, options, body, request.type)
        token = first.token if first.options.observe is None else None
        self._exchange = self.endpoint.request(
            self.remote, message, self._answered, now, token=token or None
        )

    def _answered(self, outcome: Outcome) -> None:
        if self._over:
            return
        if self._exchange is not None:
            self.remote = self._exchange.remote  # it may have moved
        self._exchange = None
        if isinstance(outcome, Failure):
            self._finish(outcome)
        else:
            self._take(outcome, self.endpoint.now)

    def _take(self, response: Message, now: float) -> None:
        """Take a block: ask for the next, or be done."""
        block = response.options.block2
        if block is None or (fault := self._fault(response, block)) is not None:
            self._break(
                fault if block is not None else f"{code_text(response.code)} without Block2"
            )
            return
        self._chunks.append(response.payload)
        self._received += len(response.payload)
        if block.more:
            self._ask(block, now)
            return
        first = self._first
        self._finish(
            Message(
                first.code,
                first.options.but(block2=None),
                b"".join(self._chunks),
                first.type,
                first.id,
                first.token,
            )
        )

    def _fault(self, response: Message, block: Block) -> str | None:
        """Tell why `response` is not the next piece of the same body, None where it is."""
        size = len(response.payload)
        most = min(self.endpoint.limits.answer, LARGEST_NUMBER * block.size)
        if not is_success(response.code):
            return code_text(response.code)
        if block.start != self._received:
            return f"a block that begins at byte {block.start}"
        if tuple(response.options.etags) != tuple(self._first.options.etags):
            return "the ETag of another body"
        if block.more and size != block.size:
            return f"{size} bytes in a block of {block.size}"
        if max(self._received + size, response.options.size2 or 0) > most:
            return f"more than {most} bytes"
        return None

    def _break(self, fault: str | None) -> None:
        self._finish(Broken(f"the answer broke off at byte {self._received}: {fault}"))

    def _finish(self, outcome: Outcome) -> None:
        self._over = True
        self.done(outcome)
