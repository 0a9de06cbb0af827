"""The Block options: one piece of a body (RFC 7959 §2)."""

from dataclasses import dataclass
from typing import Final

from .errors import Malformed
from .numbers import Code

LARGEST_EXPONENT: Final = 6
LARGEST_SIZE: Final = 1024
LARGEST_NUMBER: Final = (1 << 20) - 1

_MORE = 0x08
_EXPONENT = 0x07
_BERT = 7


@dataclass(frozen=True, slots=True)
class Block:
    """§2.2: block `number` of `size` bytes each, and whether `more` follow."""

    number: int
    more: bool
    exponent: int = LARGEST_EXPONENT

    @property
    def size(self) -> int:
        """The block size in bytes, 16 to 1024."""
        return 16 << self.exponent

    @property
    def start(self) -> int:
        """The offset of the block's first byte in the body."""
        return self.number << (self.exponent + 4)


def decode_block(value: bytes) -> Block:
    """Read the value of a Block option, leading zeros allowed (RFC 7252 §3.2).

    Raises `Malformed`: with 4.02 for more than three bytes, as a critical option of a wrong
    length is one that is not understood (RFC 7252 §5.4.3), with 4.00 for size exponent 7.
    """
    if len(value) > 3:
        raise Malformed(
            f"a Block option has at most 3 bytes, not {len(value)} (RFC 7959 §2.2)", Code.BAD_OPTION
        )
    packed = int.from_bytes(value, "big")
    exponent = packed & _EXPONENT
    if exponent == _BERT:
        raise Malformed(
            "block size exponent 7 is reserved (RFC 7959 §2.2), BERT is of TCP alone (RFC 8323 §6)",
            Code.BAD_REQUEST,
        )
    return Block(packed >> 4, packed & _MORE != 0, exponent)


def encode_block(block: Block) -> bytes:
    """Write the value of a Block option in as few bytes as hold it, which may be none.

    Raises `ValueError` for a number or a size exponent that the option cannot tell.
    """
    number, exponent = block.number, block.exponent
    if not 0 <= number <= LARGEST_NUMBER or not 0 <= exponent <= LARGEST_EXPONENT:
        raise ValueError(f"no Block option can tell {block} (RFC 7959 §2.2)")
    packed = number << 4 | (_MORE if block.more else 0) | exponent
    return packed.to_bytes((packed.bit_length() + 7) >> 3, "big")
