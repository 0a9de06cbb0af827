"""Xtensa, both ABIs, as far as it touches the stack (Xtensa ISA Reference Manual, 6 to 8).

Capstone 5 does not know Xtensa. Of the core ISA, its options and the instructions of
ESP32 it takes no more than which general registers they write and where they go.
"""

from collections.abc import Mapping

from .arithmetic import WORD, add, shift_left, subtract
from .flow import Constant, Indexed, Memory, NotUnderstood, State, Step, TableEntry, Value
from .xtensa_control import (
    Effect,
    branch,
    call,
    call_register,
    go_on,
    immediate,
    jump_register,
    refuse,
    returns,
    returns_window,
    stop,
)
from .xtensa_values import Compute, added, aligned, held, moved, scaled, written
from .xtensa_word import Instruction, decode, signed


class Xtensa:
    """Reader of Xtensa code."""

    def decode(self, code: bytes, address: int) -> Instruction | None:
        """Return the instruction at the start of `code`, None where there is none."""
        return decode(code, address)

    def step(self, instruction: Instruction, state: State, word: Memory) -> Step:
        """Return what the instruction does; raises `NotUnderstood`."""
        return _BY_OP0[instruction.op0](instruction, state, word)


def _writes_r(instruction: Instruction, state: State, _: Memory) -> Step:
    return written(state, instruction.r)


def _writes_s(instruction: Instruction, state: State, _: Memory) -> Step:
    return written(state, instruction.s)


def _writes_t(instruction: Instruction, state: State, _: Memory) -> Step:
    return written(state, instruction.t)


def _special(instruction: Instruction, state: State, word: Memory) -> Step:
    """ST0: returns, jumps and calls through registers, synchronisation, exceptions."""
    if instruction.r == 0:
        n, m = instruction.t & 3, instruction.t >> 2
        if m == 3:
            return call_register(instruction, state, word)
        if m == 2:
            ways = (returns, returns_window, jump_register, refuse)
            return ways[n](instruction, state, word)
        return stop(instruction, state, word)  # ILL
    return _BY_ST0.get(instruction.r, refuse)(instruction, state, word)


_BY_ST0: Mapping[int, Effect] = {
    1: _writes_t,  # MOVSP
    2: go_on,  # ISYNC and its like
    4: stop,  # BREAK
    **dict.fromkeys((8, 9, 10, 11), go_on),  # ANY4, ALL4, ANY8, ALL8: booleans
}


def _shift_amount(instruction: Instruction, state: State, _: Memory) -> Step:
    """ST1: sets the shift amount, or counts leading bits."""
    if instruction.r in {14, 15}:  # NSA, NSAU
        return written(state, instruction.t)
    if instruction.r in {0, 1, 2, 3, 4}:
        return Step(state)
    raise NotUnderstood("is none that compiled code has")


def _arithmetic(instruction: Instruction, state: State, _: Memory) -> Step:
    compute = _COMPUTED[instruction.op2]
    value = compute(held(state, instruction.s), held(state, instruction.t))
    return written(state, instruction.r, value)


_COMPUTED: Mapping[int, Compute] = {
    1: aligned,
    2: moved,
    8: added,
    9: scaled(1),
    10: scaled(2),
    11: scaled(3),
    12: subtract,
}


def _shift(instruction: Instruction, state: State, _: Memory) -> Step:
    """SLLI: sa is 32 less what is encoded."""
    amount = 32 - (instruction.t | (instruction.op2 & 1) << 4)
    value = shift_left(held(state, instruction.s), Constant(amount))
    return written(state, instruction.r, value)


# By (op1, op2).
_BY_QRST: Mapping[tuple[int, int], Effect] = {
    (0, 0): _special,
    **{(0, op2): _arithmetic for op2 in _COMPUTED},
    (0, 3): _writes_r,  # XOR
    (0, 4): _shift_amount,
    (0, 6): _writes_r,  # NEG, ABS
    **{(0, op2): _writes_r for op2 in (13, 14, 15)},  # SUBX2, SUBX4, SUBX8
    **{(1, op2): _shift for op2 in (0, 1)},
    **{(1, op2): _writes_r for op2 in (2, 3, 4, 8, 9, 10, 11, 12, 13)},  # shifts, 16-bit products
    (1, 6): _writes_t,  # XSR
    **{(2, op2): go_on for op2 in range(5)},  # ANDB to XORB: booleans
    **{(2, op2): _writes_r for op2 in (6, 7, 8, 10, 11, 12, 13, 14, 15)},  # products, quotients
    (3, 0): _writes_t,  # RSR
    (3, 1): go_on,  # WSR
    **{(3, op2): _writes_r for op2 in range(2, 15)},  # SEXT to MOVT, RUR
    (3, 15): go_on,  # WUR
    **{(op1, op2): _writes_r for op1 in (4, 5) for op2 in range(16)},  # EXTUI
    **{(8, op2): go_on for op2 in (0, 4)},  # LSX, SSX
    **{(8, op2): _writes_s for op2 in (1, 5)},  # LSXU, SSXU
    **{(10, op2): go_on for op2 in range(16)},  # of floating-point registers
    **{(10, op2): _writes_r for op2 in (8, 9, 10, 11, 14)},  # ROUND.S to CEIL.S, UTRUNC.S
    **{(11, op2): go_on for op2 in range(16)},  # comparisons and moves of floats
}


def _registers(instruction: Instruction, state: State, word: Memory) -> Step:
    """QRST: what works on registers."""
    if (instruction.op1, instruction.op2, instruction.t) == (10, 15, 4):
        return written(state, instruction.r)  # RFR
    found = _BY_QRST.get((instruction.op1, instruction.op2), refuse)
    return found(instruction, state, word)


def _literal(instruction: Instruction, state: State, word: Memory) -> Step:
    """L32R: a word up to 256 KiB before."""
    offset = (0xFFFF << 16 | instruction.bits >> 8 & 0xFFFF) << 2
    found = word.word((instruction.address + 3 & ~3) + offset & WORD)
    return written(state, instruction.t, None if found is None else Constant(found))


def _move_constant(instruction: Instruction, state: State, _: Memory) -> Step:
    """MOVI."""
    value = signed(instruction.s << 8 | instruction.bits >> 16 & 0xFF, 12)
    return written(state, instruction.t, Constant(value & WORD))


def _add_constant(instruction: Instruction, state: State, _: Memory) -> Step:
    """ADDI, and ADDMI, which adds 256 times its constant."""
    constant = instruction.imm8 << (8 if instruction.r == 13 else 0)
    value = add(held(state, instruction.s), Constant(constant & WORD))
    return written(state, instruction.t, value)


def _load(instruction: Instruction, state: State, _: Memory) -> Step:
    """L32I."""
    offset = (instruction.bits >> 16 & 0xFF) << 2
    return written(state, instruction.t, _loaded(held(state, instruction.s), offset))


_BY_LSAI: Mapping[int, Effect] = {
    **dict.fromkeys((0, 1, 9, 11, 14), _writes_t),  # L8UI, L16UI, L16SI, L32AI, S32C1I
    2: _load,
    **dict.fromkeys((4, 5, 6, 7, 15), go_on),  # S8I, S16I, S32I, cache, S32RI
    10: _move_constant,
    **dict.fromkeys((12, 13), _add_constant),
}


def _memory(instruction: Instruction, state: State, word: Memory) -> Step:
    """LSAI: loads and stores, and what adds or moves a constant."""
    return _BY_LSAI.get(instruction.r, refuse)(instruction, state, word)


def _loaded(base: Value | None, offset: int) -> Value | None:
    return TableEntry(base.base + offset & WORD) if isinstance(base, Indexed) else None


def _floats(instruction: Instruction, state: State, _: Memory) -> Step:
    """LSCI: loads and stores of floating-point registers, with update or without."""
    return written(state, instruction.s) if instruction.r & 8 else Step(state)


def _multiply_add(instruction: Instruction, state: State, _: Memory) -> Step:
    """MAC16: those that load move the address."""
    loads = instruction.op2 in {0, 1, 4, 5, 8, 9}
    return written(state, instruction.s) if loads else Step(state)


def _narrow_load(instruction: Instruction, state: State, _: Memory) -> Step:
    source = held(state, instruction.s)
    return written(state, instruction.t, _loaded(source, instruction.r << 2))


def _narrow_add(instruction: Instruction, state: State, _: Memory) -> Step:
    value = added(held(state, instruction.s), held(state, instruction.t))
    return written(state, instruction.r, value)


def _narrow_add_constant(instruction: Instruction, state: State, _: Memory) -> Step:
    constant = Constant((instruction.t or -1) & WORD)
    return written(state, instruction.r, add(held(state, instruction.s), constant))


def _narrow_constant(instruction: Instruction, state: State, _: Memory) -> Step:
    """ST2: MOVI.N, from -32 to 95, and BEQZ.N and BNEZ.N, forwards only."""
    value = (instruction.t & 7) << 4 | instruction.r
    if instruction.t < 8:
        return written(
            state, instruction.s, Constant((value - 128 if value > 95 else value) & WORD)
        )
    return Step(state, jumps=(instruction.address + 4 + (value & 63) & WORD,))


def _narrow_move(instruction: Instruction, state: State, word: Memory) -> Step:
    """ST3: MOV.N, and what has no operands."""
    if instruction.r == 0:
        return written(state, instruction.t, held(state, instruction.s))
    if instruction.r != 15:
        return refuse()
    ways = {0: returns, 1: returns_window, 2: stop, 3: go_on, 6: stop}
    return ways.get(instruction.t, refuse)(instruction, state, word)


_BY_OP0: tuple[Effect, ...] = (
    _registers,
    _literal,
    _memory,
    _floats,
    _multiply_add,
    call,
    immediate,
    branch,
    _narrow_load,
    go_on,  # S32I.N
    _narrow_add,
    _narrow_add_constant,
    _narrow_constant,
    _narrow_move,
)
