"""The table of a linked module or firmware, read as a device reads it: nothing is trusted."""

import struct
from dataclasses import dataclass

from .abi import ABI, FLAG_HARD_FLOAT, HEAD_SIZE, MAGIC, table_size
from .errors import VerificationFailed

_HEAD = struct.Struct("<IHHHHIIIII")
_PLACE = struct.Struct("<II")


@dataclass(frozen=True, slots=True)
class ModuleTable:
    """Runtime ABI 1 (`compiler.abi`); places are (offset, size) in the arena, in bytes."""

    flags: int
    arena_size: int
    state_size: int
    stack_bound: int
    init: int
    run: int
    inputs: tuple[tuple[int, int], ...]
    outputs: tuple[tuple[int, int], ...]


def read_table(data: bytes, at: int = 0) -> ModuleTable:
    """Read the table at `at`. Raises `VerificationFailed` where it contradicts itself."""
    if len(data) < at + HEAD_SIZE:
        raise VerificationFailed(f"module table: the image ends at {len(data)} B, before its table")
    magic, abi, flags, inputs, outputs, arena, state, stack, init, run = _HEAD.unpack_from(data, at)
    if (magic, abi) != (MAGIC, ABI):
        raise VerificationFailed(f"module table: magic {magic:#010x}, ABI {abi} at offset {at:#x}")
    if flags & ~FLAG_HARD_FLOAT:
        raise VerificationFailed(f"module table: unknown flags {flags:#06x}")
    if not inputs or not outputs or len(data) < at + table_size(inputs, outputs):
        raise VerificationFailed(
            f"module table: {inputs} inputs and {outputs} outputs in an image of {len(data)} B"
        )
    tensors = data[at + HEAD_SIZE : at + table_size(inputs, outputs)]
    places = tuple(_PLACE.iter_unpack(tensors))
    for number, (offset, size) in enumerate(places):
        if not size or offset + size > arena:
            raise VerificationFailed(
                f"module table: tensor {number} at {offset:#x}+{size:#x}, the arena has {arena:#x}"
            )
    return ModuleTable(flags, arena, state, stack, init, run, places[:inputs], places[inputs:])


def check_code_addresses(table: ModuleTable, start: int, end: int, *, thumb: bool) -> None:
    """Raise `VerificationFailed` unless init and run are code in addresses `start` to `end`."""
    for name, address in (("init", table.init), ("run", table.run)):
        if address & 1 != thumb or not start <= address & ~1 < end:
            raise VerificationFailed(
                f"module table: {name} at {address:#x}, the image is at {start:#x} to {end:#x}"
            )
