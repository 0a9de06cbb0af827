"""Answers that leave in blocks (Block2, RFC 7959 §2.4), without any state."""

from .message import Message

AMPLIFICATION = 3
"""An address that is only claimed gets at most so many times its bytes (RFC 9175 §2.4)."""


def cut(request: Message, response: Message, budget: int | None = None) -> Message:
    """Return the piece of `response` that `request` asks for, with Block2, Size2 and ETag.

    What fits in one block and was asked for without Block2 stays as it is. `budget` bounds
    the bytes of the whole datagram for an address that is not proven: blocks become smaller,
    and where the smallest does not fit either the payload is left out (4.01 with Echo is never
    required). A block beyond the end is 4.00. The handler is called for each block, so that
    a body is never kept here; an ETag is made from the content where there is none.
    """
    raise NotImplementedError
