"""Messages of this server's own layer as aiocoap's, and back: the one place where they meet."""

from typing import Any, Final

import aiocoap
from aiocoap.message import Direction
from aiocoap.numbers.types import NON

from ..coap.message import Message, decode, encode
from ..coap.numbers import VERSION, Code, Type

_HEADER: Final = 4
# RFC 8323 §6: BERT, several blocks of 1024 bytes at once, numbered as those of exponent 6 are.
_BERT: Final = 7
_LARGEST: Final = 6
# RFC 7641 §4.4; where OSCORE's numbers stand in for it, aiocoap tells them in full.
_SEQUENCES: Final = 1 << 24


def to_aiocoap(message: Message, remote: Any = None, *, incoming: bool) -> aiocoap.Message:
    """Return `message` as aiocoap knows it; `incoming` where `remote` is who sent it."""
    data = encode(Message(message.code, message.options, message.payload))
    kind = message.type if incoming else None
    translated = aiocoap.Message(code=message.code, _token=message.token, _mtype=kind)
    translated.payload = translated.opt.decode(data[_HEADER:])
    translated.remote = remote
    translated.direction = Direction.INCOMING if incoming else Direction.OUTGOING
    return translated


def from_aiocoap(message: aiocoap.Message) -> Message:
    """Return aiocoap's `message` as a value of ours. Raises `Malformed` (see `coap.decode`).

    What aiocoap let through is judged here: critical options that are unknown, for one.
    BERT becomes a block of 1024 bytes, whose payload may be several of them.
    """
    for name in ("block1", "block2"):
        block = getattr(message.opt, name)
        if block is not None and block.size_exponent == _BERT:
            message = message.copy(**{name: (block.block_number, block.more, _LARGEST)})
    observe = message.opt.observe
    if observe is not None and not 0 <= observe < _SEQUENCES:
        message = message.copy(observe=observe % _SEQUENCES)
    marked = b"\xff" + bytes(message.payload) if message.payload else b""
    header = bytes((VERSION << 6, message.code or Code.EMPTY, 0, 0))
    translated = decode(header + message.opt.encode() + marked)
    if message.mtype is NON or message.transport_tuning.reliability is False:
        translated.type = Type.NON
    return translated
