"""What one instruction does to the stack, as values that both instruction sets share."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class StackAddress:
    """A register that holds the function's first stack pointer less `depth` bytes."""

    depth: int


@dataclass(frozen=True, slots=True)
class Constant:
    """A register whose 32 bits are known."""

    value: int


@dataclass(frozen=True, slots=True)
class Popped:
    """A register read back from the stack: what a function returns to, if it is jumped to."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """A register that holds `base` and something that is not known: a place in a table."""

    base: int


@dataclass(frozen=True, slots=True)
class TableEntry:
    """A register that holds a word of the table at `base`."""

    base: int


Value = StackAddress | Constant | Popped | Indexed | TableEntry


@dataclass(frozen=True, slots=True)
class State:
    """What is known between two instructions: depth of the stack in bytes, registers.

    `conditional` says of the instructions under an IT to come which are executed.
    """

    depth: int = 0
    values: Mapping[int, Value] = field(default_factory=dict)
    conditional: tuple[bool, ...] = ()

    def with_value(self, register: int, value: Value | None) -> "State":
        """Return the state after `register` was set; None for a value that is not known."""
        values = {key: kept for key, kept in self.values.items() if key != register}
        if value is not None:
            values[register] = value
        return replace(self, values=values)

    def without(self, registers: set[int]) -> "State":
        """Return the state after these registers were set to something."""
        return replace(self, values={k: v for k, v in self.values.items() if k not in registers})

    def joined(self, other: "State") -> "State":
        """Return what both states, of the same depth and under the same IT, know."""
        common = {k: v for k, v in self.values.items() if other.values.get(k) == v}
        return replace(self, values=common)


@dataclass(frozen=True, slots=True)
class Step:
    """What an instruction does: the state behind it, and where control may go.

    `falls` is whether the next instruction may follow. `jumps` are addresses.
    `table` is the address of a table of addresses of which one is jumped to, and
    `offsets` says that the jump goes to a place of the same function that a table
    of offsets tells. `call` is the address of a function that comes back. `otherwise` is
    the state behind an IT whose condition does not hold. `below` is how many bytes below
    the stack pointer may be written from here on.
    """

    state: State
    falls: bool = True
    jumps: tuple[int, ...] = ()
    call: int | None = None
    table: int | None = None
    offsets: bool = False
    returns: bool = False
    otherwise: State | None = None
    below: int = 0


class NotUnderstood(Exception):
    """An instruction whose effect on the stack or on control is not known; text says why."""


class Reader(Protocol):
    """An instruction set: decodes, and says what instructions do."""

    def decode(self, code: bytes, address: int) -> Any:
        """Return the instruction at the start of `code`, None where there is none."""
        ...

    def step(self, instruction: Any, state: State, word: "Memory") -> Step:
        """Return what the instruction does; raises `NotUnderstood`."""
        ...


class Memory(Protocol):
    """The program's own bytes."""

    def word(self, address: int) -> int | None:
        """Return the 32 bits at `address`, None where the program has none."""
        ...
