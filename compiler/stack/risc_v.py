"""RV32IMC as far as it touches the stack (the RISC-V Instruction Set Manual, 2 and 16)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from capstone import CS_ARCH_RISCV, CS_MODE_RISCV32, CS_MODE_RISCVC, Cs
from capstone.riscv_const import (
    RISCV_OP_IMM,
    RISCV_OP_MEM,
    RISCV_OP_REG,
    RISCV_REG_RA,
    RISCV_REG_SP,
    RISCV_REG_ZERO,
)

from .arithmetic import WORD, add, shift_left, subtract
from .flow import (
    Constant,
    Indexed,
    Memory,
    NotUnderstood,
    StackAddress,
    State,
    Step,
    TableEntry,
    Value,
)

_STOPS = {"unimp", "ebreak", "mret", "dret"}
_BRANCHES = {
    *("beq", "bne", "blt", "bge", "bltu", "bgeu"),
    *("beqz", "bnez", "bltz", "bgez", "blez", "bgtz"),
}
_STORES = {"sb", "sh", "sw", "swsp"}
_SYSTEM = {"fence", "fence.i", "wfi", "ecall", "nop"}


class RiscV:
    """Reader of RV32IMC code."""

    def __init__(self) -> None:
        self._disassembler = Cs(CS_ARCH_RISCV, CS_MODE_RISCV32 | CS_MODE_RISCVC)
        self._disassembler.detail = True

    def decode(self, code: bytes, address: int) -> Any:
        """Return the instruction at the start of `code`, None where there is none."""
        return next(self._disassembler.disasm(code[:4], address, 1), None)

    def step(self, instruction: Any, state: State, word: Memory) -> Step:
        """Return what the instruction does; raises `NotUnderstood`."""
        del word  # no constants lie among RISC-V code
        name = instruction.mnemonic.removeprefix("c.")
        if control := _control(name, instruction, state):
            return control
        if name in _STORES or name in _SYSTEM or not instruction.operands:
            return Step(state)
        target = instruction.operands[0]
        if target.type != RISCV_OP_REG:
            return Step(state)
        value = _value(name, instruction, state)
        if target.reg == RISCV_REG_SP:
            if not isinstance(value, StackAddress):
                raise NotUnderstood("moves the stack pointer by an amount that is not known")
            return Step(replace(state, depth=value.depth))
        return Step(state.with_value(target.reg, value))


# ---- Control ----------------------------------------------------------------------


def _control(name: str, instruction: Any, state: State) -> Step | None:
    operands = instruction.operands
    if name in _STOPS or instruction.bytes == b"\0\0":
        return Step(state, falls=False)
    if name in _BRANCHES:
        return Step(state, jumps=(_target(instruction),))
    if name == "j":
        return Step(state, falls=False, jumps=(_target(instruction),))
    if name == "jal":
        linked = operands[0].reg if operands[0].type == RISCV_OP_REG else RISCV_REG_RA
        return _go(state, linked, _target(instruction))
    if name in {"jr", "jalr", "ret"}:
        return _register_jump(name, instruction, state)
    return None


def _register_jump(name: str, instruction: Any, state: State) -> Step:
    """`jr rs`, `jalr rs`, and `jalr rd, rs, offset` with what the capstone leaves out."""
    registers = [operand.reg for operand in instruction.operands if operand.type == RISCV_OP_REG]
    if name == "ret":
        return Step(state, falls=False, returns=True)
    offset = sum(operand.imm for operand in instruction.operands if operand.type == RISCV_OP_IMM)
    if len(registers) < 2:
        registers.insert(0, RISCV_REG_ZERO if name == "jr" else RISCV_REG_RA)
    linked, base = registers[:2]
    known = state.values.get(base)
    if isinstance(known, Constant):
        return _go(state, linked, known.value + offset & WORD)
    if linked != RISCV_REG_ZERO:
        raise NotUnderstood("calls through a pointer")
    if base == RISCV_REG_RA:
        return Step(state, falls=False, returns=True)
    if isinstance(known, TableEntry):
        return Step(state, falls=False, table=known.base)
    raise NotUnderstood("jumps through a pointer")


def _go(state: State, linked: int, target: int) -> Step:
    if linked == RISCV_REG_ZERO:
        return Step(state, falls=False, jumps=(target,))
    if linked != RISCV_REG_RA:
        raise NotUnderstood("calls with another link register")
    return Step(state.without(_CALLER_SAVED), call=target)


def _target(instruction: Any) -> int:
    """Return where a jump goes: its last operand is relative."""
    return int(instruction.address + instruction.operands[-1].imm) & WORD


# ---- Values -----------------------------------------------------------------------


def _value(name: str, instruction: Any, state: State) -> Value | None:
    """Return what the first operand holds afterwards, as far as stack pointers need it."""
    operands = instruction.operands
    if name == "auipc":
        return Constant(instruction.address + (operands[1].imm << 12) & WORD)
    if name == "lui":
        return Constant(operands[1].imm << 12 & WORD)
    if name == "lw":
        return _table_entry(operands, state)
    compute = _ARITHMETIC.get(name)
    if compute is None:
        return None
    sources = operands[1:] if len(operands) == 3 or name in {"mv", "li"} else operands
    return compute(*(_operand(operand, state) for operand in sources))


def _table_entry(operands: Any, state: State) -> Value | None:
    """Return what `lw rd, offset(rs)` loads, of which c.lw tells offset and register apart."""
    if operands[1].type == RISCV_OP_MEM:
        base, offset = operands[1].mem.base, operands[1].mem.disp
    else:
        base, offset = operands[2].reg, operands[1].imm
    place = state.values.get(base)
    return TableEntry(place.base + offset & WORD) if isinstance(place, Indexed) else None


def _operand(operand: Any, state: State) -> Value | None:
    if operand.type == RISCV_OP_IMM:
        return Constant(operand.imm & WORD)
    if operand.type != RISCV_OP_REG:
        return None
    if operand.reg == RISCV_REG_ZERO:
        return Constant(0)
    if operand.reg == RISCV_REG_SP:
        return StackAddress(state.depth)
    return state.values.get(operand.reg)


def _add(left: Value | None, right: Value | None) -> Value | None:
    """Add, and take what is added to an address for an index into a table there."""
    match left, right:
        case (Indexed(base), Constant(value)) | (Constant(value), Indexed(base)):
            return Indexed(base + value & WORD)
        case (Constant(value), None) | (None, Constant(value)):
            return Indexed(value)
    return add(left, right)


def _and(left: Value | None, right: Value | None) -> Value | None:
    """Align a stack pointer down: it may move by all that is cleared."""
    if isinstance(left, StackAddress) and isinstance(right, Constant):
        return StackAddress(left.depth + (~right.value & WORD))
    return None


def _same(value: Value | None) -> Value | None:
    return value


_ARITHMETIC: dict[str, Callable[..., Value | None]] = {
    "mv": _same,
    "li": _same,
    "add": _add,
    "addi": _add,
    "addi16sp": _add,
    "addi4spn": _add,
    "sub": subtract,
    "slli": shift_left,
    "andi": _and,
}

# ra, t0-t6, a0-a7 (RISC-V ELF psABI, 1.1)
_CALLER_SAVED = {RISCV_REG_RA + at - 1 for at in (1, 5, 6, 7, *range(10, 18), *range(28, 32))}
