"""Bodies that arrive in blocks (Block1, RFC 7959 §2.5; Request-Tag, RFC 9175 §3)."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from .block import LARGEST_SIZE, Block
from .exchange import Remote
from .limits import LIMITS, Limits
from .message import Message, Options
from .numbers import SAFE, Code, is_success
from .tuning import TUNING, Tuning

_Key = tuple[Remote, int, tuple[str, ...], tuple[str, ...], tuple[bytes, ...]]

PIECE: Final = 64
"""What a piece costs beside its bytes: blocks of 16 bytes are mostly that."""

_AGAIN: Final = 1


@dataclass(slots=True, eq=False)
class _Assembly:
    """A body as far as it has come; once whole, what a repetition of its end is told by.

    `cost` is what the pieces count for in `Limits.assembling`, `answer` what the whole
    request was answered with.
    """

    content_format: int | None
    touched: float
    pieces: list[bytes]
    length: int = 0
    cost: int = 0
    whole: bool = False
    answer: Message | None = None

    @property
    def end(self) -> bytes:
        """The piece that came last."""
        return self.pieces[-1]

    def continues(self, request: Message, block: Block) -> bool:
        """Whether `block` follows on the last one, or is of it once more."""
        told = request.options.content_format
        if told is not None and told != self.content_format:
            return False  # RFC 7959 §2.9.2
        at = block.start - (self.length - len(self.end))
        if not 0 <= at <= len(self.end):
            return False
        beyond = at + len(request.payload) - len(self.end)
        if beyond > 0 if self.whole else beyond < 0 and not block.more:
            return False
        if self.whole and (beyond == 0) == block.more:
            return False
        common = self.end[at : at + len(request.payload)]
        return common == request.payload[: len(common)]


class Assemblies:
    """All bodies on their way in, bounded in number and in bytes.

    A body is told from others by its peer, method, path, query and Request-Tag. Pieces are
    kept as they came and joined once. A block that comes again in a new exchange changes
    nothing: within the body it is confirmed, at its end it gets the answer again.
    """

    def __init__(self, limits: Limits = LIMITS, tuning: Tuning = TUNING) -> None:
        self._limits = limits
        self._lifetime = tuning.exchange_lifetime
        self._idle: OrderedDict[_Key, _Assembly] = OrderedDict()
        self._peers: dict[Remote, set[_Key]] = {}
        self._cost = 0

    def __len__(self) -> int:
        return len(self._idle)

    @property
    def cost(self) -> int:
        """Bytes held, as `Limits.assembling` counts them."""
        return self._cost

    def take(self, remote: Remote, request: Message, now: float) -> tuple[Message, bool]:
        """Take a request: return what is next, and whether it is the whole request.

        (request, True): to be served, with the whole body and the Block1 that its response
        has to confirm; tell `answered` of the response. (response, False): to be answered
        with: 2.31, 4.08 where the block does not follow on the last, 4.13 with Size1 beyond
        the limit, 4.00, or what an operation that is repeated was answered with.
        """
        block = request.options.block1
        if block is None:
            return self._plain(request)
        if len(request.payload) > block.size or (block.more and len(request.payload) < block.size):
            return _refusal(Code.BAD_REQUEST, f"this block has to have {block.size} bytes"), False
        key = _key(remote, request)
        if block.number == 0:
            return self._begin(key, request, block, now)
        return self._go_on(key, request, block, now)

    def answered(self, remote: Remote, request: Message, response: Message) -> None:
        """Take note of what a request that `take` had put together was answered with.

        Only what was done and told in few bytes is kept for a repetition of the last block;
        otherwise that gets 4.08, upon which the operation is begun anew.
        """
        block = request.options.block1
        if block is None or block.number == 0:
            return
        key = _key(remote, request)
        assembly = self._idle.get(key)
        if assembly is None or not assembly.whole:
            return
        if is_success(response.code) and len(response.payload) <= LARGEST_SIZE:
            assembly.answer = response
            self._charge(assembly, len(response.payload) + PIECE)
        else:
            self._drop(key)

    def forget(self, remote: Remote) -> None:
        """Drop what a peer has begun."""
        for key in self._peers.pop(remote, ()):
            self._cost -= self._idle.pop(key).cost

    def expire(self, now: float) -> None:
        """Drop what has been silent for EXCHANGE_LIFETIME (RFC 7959 §2.5)."""
        while self._idle:
            key, assembly = next(iter(self._idle.items()))
            if now - assembly.touched < self._lifetime:
                return
            self._drop(key)

    def _plain(self, request: Message) -> tuple[Message, bool]:
        """Take a request without Block1.

        What follows on the first block of an answer is asked for by the request itself, and
        only what is safe to do again can be asked for so (RFC 7959 §3.3 leaves the rest open).
        """
        asked = request.options.block2
        if asked is None or asked.number == 0 or request.code in SAFE:
            return request, True
        return _refusal(Code.REQUEST_ENTITY_INCOMPLETE, "this answer is not kept in blocks"), False

    def _begin(self, key: _Key, request: Message, block: Block, now: float) -> tuple[Message, bool]:
        """Take block 0, which begins anew whatever was there before (RFC 7959 §2.5)."""
        self._drop(key)
        if max(request.options.size1 or 0, len(request.payload)) > self._limits.body:
            return self._too_large(), False
        if not block.more:
            return request, True
        self.expire(now)
        self._make_room(key[0])
        piece = bytes(request.payload)
        assembly = _Assembly(request.options.content_format, now, [piece], len(piece))
        self._idle[key] = assembly
        self._peers.setdefault(key[0], set()).add(key)
        self._charge(assembly, len(piece) + PIECE)
        return _continue(block), False

    def _go_on(self, key: _Key, request: Message, block: Block, now: float) -> tuple[Message, bool]:
        assembly = self._idle.get(key)
        if assembly is None or not assembly.continues(request, block):
            return _refusal(
                Code.REQUEST_ENTITY_INCOMPLETE, "this block does not follow on the last one"
            ), False
        if block.start + len(request.payload) > self._limits.body:
            self._drop(key)
            return self._too_large(), False
        assembly.touched = now
        self._idle.move_to_end(key)
        if assembly.whole:
            return self._repeated(assembly, block), False
        self._append(assembly, bytes(request.payload), block.start)
        if block.more:
            return _continue(block), False
        return self._whole(assembly, request), True

    def _append(self, assembly: _Assembly, piece: bytes, start: int) -> None:
        """Add a piece; one of the last piece's bytes does not count twice."""
        again = assembly.length - start
        if again >= len(piece):
            return
        assembly.pieces.append(piece[again:] if again else piece)
        assembly.length = start + len(piece)
        self._charge(assembly, len(piece) - again + PIECE)

    def _whole(self, assembly: _Assembly, request: Message) -> Message:
        """Return the request with its body, of which only the end is kept from here on."""
        body = b"".join(assembly.pieces)
        end = assembly.end
        assembly.whole = True
        assembly.pieces = [end]
        self._charge(assembly, len(end) + PIECE - assembly.cost)
        options = request.options
        if options.content_format != assembly.content_format:
            options = options.but(content_format=assembly.content_format)
        return Message(request.code, options, body, request.type, request.id, request.token)

    def _repeated(self, assembly: _Assembly, block: Block) -> Message:
        """Answer a block of a body that is whole already, and being served or served."""
        if block.more:
            return _continue(block)
        answer = assembly.answer
        if answer is None:
            return Message(Code.SERVICE_UNAVAILABLE, Options(max_age=_AGAIN))
        return Message(answer.code, answer.options.but(block1=block), answer.payload)

    def _too_large(self) -> Message:
        limit = self._limits.body
        response = _refusal(
            Code.REQUEST_ENTITY_TOO_LARGE, f"bodies of more than {limit} bytes are not taken"
        )
        response.options.size1 = limit  # RFC 7959 §2.9.3
        return response

    def _make_room(self, remote: Remote) -> None:
        """Drop what was idle longest: of the peer at its limit, of all at theirs."""
        begun = self._peers.get(remote, ())
        if begun and len(begun) >= self._limits.peer_assemblies:
            self._drop(min(begun, key=lambda key: self._idle[key].touched))
        if self._idle and len(self._idle) >= self._limits.assemblies:
            self._drop(next(iter(self._idle)))

    def _charge(self, assembly: _Assembly, cost: int) -> None:
        """Account for `cost` more bytes, and drop what was idle longest beyond the limit."""
        assembly.cost += cost
        self._cost += cost
        while self._cost > self._limits.assembling and len(self._idle) > 1:
            self._drop(next(iter(self._idle)))

    def _drop(self, key: _Key) -> None:
        assembly = self._idle.pop(key, None)
        if assembly is None:
            return
        self._cost -= assembly.cost
        begun = self._peers[key[0]]
        begun.discard(key)
        if not begun:
            del self._peers[key[0]]


def _key(remote: Remote, request: Message) -> _Key:
    options = request.options
    return (
        remote,
        request.code,
        options.uri_path,
        options.uri_query,
        options.request_tags,
    )


def _continue(block: Block) -> Message:
    return Message(Code.CONTINUE, Options(block1=block))


def _refusal(code: Code, diagnostic: str) -> Message:
    return Message(code, Options(), diagnostic.encode())
