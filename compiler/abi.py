"""Runtime ABI 1: what a device must know of a module to call it.

A table of little-endian words at the first byte behind the image header (in a
firmware at `FIRMWARE_TABLE_OFFSET` of the payload):

     0 u32 magic            4 u16 ABI            6 u16 flags
     8 u16 inputs          10 u16 outputs       12 u32 arena size     16 u32 state size
    20 u32 stack bound     24 u32 init          28 u32 run
    32 {u32 offset, u32 size} of each input, then of each output, in the arena

`int init(void *state)`, `int run(void *arena, void *state)`, 0 is success.
"""

from .targets.target import ImageKind

ABI = 1
MAGIC = 0x4D4C4D54  # "TMLM" in memory
FLAG_HARD_FLOAT = 1 << 0

STACK_BOUND_OFFSET = 20
HEAD_SIZE = 32

# An image header as MCUboot wants it; that of a firmware keeps the vector table aligned.
HEADER_SIZE = {ImageKind.MODULE: 0x20, ImageKind.FIRMWARE: 0x200}

# Behind the 16 entries of a vector table.
FIRMWARE_TABLE_OFFSET = 0x40


def table_offset(kind: ImageKind) -> int:
    """Return where in the payload the table starts."""
    return FIRMWARE_TABLE_OFFSET if kind is ImageKind.FIRMWARE else 0


def table_size(inputs: int, outputs: int) -> int:
    """Return the bytes of a table."""
    return HEAD_SIZE + 8 * (inputs + outputs)
