"""A call of a kernel, as data; `emit` turns it into C."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Number = int | float
Value = Number | tuple[int, ...] | Mapping[str, "Value"]
"""A member of a C structure: a number, an array of integers, or a structure."""


class CType(StrEnum):
    """The C type of what an argument points to."""

    INT8 = "int8_t"
    INT32 = "int32_t"
    FLOAT = "float"


@dataclass(frozen=True, slots=True)
class TensorArgument:
    """A pointer to a tensor, in the arena or among the constants; null if it is None."""

    role: str
    tensor: int | None
    type: CType = CType.INT8


@dataclass(frozen=True, slots=True)
class ArrayArgument:
    """A pointer to a constant array that belongs to the call, such as its multipliers."""

    role: str
    values: tuple[int, ...]
    type: CType


@dataclass(frozen=True, slots=True)
class SizeArgument:
    """A plain number of bytes."""

    value: int


Argument = TensorArgument | ArrayArgument | SizeArgument


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
