"""Xtensa, both ABIs, as far as it touches the stack (Xtensa ISA Reference Manual, 6 to 8).

Capstone 5 does not know Xtensa. Of the core ISA, its options and the instructions of
ESP32 it takes no more than which general registers they write and where they go.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

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
from .xtensa_word import Instruction, decode, signed

_Effect = Callable[[Instruction, State, Memory], Step]
_Compute = Callable[[Value | None, Value | None], Value | None]

_SP = 1

# Windowed ABI, 8.1.5: a leaf's callers may be spilled into 16 bytes below its frame.
_SPILLED = 16


class Xtensa:
    """Reader of Xtensa code."""

    def decode(self, code: bytes, address: int) -> Instruction | None:
        """Return the instruction at the start of `code`, None where there is none."""
        return decode(code, address)

    def step(self, instruction: Instruction, state: State, word: Memory) -> Step:
        """Return what the instruction does; raises `NotUnderstood`."""
        return _BY_OP0[instruction.op0](instruction, state, word)


# ---- What registers hold ------------------------------------------------------------


def _get(state: State, register: int) -> Value | None:
    return StackAddress(state.depth) if register == _SP else state.values.get(register)


def _set(state: State, register: int, value: Value | None = None) -> Step:
    if register != _SP:
        return Step(state.with_value(register, value))
    if not isinstance(value, StackAddress):
        raise NotUnderstood("moves the stack pointer by an amount that is not known")
    return Step(replace(state, depth=value.depth))


def _sum(left: Value | None, right: Value | None) -> Value | None:
    """Add, and take what is added to an address for an index into a table there."""
    match left, right:
        case (Constant(value), None) | (None, Constant(value)):
            return Indexed(value)
    return add(left, right)


def _scaled(scale: int) -> _Compute:
    def compute(left: Value | None, right: Value | None) -> Value | None:
        return _sum(shift_left(left, Constant(scale)), right)

    return compute


def _or(left: Value | None, right: Value | None) -> Value | None:
    """`or r, s, s` is how a register is moved."""
    return left if left == right else None


def _and(left: Value | None, right: Value | None) -> Value | None:
    """Align a stack pointer down: it may move by all that is cleared."""
    match left, right:
        case (StackAddress(depth), Constant(mask)) | (Constant(mask), StackAddress(depth)):
            return StackAddress(depth + (~mask & WORD))
    return None


# ---- Where control goes -------------------------------------------------------------


def _stop(_: Instruction, state: State, __: Memory) -> Step:
    return Step(state, falls=False)


def _pass(_: Instruction, state: State, __: Memory) -> Step:
    return Step(state)


def _refuse(*_: object) -> Step:
    raise NotUnderstood("is none that compiled code has")


def _called(state: State, target: int, window: int) -> Step:
    """Return what a call leaves: CALL4, 8 and 12 keep the registers below their window."""
    lost = {0, *range(2, 12)} if window == 0 else set(range(4 * window, 16))
    return Step(state.without(lost), call=target)


def _returns(_: Instruction, state: State, __: Memory) -> Step:
    return Step(state, falls=False, returns=True)


def _returns_window(_: Instruction, state: State, __: Memory) -> Step:
    """RETW brings the caller's window back, its stack pointer with it."""
    return Step(replace(state, depth=0), falls=False, returns=True)


def _jump_register(instruction: Instruction, state: State, _: Memory) -> Step:
    """JX: through a table of addresses, or as far as a J does not reach."""
    target = _get(state, instruction.s)
    if isinstance(target, Constant):
        return Step(state, falls=False, jumps=(target.value,))
    if isinstance(target, TableEntry):
        return Step(state, falls=False, table=target.base)
    raise NotUnderstood("jumps through a pointer")


def _call_register(instruction: Instruction, state: State, _: Memory) -> Step:
    """CALLX0, 4, 8 and 12."""
    target = _get(state, instruction.s)
    if not isinstance(target, Constant):
        raise NotUnderstood("calls through a pointer")
    return _called(state, target.value, instruction.t & 3)


def _call(instruction: Instruction, state: State, _: Memory) -> Step:
    """CALL0, 4, 8 and 12: words from the next aligned one."""
    offset = signed(instruction.bits >> 6, 18) << 2
    target = (instruction.address & ~3) + offset + 4 & WORD
    return _called(state, target, instruction.t & 3)


def _branch(instruction: Instruction, state: State, _: Memory) -> Step:
    """B with 8 bits of distance."""
    return Step(state, jumps=(instruction.address + 4 + instruction.imm8 & WORD,))


def _loop(instruction: Instruction, state: State, _: Memory) -> Step:
    """LOOP, LOOPNEZ, LOOPGTZ: the end is at the loop's own depth, and nothing else is known."""
    end = instruction.address + 4 + (instruction.bits >> 16 & 0xFF)
    return Step(State(state.depth), jumps=(end & WORD,))


def _immediate(instruction: Instruction, state: State, word: Memory) -> Step:
    """SI: J, branches against zero and against constants, ENTRY, loops."""
    n, m = instruction.t & 3, instruction.t >> 2
    if n == 0:
        offset = signed(instruction.bits >> 6, 18)
        return Step(state, falls=False, jumps=(instruction.address + 4 + offset & WORD,))
    if n == 1:
        offset = signed(instruction.bits >> 12, 12)
        return Step(state, jumps=(instruction.address + 4 + offset & WORD,))
    if n == 3 and m == 0:
        return _entry(instruction, state)
    if n == 3 and m == 1:
        return _BY_LOOP.get(instruction.r, _refuse)(instruction, state, word)
    return _branch(instruction, state, word)


def _entry(instruction: Instruction, state: State) -> Step:
    """ENTRY: a frame, and what an overflow of the register window writes below it."""
    if instruction.s != _SP or state.depth:
        raise NotUnderstood("is no start of a function")
    frame = (instruction.bits >> 12) << 3
    return Step(replace(state, depth=frame), below=_SPILLED)


_BY_LOOP: Mapping[int, _Effect] = {
    **dict.fromkeys((0, 1), _branch),  # BF, BT
    **dict.fromkeys((8, 9, 10), _loop),
}


# ---- By major opcode ----------------------------------------------------------------


def _writes_r(instruction: Instruction, state: State, _: Memory) -> Step:
    return _set(state, instruction.r)


def _writes_s(instruction: Instruction, state: State, _: Memory) -> Step:
    return _set(state, instruction.s)


def _writes_t(instruction: Instruction, state: State, _: Memory) -> Step:
    return _set(state, instruction.t)


def _special(instruction: Instruction, state: State, word: Memory) -> Step:
    """ST0: returns, jumps and calls through registers, synchronisation, exceptions."""
    if instruction.r == 0:
        n, m = instruction.t & 3, instruction.t >> 2
        if m == 3:
            return _call_register(instruction, state, word)
        if m == 2:
            ways = (_returns, _returns_window, _jump_register, _refuse)
            return ways[n](instruction, state, word)
        return _stop(instruction, state, word)  # ILL
    return _BY_ST0.get(instruction.r, _refuse)(instruction, state, word)


_BY_ST0: Mapping[int, _Effect] = {
    1: _writes_t,  # MOVSP
    2: _pass,  # ISYNC and its like
    4: _stop,  # BREAK
    **dict.fromkeys((8, 9, 10, 11), _pass),  # ANY4, ALL4, ANY8, ALL8: booleans
}


def _shift_amount(instruction: Instruction, state: State, _: Memory) -> Step:
    """ST1: sets the shift amount, or counts leading bits."""
    if instruction.r in {14, 15}:  # NSA, NSAU
        return _set(state, instruction.t)
    if instruction.r in {0, 1, 2, 3, 4}:
        return Step(state)
    raise NotUnderstood("is none that compiled code has")


def _arithmetic(instruction: Instruction, state: State, _: Memory) -> Step:
    compute = _COMPUTED[instruction.op2]
    value = compute(_get(state, instruction.s), _get(state, instruction.t))
    return _set(state, instruction.r, value)


_COMPUTED: Mapping[int, _Compute] = {
    1: _and,
    2: _or,
    8: _sum,
    9: _scaled(1),
    10: _scaled(2),
    11: _scaled(3),
    12: subtract,
}


def _shift(instruction: Instruction, state: State, _: Memory) -> Step:
    """SLLI: sa is 32 less what is encoded."""
    amount = 32 - (instruction.t | (instruction.op2 & 1) << 4)
    value = shift_left(_get(state, instruction.s), Constant(amount))
    return _set(state, instruction.r, value)


# By (op1, op2).
_BY_QRST: Mapping[tuple[int, int], _Effect] = {
    (0, 0): _special,
    **{(0, op2): _arithmetic for op2 in _COMPUTED},
    (0, 3): _writes_r,  # XOR
    (0, 4): _shift_amount,
    (0, 6): _writes_r,  # NEG, ABS
    **{(0, op2): _writes_r for op2 in (13, 14, 15)},  # SUBX2, SUBX4, SUBX8
    **{(1, op2): _shift for op2 in (0, 1)},
    **{(1, op2): _writes_r for op2 in (2, 3, 4, 8, 9, 10, 11, 12, 13)},  # shifts, 16-bit products
    (1, 6): _writes_t,  # XSR
    **{(2, op2): _pass for op2 in range(5)},  # ANDB to XORB: booleans
    **{(2, op2): _writes_r for op2 in (6, 7, 8, 10, 11, 12, 13, 14, 15)},  # products, quotients
    (3, 0): _writes_t,  # RSR
    (3, 1): _pass,  # WSR
    **{(3, op2): _writes_r for op2 in range(2, 15)},  # SEXT to MOVT, RUR
    (3, 15): _pass,  # WUR
    **{(op1, op2): _writes_r for op1 in (4, 5) for op2 in range(16)},  # EXTUI
    **{(8, op2): _pass for op2 in (0, 4)},  # LSX, SSX
    **{(8, op2): _writes_s for op2 in (1, 5)},  # LSXU, SSXU
    **{(10, op2): _pass for op2 in range(16)},  # of floating-point registers
    **{(10, op2): _writes_r for op2 in (8, 9, 10, 11, 14)},  # ROUND.S to CEIL.S, UTRUNC.S
    **{(11, op2): _pass for op2 in range(16)},  # comparisons and moves of floats
}


def _registers(instruction: Instruction, state: State, word: Memory) -> Step:
    """QRST: what works on registers."""
    if (instruction.op1, instruction.op2, instruction.t) == (10, 15, 4):
        return _set(state, instruction.r)  # RFR
    found = _BY_QRST.get((instruction.op1, instruction.op2), _refuse)
    return found(instruction, state, word)


def _literal(instruction: Instruction, state: State, word: Memory) -> Step:
    """L32R: a word up to 256 KiB before."""
    offset = (0xFFFF << 16 | instruction.bits >> 8 & 0xFFFF) << 2
    found = word.word((instruction.address + 3 & ~3) + offset & WORD)
    return _set(state, instruction.t, None if found is None else Constant(found))


def _move_constant(instruction: Instruction, state: State, _: Memory) -> Step:
    """MOVI."""
    value = signed(instruction.s << 8 | instruction.bits >> 16 & 0xFF, 12)
    return _set(state, instruction.t, Constant(value & WORD))


def _add_constant(instruction: Instruction, state: State, _: Memory) -> Step:
    """ADDI, and ADDMI, which adds 256 times its constant."""
    constant = instruction.imm8 << (8 if instruction.r == 13 else 0)
    value = add(_get(state, instruction.s), Constant(constant & WORD))
    return _set(state, instruction.t, value)


def _load(instruction: Instruction, state: State, _: Memory) -> Step:
    """L32I."""
    offset = (instruction.bits >> 16 & 0xFF) << 2
    return _set(state, instruction.t, _loaded(_get(state, instruction.s), offset))


_BY_LSAI: Mapping[int, _Effect] = {
    **dict.fromkeys((0, 1, 9, 11, 14), _writes_t),  # L8UI, L16UI, L16SI, L32AI, S32C1I
    2: _load,
    **dict.fromkeys((4, 5, 6, 7, 15), _pass),  # S8I, S16I, S32I, cache, S32RI
    10: _move_constant,
    **dict.fromkeys((12, 13), _add_constant),
}


def _memory(instruction: Instruction, state: State, word: Memory) -> Step:
    """LSAI: loads and stores, and what adds or moves a constant."""
    return _BY_LSAI.get(instruction.r, _refuse)(instruction, state, word)


def _loaded(base: Value | None, offset: int) -> Value | None:
    return TableEntry(base.base + offset & WORD) if isinstance(base, Indexed) else None


def _floats(instruction: Instruction, state: State, _: Memory) -> Step:
    """LSCI: loads and stores of floating-point registers, with update or without."""
    return _set(state, instruction.s) if instruction.r & 8 else Step(state)


def _multiply_add(instruction: Instruction, state: State, _: Memory) -> Step:
    """MAC16: those that load move the address."""
    loads = instruction.op2 in {0, 1, 4, 5, 8, 9}
    return _set(state, instruction.s) if loads else Step(state)


def _narrow_load(instruction: Instruction, state: State, _: Memory) -> Step:
    source = _get(state, instruction.s)
    return _set(state, instruction.t, _loaded(source, instruction.r << 2))


def _narrow_add(instruction: Instruction, state: State, _: Memory) -> Step:
    value = _sum(_get(state, instruction.s), _get(state, instruction.t))
    return _set(state, instruction.r, value)


def _narrow_add_constant(instruction: Instruction, state: State, _: Memory) -> Step:
    constant = Constant((instruction.t or -1) & WORD)
    return _set(state, instruction.r, add(_get(state, instruction.s), constant))


def _narrow_constant(instruction: Instruction, state: State, _: Memory) -> Step:
    """ST2: MOVI.N, from -32 to 95, and BEQZ.N and BNEZ.N, forwards only."""
    value = (instruction.t & 7) << 4 | instruction.r
    if instruction.t < 8:
        return _set(state, instruction.s, Constant((value - 128 if value > 95 else value) & WORD))
    return Step(state, jumps=(instruction.address + 4 + (value & 63) & WORD,))


def _narrow_move(instruction: Instruction, state: State, word: Memory) -> Step:
    """ST3: MOV.N, and what has no operands."""
    if instruction.r == 0:
        return _set(state, instruction.t, _get(state, instruction.s))
    if instruction.r != 15:
        return _refuse()
    ways = {0: _returns, 1: _returns_window, 2: _stop, 3: _pass, 6: _stop}
    return ways.get(instruction.t, _refuse)(instruction, state, word)


_BY_OP0: tuple[_Effect, ...] = (
    _registers,
    _literal,
    _memory,
    _floats,
    _multiply_add,
    _call,
    _immediate,
    _branch,
    _narrow_load,
    _pass,  # S32I.N
    _narrow_add,
    _narrow_add_constant,
    _narrow_constant,
    _narrow_move,
)
