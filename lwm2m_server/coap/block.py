"""The Block options: one piece of a body (RFC 7959 §2)."""

from dataclasses import dataclass
from typing import Final

LARGEST_EXPONENT: Final = 6
LARGEST_SIZE: Final = 1024


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
