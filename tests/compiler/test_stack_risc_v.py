"""RISC-V's branches: control goes both ways from each."""

import itertools

import pytest

from compiler.stack.flow import State
from compiler.stack.risc_v import RiscV

READER = RiscV()
AT = 0x4200_0000

BRANCH, AHEAD = 0x63, 8 << 7  # the opcode, and 8 bytes in its immediate
CONDITIONS = (0, 1, 4, 5, 6, 7)
REGISTERS = (0, 8, 10)  # zero, with which it may have a name of its own, s0 and a0

WIDE = [
    BRANCH | AHEAD | condition << 12 | one << 15 | other << 20
    for condition, one, other in itertools.product(CONDITIONS, REGISTERS, REGISTERS)
]
NARROW = [0xC401, 0xE401]  # c.beqz and c.bnez of s0, 8 bytes ahead


@pytest.mark.parametrize("code", [*WIDE, *NARROW], ids=hex)
def test_a_branch_goes_both_ways(code: int) -> None:
    instruction = READER.decode(code.to_bytes(4, "little"), AT)
    assert instruction is not None
    step = READER.step(instruction, State(16), None)
    assert step.jumps == (AT + 8,)
    assert step.falls
    assert step.state.depth == 16
