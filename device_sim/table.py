"""Runtime ABI 1: the table by which a device finds and calls a model.

Little-endian: u32 magic, u16 ABI version, u16 flags, u16 inputs, u16 outputs,
u32 arena size, u32 state size, u32 stack bound, u32 init, u32 run, then for
each input and each output u32 offset in the arena and u32 size.
"""

import struct
from dataclasses import dataclass
from typing import Self

from .board import ImagePlace
from .errors import InvalidImage, Why

ABI = 1
# Where the table lies in the payload of a firmware: behind the vector table of
# Cortex-M, behind the reset entry of RISC-V. In a module it comes first.
OFFSET_IN_FIRMWARE = 0x40

MAGIC = 0x4D4C4D54
HARD_FLOAT = 0x1
_HEAD = struct.Struct("<IHHHHIIIII")
_TENSOR = struct.Struct("<II")
_MOST_TENSORS = 64


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where one input or output lies in the arena; bytes."""

    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Table:
    """One runtime table; sizes in bytes, `init` and `run` as the core branches to them."""

    flags: int
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    arena_size: int
    state_size: int
    stack_bound: int
    init: int
    run: int

    @property
    def input_size(self) -> int:
        """Bytes of all inputs one after the other."""
        return sum(tensor.size for tensor in self.inputs)

    @classmethod
    def read(cls, data: bytes, offset: int) -> Self:
        """Read the table at `offset` of a payload; raises `InvalidImage` if there is none."""
        if offset + _HEAD.size > len(data):
            raise InvalidImage(Why.FORMAT, "the payload is too short for a runtime table")
        magic, abi, flags, n_inputs, n_outputs, *sizes = _HEAD.unpack_from(data, offset)
        if magic != MAGIC:
            raise InvalidImage(Why.FORMAT, "there is no runtime table where it belongs")
        if abi != ABI:
            raise InvalidImage(Why.WRONG_TARGET, f"runtime ABI {abi}, this device has {ABI}")
        count = n_inputs + n_outputs
        start = offset + _HEAD.size
        end = start + count * _TENSOR.size
        if not (n_inputs and n_outputs and count <= _MOST_TENSORS and end <= len(data)):
            raise InvalidImage(Why.FORMAT, f"{n_inputs} inputs and {n_outputs} outputs")
        tensors = tuple(Tensor(*pair) for pair in _TENSOR.iter_unpack(data[start:end]))
        return cls(flags, tensors[:n_inputs], tensors[n_inputs:], *sizes)

    def check(self, place: ImagePlace, code: range, *, thumb: bool, hard_float: bool) -> None:
        """Raise `InvalidImage` unless the table keeps to its place and its own code.

        `thumb` and `hard_float` tell what the core needs of code addresses,
        and whether it can pass floating-point registers at all.
        """
        if self.flags & ~HARD_FLOAT or (self.flags & HARD_FLOAT and not hard_float):
            raise InvalidImage(Why.WRONG_TARGET, f"calling convention {self.flags:#x}")
        for tensor in (*self.inputs, *self.outputs):
            if not (tensor.size and tensor.offset + tensor.size <= self.arena_size):
                raise InvalidImage(Why.FORMAT, f"{tensor} is not in its arena")
        needs = (
            ("arena", self.arena_size, place.arena.size),
            ("state", self.state_size, place.state.size),
            ("stack", self.stack_bound, place.stack.size),
        )
        for name, needed, there in needs:
            if needed > there:
                raise InvalidImage(Why.NO_MEMORY, f"{name} needs {needed} B, has {there} B")
        for entry in (self.init, self.run):
            if (entry & 1) != thumb or (entry & ~1) not in code:
                raise InvalidImage(Why.FORMAT, f"{entry:#010x} is no address of its code")
