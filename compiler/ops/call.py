"""Calls of kernels, as data; `emit` turns them into C."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Number = int | float
Value = Number | tuple[int, ...] | Mapping[str, "Value"]
"""A member of a C structure: a number, an array of integers, or a structure."""


class CType(StrEnum):
    """The C type of what an argument points to."""

    INT8 = "int8_t"
    INT16 = "int16_t"
    INT32 = "int32_t"
    FLOAT = "float"

    @property
    def dtype(self) -> np.dtype[Any]:
        """The elements' layout in memory: little endian."""
        return np.dtype(_LAYOUTS[self])


_LAYOUTS = {CType.INT8: "<i1", CType.INT16: "<i2", CType.INT32: "<i4", CType.FLOAT: "<f4"}


@dataclass(frozen=True, slots=True)
class TensorArgument:
    """A pointer to a tensor, in the arena or among the constants; null if it is None.

    `offset` is in bytes, from the tensor's first, and keeps to the alignment of `type`.
    """

    role: str
    tensor: int | None
    type: CType = CType.INT8
    offset: int = 0


@dataclass(frozen=True, slots=True)
class ArrayArgument:
    """A pointer to a constant array of the operator's own, such as its multipliers.

    Equal arrays are one, whichever operators they belong to; an operator's arrays of one role
    must be equal.
    """

    role: str
    type: CType
    data: bytes = field(repr=False)

    @classmethod
    def of(cls, role: str, values: ArrayLike, type_: CType) -> Self:
        """Return the argument for `values`, all of which `type_` can hold."""
        array = np.asarray(values)
        cast = array.astype(type_.dtype)
        if not np.array_equal(cast, array):
            raise ValueError(f"{role}: {type_} cannot hold all values")
        return cls(role, type_, cast.tobytes())

    @property
    def values(self) -> NDArray[Any]:
        """The elements, in one dimension."""
        return np.frombuffer(self.data, self.type.dtype)


@dataclass(frozen=True, slots=True)
class ScratchArgument:
    """A pointer into the step's scratch memory, whose contents no other step sees.

    `offset` is in bytes and keeps to the alignment of `type`; the memory begins at a
    multiple of 4.
    """

    type: CType = CType.INT8
    offset: int = 0


@dataclass(frozen=True, slots=True)
class SizeArgument:
    """A plain number: of bytes, or one byte."""

    value: int


Argument = TensorArgument | ArrayArgument | ScratchArgument | SizeArgument


@dataclass(frozen=True, slots=True)
class Call:
    """`function(&parameters, arguments...)`, computed by the kernel's files.

    `parameters` are the members of `struct <structure>`, which the call gets as
    its first argument; None where the function takes none. `headers` are included
    by model.c; `sources` are compiled beside it; what those include by quotes
    comes along.
    """

    function: str
    arguments: tuple[Argument, ...]
    structure: str | None = None
    parameters: Mapping[str, Value] = field(default_factory=dict)
    headers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def kernel(
    name: str, parameters: Mapping[str, Value], *arguments: Argument, structure: str = ""
) -> Call:
    """Return the call of `tml_<name>` of kernels/<name>.c; its structure has the same name."""
    return Call(
        function=f"tml_{name}",
        arguments=arguments,
        structure=f"tml_{structure or name}",
        parameters=parameters,
        headers=(f"{name}.h",),
        sources=(f"{name}.c",),
    )


def copy(source: TensorArgument, result: TensorArgument, size: int) -> Call:
    """Return the copy of `size` bytes."""
    return Call("memcpy", (result, source, SizeArgument(size)), headers=("<string.h>",))


@dataclass(frozen=True, slots=True)
class Overlap:
    """How the output of a step may lie over an input that no later step reads.

    Both are tensor numbers. The output must begin at least `distance` bytes before the
    input does (or behind it, by -distance at most, where that is negative): then whatever
    the step writes lies on what it has read for the last time. 0 is in place.
    """

    input: int
    output: int
    distance: int


@dataclass(frozen=True, slots=True)
class Lowered:
    """How an operator is computed: calls in order, bytes of scratch memory, and overlaps."""

    calls: tuple[Call, ...]
    scratch: int = 0
    overlaps: tuple[Overlap, ...] = ()

    @property
    def arguments(self) -> Iterable[Argument]:
        """The arguments of all calls."""
        return (argument for call in self.calls for argument in call.arguments)
