"""Where control goes in Xtensa code: jumps, branches, calls, loops and frames."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from .arithmetic import WORD
from .flow import Constant, Memory, NotUnderstood, State, Step, TableEntry
from .xtensa_values import SP, held
from .xtensa_word import Instruction, signed

Effect = Callable[[Instruction, State, Memory], Step]

# Windowed ABI, 8.1.5: a leaf's callers may be spilled into 16 bytes below its frame.
_SPILLED = 16


def stop(_: Instruction, state: State, __: Memory) -> Step:
    """Go nowhere."""
    return Step(state, falls=False)


def go_on(_: Instruction, state: State, __: Memory) -> Step:
    """Change nothing that is known."""
    return Step(state)


def refuse(*_: object) -> Step:
    """Raise `NotUnderstood`."""
    raise NotUnderstood("is none that compiled code has")


def _called(state: State, target: int, window: int) -> Step:
    """Return what a call leaves: CALL4, 8 and 12 keep the registers below their window."""
    lost = {0, *range(2, 12)} if window == 0 else set(range(4 * window, 16))
    return Step(state.without(lost), call=target)


def returns(_: Instruction, state: State, __: Memory) -> Step:
    """RET."""
    return Step(state, falls=False, returns=True)


def returns_window(_: Instruction, state: State, __: Memory) -> Step:
    """RETW brings the caller's window back, its stack pointer with it."""
    return Step(replace(state, depth=0), falls=False, returns=True)


def jump_register(instruction: Instruction, state: State, _: Memory) -> Step:
    """JX: through a table of addresses, or as far as a J does not reach."""
    target = held(state, instruction.s)
    if isinstance(target, Constant):
        return Step(state, falls=False, jumps=(target.value,))
    if isinstance(target, TableEntry):
        return Step(state, falls=False, table=target.base)
    raise NotUnderstood("jumps through a pointer")


def call_register(instruction: Instruction, state: State, _: Memory) -> Step:
    """CALLX0, 4, 8 and 12."""
    target = held(state, instruction.s)
    if not isinstance(target, Constant):
        raise NotUnderstood("calls through a pointer")
    return _called(state, target.value, instruction.t & 3)


def call(instruction: Instruction, state: State, _: Memory) -> Step:
    """CALL0, 4, 8 and 12: words from the next aligned one."""
    offset = signed(instruction.bits >> 6, 18) << 2
    target = (instruction.address & ~3) + offset + 4 & WORD
    return _called(state, target, instruction.t & 3)


def branch(instruction: Instruction, state: State, _: Memory) -> Step:
    """B with 8 bits of distance."""
    return Step(state, jumps=(instruction.address + 4 + instruction.imm8 & WORD,))


def _loop(instruction: Instruction, state: State, _: Memory) -> Step:
    """LOOP, LOOPNEZ, LOOPGTZ: the end is at the loop's own depth, and nothing else is known."""
    end = instruction.address + 4 + (instruction.bits >> 16 & 0xFF)
    return Step(State(state.depth), jumps=(end & WORD,))


def immediate(instruction: Instruction, state: State, word: Memory) -> Step:
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
        return _BY_LOOP.get(instruction.r, refuse)(instruction, state, word)
    return branch(instruction, state, word)


def _entry(instruction: Instruction, state: State) -> Step:
    """ENTRY: a frame, and what an overflow of the register window writes below it."""
    if instruction.s != SP or state.depth:
        raise NotUnderstood("is no start of a function")
    frame = (instruction.bits >> 12) << 3
    return Step(replace(state, depth=frame), below=_SPILLED)


_BY_LOOP: Mapping[int, Effect] = {
    **dict.fromkeys((0, 1), branch),  # BF, BT
    **dict.fromkeys((8, 9, 10), _loop),
}
