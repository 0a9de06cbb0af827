"""What registers of Xtensa hold: constants and stack addresses, and what is made of them."""

from collections.abc import Callable
from dataclasses import replace

from .arithmetic import WORD, add, shift_left
from .flow import Constant, Indexed, NotUnderstood, StackAddress, State, Step, Value

Compute = Callable[[Value | None, Value | None], Value | None]

SP = 1


def held(state: State, register: int) -> Value | None:
    """Return what a register holds, as far as it is known."""
    return StackAddress(state.depth) if register == SP else state.values.get(register)


def written(state: State, register: int, value: Value | None = None) -> Step:
    """Write a register; raises `NotUnderstood` where that moves the stack pointer to anywhere."""
    if register != SP:
        return Step(state.with_value(register, value))
    if not isinstance(value, StackAddress):
        raise NotUnderstood("moves the stack pointer by an amount that is not known")
    return Step(replace(state, depth=value.depth))


def added(left: Value | None, right: Value | None) -> Value | None:
    """Add, and take what is added to an address for an index into a table there."""
    match left, right:
        case (Constant(value), None) | (None, Constant(value)):
            return Indexed(value)
    return add(left, right)


def scaled(scale: int) -> Compute:
    """Return ADDX2, 4 or 8: the left one counts so many bits more."""

    def compute(left: Value | None, right: Value | None) -> Value | None:
        return added(shift_left(left, Constant(scale)), right)

    return compute


def moved(left: Value | None, right: Value | None) -> Value | None:
    """`or r, s, s` is how a register is moved."""
    return left if left == right else None


def aligned(left: Value | None, right: Value | None) -> Value | None:
    """Align a stack pointer down: it may move by all that is cleared."""
    match left, right:
        case (StackAddress(depth), Constant(mask)) | (Constant(mask), StackAddress(depth)):
            return StackAddress(depth + (~mask & WORD))
    return None
