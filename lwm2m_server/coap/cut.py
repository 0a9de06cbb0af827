"""Answers that leave in blocks (Block2, RFC 7959 §2.4), without any state."""

from hashlib import blake2b
from typing import Final

from .block import LARGEST_NUMBER, LARGEST_SIZE, Block
from .message import Message, Options, encode
from .numbers import SAFE, Code, is_success

_FIRST: Final = Block(0, more=False)
_ETAG_BYTES: Final = 4


def cut(request: Message, response: Message, budget: int | None = None) -> Message:
    """Return the piece of `response` that `request` asks for, with Block2, Size2 and ETag.

    What fits in one block and was asked for without Block2 stays as it is, and so does a
    response that has a Block2 of its own, or is protected by OSCORE. Block1 of a request is
    confirmed. If-Match, If-None-Match and ETag of a request without side effects are answered by
    the ETag that the handler gave (RFC 7252 §5.10.6, §5.10.8). `budget` bounds the bytes of the
    whole datagram for an address that is not proven: blocks become smaller, a diagnostic and
    Size2 are left out, and where the smallest block does not fit either the answer is 4.01 and
    nothing else. A block beyond the end is 4.00. The handler is called for each block, so that a
    body is never kept here; an ETag is made from the content where there is none, at the price
    of a hash per block.
    """
    confirmed = request.options.block1
    if budget is not None:
        budget -= len(request.token) - len(response.token) + (5 if confirmed is not None else 0)
    piece = _piece(request, response, budget)
    if confirmed is not None and piece.options.block1 is None:
        piece = _with(piece, piece.options.but(block1=confirmed), piece.payload)
    return piece


def _piece(request: Message, response: Message, budget: int | None) -> Message:
    if not is_success(response.code):
        return _brief(response, budget)
    if response.options.block2 is not None or response.options.oscore is not None:
        return response  # what is protected has its blocks inside (RFC 8613 §4.1.3.4.1)
    if request.code in SAFE and (short := _conditional(request.options, response)) is not None:
        return short
    asked, size = request.options.block2, len(response.payload)
    bare = size == 0 and (asked is None or asked.number == 0)
    if (asked is None or bare) and size <= LARGEST_SIZE and _fits(response, budget):
        if request.options.size2 is None:
            return response
        return _with(response, response.options.but(size2=size), response.payload)
    return _block(response, asked or _FIRST, budget)


def _block(response: Message, asked: Block, budget: int | None) -> Message:
    """Cut out the block that begins where `asked` does, of its size or a smaller one."""
    body = memoryview(response.payload)
    start = asked.start
    if start >= len(body) and asked.number > 0:
        why = f"block {asked.number} is beyond the end of {len(body)} bytes"
        return _brief(Message(Code.BAD_REQUEST, Options(), why.encode()), budget)
    tags = response.options.etags or (_etag(body),)
    options = response.options.but(etags=tags, size2=len(body))
    exponent = asked.exponent
    if budget is not None:
        affordable = _affordable(options, start, budget)
        if affordable < 0:  # Size2 is no more than a hint (RFC 7959 §4)
            options = options.but(size2=None)
            affordable = _affordable(options, start, budget)
        exponent = min(exponent, affordable)
    number = start >> (exponent + 4) if exponent >= 0 else 0
    if exponent < 0 or number > LARGEST_NUMBER:
        return Message(Code.UNAUTHORIZED)
    end = min(start + (16 << exponent), len(body))
    block = Block(number, end < len(body), exponent)
    return _with(response, options.but(block2=block), body[start:end])


def _affordable(options: Options, start: int, budget: int) -> int:
    """Return the size exponent of the largest block within `budget`, below 0 if there is none."""
    longest = Block(min(start >> 4, LARGEST_NUMBER), more=True)
    head = Message(Code.CONTENT, options.but(block2=longest))
    room = budget - len(encode(head)) - 1  # the marker
    return max(room, 0).bit_length() - 5


def _conditional(asked: Options, response: Message) -> Message | None:
    """Answer in place of the representation where the request's conditions say so."""
    etags = response.options.etags
    if asked.if_none_match:
        return Message(Code.PRECONDITION_FAILED)  # RFC 7252 §5.10.8.2: it exists
    if asked.if_match and b"" not in asked.if_match and not set(asked.if_match) & set(etags):
        return Message(Code.PRECONDITION_FAILED)  # RFC 7252 §5.10.8.1
    # Who asks for a later block has not got the whole, whatever ETag it names.
    if not asked.etags or (asked.block2 is not None and asked.block2.number > 0):
        return None
    if response.code != Code.CONTENT or not set(etags) & set(asked.etags):
        return None
    kept = response.options
    return _with(
        response,
        Options(etags=kept.etags, max_age=kept.max_age, observe=kept.observe),
        b"",
        Code.VALID,
    )


def _brief(response: Message, budget: int | None) -> Message:
    """Leave out a diagnostic that one block does not hold, or an unproven address cannot have."""
    size = len(response.payload)
    if size == 0 or (size <= LARGEST_SIZE and _fits(response, budget)):
        return response
    return _with(response, response.options, b"")


def _fits(message: Message, budget: int | None) -> bool:
    return budget is None or len(encode(message)) <= budget


def _etag(body: memoryview) -> bytes:
    return blake2b(body, digest_size=_ETAG_BYTES).digest()


def _with(
    message: Message, options: Options, payload: bytes | memoryview, code: int | None = None
) -> Message:
    return Message(
        message.code if code is None else code,
        options,
        payload,
        message.type,
        message.id,
        message.token,
    )
