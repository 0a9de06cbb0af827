"""What registers of a Cortex-M hold after an instruction: constants and stack addresses."""

from collections.abc import Callable
from typing import Any

from capstone.arm_const import ARM_OP_IMM, ARM_OP_MEM, ARM_OP_REG, ARM_REG_PC, ARM_REG_SP

from .arithmetic import WORD, add, shift_left, subtract
from .flow import Constant, Memory, StackAddress, State, Value


def value_of(name: str, instruction: Any, state: State, word: Memory) -> Value | None:
    """Return what the first operand holds afterwards, as far as stack pointers need it."""
    operands = instruction.operands
    if name == "ldr" and len(operands) > 1 and operands[1].type == ARM_OP_MEM:
        memory = operands[1].mem
        if memory.base == ARM_REG_PC and not memory.index:
            loaded = word.word(((instruction.address + 4) & ~3) + memory.disp)
            return None if loaded is None else Constant(loaded)
        return None
    if name not in _ARITHMETIC or not 2 <= len(operands) <= 3:
        return None
    sources = operands[1:] if len(operands) == 3 or name in _MOVES else operands
    values = [operand_of(operand, state) for operand in sources]
    if any(value is None for value in values):
        return None
    if name in {"movt", "bfc"}:
        old = state.values.get(operands[0].reg)
        values = [old, *values]
    return _ARITHMETIC[name](*values)


def operand_of(operand: Any, state: State) -> Value | None:
    """Return what an operand is, as far as it is known."""
    if operand.type == ARM_OP_IMM:
        return Constant(operand.imm & WORD)
    if operand.type != ARM_OP_REG or operand.shift.type:
        return None
    if operand.reg == ARM_REG_SP:
        return StackAddress(state.depth)
    return state.values.get(operand.reg)


def _negate(value: Value | None, zero: Value | None = None) -> Value | None:
    del zero
    return Constant(-value.value & WORD) if isinstance(value, Constant) else None


def _invert(value: Value | None) -> Value | None:
    return Constant(~value.value & WORD) if isinstance(value, Constant) else None


def _clear(left: Value | None, right: Value | None) -> Value | None:
    """Align a stack pointer down: it may move by all that is cleared."""
    if isinstance(left, StackAddress) and isinstance(right, Constant):
        return StackAddress(left.depth + right.value)
    return None


def _clear_field(old: Value | None, lowest: Value | None, width: Value | None) -> Value | None:
    """Align a stack pointer down as `_clear` does."""
    if lowest != Constant(0):
        return None
    return _clear(old, subtract(shift_left(Constant(1), width), Constant(1)))


def _top(old: Value | None, value: Value | None) -> Value | None:
    if isinstance(old, Constant) and isinstance(value, Constant):
        return Constant(old.value & 0xFFFF | value.value << 16)
    return None


def _same(value: Value | None) -> Value | None:
    return value


_MOVES = {"mov", "movs", "movw", "movt", "mvn", "mvns"}
_ARITHMETIC: dict[str, Callable[..., Value | None]] = {
    "mov": _same,
    "movs": _same,
    "movw": _same,
    "movt": _top,
    "mvn": _invert,
    "mvns": _invert,
    "add": add,
    "adds": add,
    "addw": add,
    "sub": subtract,
    "subs": subtract,
    "subw": subtract,
    "lsl": shift_left,
    "lsls": shift_left,
    "rsb": _negate,
    "rsbs": _negate,
    "bic": _clear,
    "bfc": _clear_field,
}
