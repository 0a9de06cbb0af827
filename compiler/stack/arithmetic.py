"""Sums, differences and shifts of what is known of registers: the same on every core."""

from .flow import Constant, StackAddress, Value

WORD = 0xFFFF_FFFF


def add(left: Value | None, right: Value | None) -> Value | None:
    """Return left + right, None where it is not known."""
    match left, right:
        case (StackAddress(depth), Constant(value)) | (Constant(value), StackAddress(depth)):
            return StackAddress(depth - _signed(value))
        case Constant(one), Constant(other):
            return Constant(one + other & WORD)
    return None


def subtract(left: Value | None, right: Value | None) -> Value | None:
    """Return left - right, None where it is not known."""
    return add(left, Constant(-right.value & WORD)) if isinstance(right, Constant) else None


def shift_left(left: Value | None, right: Value | None) -> Value | None:
    """Return left << right, None where it is not known."""
    if isinstance(left, Constant) and isinstance(right, Constant) and right.value < 32:
        return Constant(left.value << right.value & WORD)
    return None


def _signed(value: int) -> int:
    return value - (1 << 32) if value & 0x8000_0000 else value
