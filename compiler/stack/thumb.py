"""Thumb and Thumb-2 as far as they touch the stack (Armv7-M ARM, A7)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from capstone import CS_ARCH_ARM, CS_MODE_MCLASS, CS_MODE_THUMB, CS_MODE_V8, Cs
from capstone.arm_const import (
    ARM_CC_AL,
    ARM_OP_IMM,
    ARM_OP_MEM,
    ARM_OP_REG,
    ARM_REG_LR,
    ARM_REG_PC,
    ARM_REG_SP,
)

from .arithmetic import WORD
from .flow import Constant, Memory, NotUnderstood, Popped, StackAddress, State, Step, Value
from .thumb_values import operand_of, value_of


class Thumb:
    """Reader of Cortex-M code."""

    def __init__(self) -> None:
        self._disassembler = Cs(CS_ARCH_ARM, CS_MODE_THUMB | CS_MODE_MCLASS | CS_MODE_V8)
        self._disassembler.detail = True

    def decode(self, code: bytes, address: int) -> Any:
        """Return the instruction at the start of `code`, None where there is none."""
        return next(self._disassembler.disasm(code[:4], address, 1), None)

    def step(self, instruction: Any, state: State, word: Memory) -> Step:
        """Return what the instruction does; raises `NotUnderstood`."""
        name = instruction.mnemonic.split(".")[0]
        if name.startswith("it") and set(name[1:]) <= {"t", "e"}:
            executed = tuple(letter == "t" for letter in name[1:])
            skipped = tuple(not this for this in executed)
            return Step(
                replace(state, conditional=executed),
                otherwise=replace(state, conditional=skipped),
            )
        if state.conditional:
            executes, *rest = state.conditional
            state = replace(state, conditional=tuple(rest))
            if not executes:
                return Step(state)
        return self.effect(name, instruction, state, word)

    def effect(self, name: str, instruction: Any, state: State, word: Memory) -> Step:
        """Return what an instruction that is executed does; raises `NotUnderstood`."""
        return _effect(name, instruction, state, word)


def _effect(name: str, instruction: Any, state: State, word: Memory) -> Step:
    if control := _control(name, instruction, state):
        return control
    if stack := _STACK.get(name):
        moved = stack(instruction, state)
        if moved is not None:
            return moved
    value = value_of(name, instruction, state, word)
    written = set(instruction.regs_access()[1])
    if ARM_REG_PC in written:
        return _jump(name, instruction, state, value)
    if ARM_REG_SP in written:
        if not isinstance(value, StackAddress):
            raise NotUnderstood("moves the stack pointer by an amount that is not known")
        return Step(replace(state.without(written), depth=value.depth))
    state = state.without(written)
    target = _register(instruction, 0)
    return Step(state.with_value(target, value) if target in written else state)


# ---- Control ----------------------------------------------------------------------


def _control(name: str, instruction: Any, state: State) -> Step | None:
    if found := _CONTROL.get(name):
        return found(instruction, state)
    if name[0] == "b" and _is_branch(instruction):
        always = instruction.cc in {ARM_CC_AL, 0}
        return Step(state, falls=not always, jumps=(instruction.operands[0].imm & WORD,))
    return None


def _stop(_: Any, state: State) -> Step:
    return Step(state, falls=False)


def _call(instruction: Any, state: State) -> Step:
    target = operand_of(instruction.operands[0], state)
    if not isinstance(target, Constant):
        raise NotUnderstood("calls through a pointer")
    return Step(state.without(_CALLER_SAVED), call=target.value & ~1)


def _compare(instruction: Any, state: State) -> Step:
    return Step(state, jumps=(instruction.operands[1].imm & WORD,))


def _table(_: Any, state: State) -> Step:
    return Step(state, falls=False, offsets=True)


def _exchange(instruction: Any, state: State) -> Step:
    register = instruction.operands[0].reg
    known = state.values.get(register)
    if isinstance(known, Constant):
        return Step(state, falls=False, jumps=(known.value & ~1,))
    if register == ARM_REG_LR or isinstance(known, Popped):
        return Step(state, falls=False, returns=True)
    raise NotUnderstood("jumps through a pointer")


_CONTROL: dict[str, Callable[[Any, State], Step]] = {
    "udf": _stop,
    "trap": _stop,
    "bkpt": _stop,
    "bl": _call,
    "blx": _call,
    "cbz": _compare,
    "cbnz": _compare,
    "tbb": _table,
    "tbh": _table,
    "bx": _exchange,
}


def _is_branch(instruction: Any) -> bool:
    operands = instruction.operands
    return len(operands) == 1 and operands[0].type == ARM_OP_IMM


def _jump(name: str, instruction: Any, state: State, target: Value | None) -> Step:
    """Take what writes PC otherwise: `mov pc, lr`, a veneer's constant, a table of Armv6-M."""
    if isinstance(target, Constant):
        return Step(state, falls=False, jumps=(target.value & ~1,))
    if name == "mov" and _register(instruction, 1) == ARM_REG_LR:
        return Step(state, falls=False, returns=True)
    if name in {"add", "mov", "ldr"}:
        return Step(state, falls=False, offsets=True)
    raise NotUnderstood("jumps in a way that is not known")


# ---- Stack ------------------------------------------------------------------------


def _push(instruction: Any, state: State) -> Step:
    return Step(replace(state, depth=state.depth + _bytes(instruction.operands, instruction)))


def _pop(instruction: Any, state: State) -> Step:
    return _popped(instruction.operands, instruction, state)


def _store_many(instruction: Any, state: State) -> Step | None:
    base, *registers = instruction.operands
    if base.reg != ARM_REG_SP or not instruction.writeback:
        return None
    return Step(replace(state, depth=state.depth + _bytes(registers, instruction)))


def _load_many(instruction: Any, state: State) -> Step | None:
    base, *registers = instruction.operands
    if base.reg != ARM_REG_SP or not instruction.writeback:
        return None
    return _popped(registers, instruction, state)


def _popped(registers: Any, instruction: Any, state: State) -> Step:
    after = replace(state, depth=state.depth - _bytes(registers, instruction))
    for operand in registers:
        after = after.with_value(operand.reg, Popped())
    returns = any(operand.reg == ARM_REG_PC for operand in registers)
    return Step(after, falls=not returns, returns=returns)


def _bytes(registers: Any, instruction: Any) -> int:
    """Bytes of a register list: D registers have 8, Q ones 16."""
    sizes = {"d": 8, "q": 16}
    names = [instruction.reg_name(operand.reg) for operand in registers]
    return sum(sizes.get(name[0], 4) if name[1:].isdigit() else 4 for name in names)


def _store(instruction: Any, state: State) -> Step | None:
    """`str r, [sp, #-n]!`."""
    moved = _write_back(instruction)
    return None if moved is None else Step(replace(state, depth=state.depth - moved))


def _load(instruction: Any, state: State) -> Step | None:
    """`ldr r, [sp], #n`."""
    moved = _write_back(instruction)
    if moved is None:
        return None
    loaded = [operand for operand in instruction.operands if operand.type == ARM_OP_REG]
    after = _popped(loaded, instruction, state)
    return replace(after, state=replace(after.state, depth=state.depth - moved))


def _write_back(instruction: Any) -> int | None:
    """Return by how much a load or store moves SP, None where it does not."""
    operands = instruction.operands
    place = next((at for at, operand in enumerate(operands) if operand.type == ARM_OP_MEM), None)
    if place is None or operands[place].mem.base != ARM_REG_SP or not instruction.writeback:
        return None
    if place + 1 < len(operands):  # post-indexed
        amount = int(operands[place + 1].imm)
        return -amount if operands[place + 1].subtracted else amount
    return int(operands[place].mem.disp)


_STACK: dict[str, Callable[[Any, State], Step | None]] = {
    "push": _push,
    "vpush": _push,
    "pop": _pop,
    "vpop": _pop,
    "stmdb": _store_many,
    "vstmdb": _store_many,
    "ldm": _load_many,
    "ldmia": _load_many,
    "vldmia": _load_many,
    "str": _store,
    "strd": _store,
    "ldr": _load,
    "ldrd": _load,
}


def _register(instruction: Any, position: int) -> int:
    operands = instruction.operands
    if position < len(operands) and operands[position].type == ARM_OP_REG:
        return int(operands[position].reg)
    return 0


# r0-r3, r12 and lr (AAPCS 6.1.1)
_CALLER_SAVED = {66, 67, 68, 69, 78, ARM_REG_LR}
