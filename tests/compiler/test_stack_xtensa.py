"""Xtensa's instructions: what they leave in registers, on the stack, and where they go."""

import re
import subprocess
from collections.abc import Iterator

import pytest

from compiler.errors import CompileError
from compiler.stack import stack_bound
from compiler.stack.flow import Constant, Indexed, NotUnderstood, StackAddress, State, Step
from compiler.stack.xtensa import Xtensa
from tests import gcc
from tests.peers import installed

from .test_stack import PROGRAMS, REFUSED, together

READER = Xtensa()
AT = 0x4000_1002
CORE = "xtensa-lx106"


class Literals:
    """A program whose words are their own addresses."""

    def word(self, address: int) -> int:
        return address


def step(code: str, state: State) -> Step:
    instruction = READER.decode(bytes.fromhex(code), AT)
    assert instruction is not None
    assert instruction.size == len(bytes.fromhex(code))
    return READER.step(instruction, state, Literals())


# As the assembler writes them; what the stack pointer is after them, 0x40 deep before.
MOVES = [
    ("12c1f0", "addi a1, a1, -16", 0x50),
    ("12c110", "addi a1, a1, 16", 0x30),
    ("12d1ff", "addmi a1, a1, -256", 0x140),
    ("9011c0", "sub a1, a1, a9", 0x40 + 0x1000),
    ("9a11", "add.n a1, a1, a9", 0x40 - 0x1000),
    ("2d01", "mov.n a2, a1", 0x40),
    ("302220", "or a2, a2, a3", 0x40),
    ("1d02", "mov.n a1, a2", 0x20),
    ("201220", "or a1, a2, a2", 0x20),
    ("368100", "entry a1, 64", None),
]


@pytest.mark.parametrize(("code", "text", "depth"), MOVES, ids=[text for _, text, _ in MOVES])
def test_the_stack_pointer_is_followed(code, text, depth) -> None:
    state = State(0x40, {9: Constant(0x1000), 2: StackAddress(0x20)})
    if depth is None:  # a frame begins a function, and nothing else
        with pytest.raises(NotUnderstood, match="no start"):
            step(code, state)
    else:
        assert step(code, state).state.depth == depth


def test_a_window_begins_with_its_frame_and_ends_with_all_of_it() -> None:
    entered = step("368100", State())
    assert entered.state.depth == 64
    assert entered.below == 16  # what an overflow spills of the callers' registers
    for code in ("900000", "1df0"):  # retw, retw.n
        left = step(code, entered.state)
        assert (left.state.depth, left.returns, left.falls) == (0, True, False)
    assert step("1df0"[:0] + "0df0", entered.state).state.depth == 64  # ret.n: not of this ABI


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("1d03", "moves the stack pointer by an amount"),  # mov.n a1, a3
        ("1813", "moves the stack pointer by an amount"),  # l32i.n a1, a3, 4
        ("101300", "moves the stack pointer by an amount"),  # movsp a1, a3
        ("c00300", "calls through a pointer"),  # callx0 a3
        ("e00300", "calls through a pointer"),  # callx8 a3
        ("a00300", "jumps through a pointer"),  # jx a3
        ("003000", "none that compiled code has"),  # rfe
        ("107300", "none that compiled code has"),  # waiti
    ],
)
def test_what_is_not_known_is_refused(code, what) -> None:
    with pytest.raises(NotUnderstood, match=what):
        step(code, State(0x40))


# A call of the next aligned word and 0x10 words more; registers that are still known then.
@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("050400", {1, 12, 13, 14, 15} - {1}),  # call0
        ("150400", set(range(4)) - {1}),  # call4
        ("250400", set(range(8)) - {1}),  # call8
        ("350400", set(range(12)) - {1}),  # call12
    ],
)
def test_a_call_keeps_what_its_window_leaves(code, kept) -> None:
    before = State(0x20, {register: Constant(register) for register in range(16) if register != 1})
    found = step(code, before)
    assert found.call == (AT & ~3) + 4 + 0x40
    assert set(found.state.values) == kept
    assert found.state.depth == 0x20


@pytest.mark.parametrize(
    ("code", "target", "falls"),
    [
        ("060000", AT + 4, False),  # j
        ("86ffff", AT + 2, False),
        ("160202", AT + 4 + 0x20, True),  # beqz a2
        ("2652f0", AT + 4 - 16, True),  # beqi
        ("971320", AT + 4 + 0x20, True),  # beq
        ("8c12", AT + 4 + 1, True),  # beqz.n
        ("768208", AT + 4 + 8, True),  # loop
        ("769208", AT + 4 + 8, True),  # loopnez
    ],
)
def test_branches_go_where_the_manual_says(code, target, falls) -> None:
    found = step(code, State(0x20, {2: Constant(4)}))
    assert (found.jumps, found.falls) == ((target,), falls)


def test_a_loop_forgets_what_its_body_may_change() -> None:
    assert step("768208", State(0x20, {2: Constant(4)})).state == State(0x20)


def test_constants_come_from_literals_and_immediates() -> None:
    assert step("21ffff", State()).state.values[2] == Constant((AT + 3 & ~3) - 4)  # l32r
    assert step("22afff", State()).state.values[2] == Constant(0xFFFF_FFFF)  # movi a2, -1
    assert step("7c f2".replace(" ", ""), State()).state.values[2] == Constant(0xFFFF_FFFF)
    assert step("0c f2".replace(" ", ""), State()).state.values[2] == Constant(15)


def test_an_index_into_a_table_keeps_its_base() -> None:
    state = step("3022a0", State(0, {3: Constant(0x100)})).state  # addx4 a2, a2, a3
    assert state.values[2] == Indexed(0x100)
    loaded = step("2812", state).state  # l32i.n a2, a2, 4
    assert step("a00200", loaded).table == 0x104  # jx a2


@pytest.mark.interop
@pytest.mark.parametrize("option", ["-Os", "-O2"])
@pytest.mark.parametrize("name", [name for name in PROGRAMS if name != "runtime helpers"])
def test_compiled_code_has_a_bound(name, option) -> None:
    sources = {name: text for name, text in PROGRAMS.items() if name != "runtime helpers"}
    program, entry = together(gcc.link, CORE, (), sources, name, option)
    assert stack_bound(program.elf, [entry], CORE) < 0x4000


@pytest.mark.interop
@pytest.mark.parametrize("why", REFUSED)
def test_code_without_a_bound_is_refused(why) -> None:
    program, entry = together(gcc.link, CORE, (), REFUSED, why)
    with pytest.raises(CompileError, match=rf"^stack bound: .*({why})"):
        stack_bound(program.elf, [entry], CORE)


# What a disassembler shows as its first operand without changing it.
UNCHANGED = re.compile(r"b.*|s\d+i(\.n)?|ss.*|wsr|j|callx?0|ret.*|nop.*|ill|.sync|memw|extw|break")
LINE = re.compile(r"\s+([0-9a-f]+):\t([0-9a-f]+)\s+\t(\S+)\s*(.*)")


def disassembled() -> Iterator[tuple[int, bytes, str, str]]:
    """Yield address, bytes, mnemonic and operands of all of libgcc."""
    prefix = installed("xtensa-lx106-elf-gcc", "gcc-xtensa-lx106").removesuffix("gcc")
    asked = subprocess.run(
        [f"{prefix}gcc", "-print-libgcc-file-name"], capture_output=True, text=True, check=True
    )
    listing = subprocess.run(
        [f"{prefix}objdump", "-d", asked.stdout.strip()], capture_output=True, text=True, check=True
    )
    for line in listing.stdout.splitlines():
        if (found := LINE.match(line)) and found[3] not in {".byte", "excw"}:
            code = int(found[2], 16).to_bytes(len(found[2]) // 2, "little")
            yield int(found[1], 16), code, found[3], found[4]


@pytest.mark.interop
def test_the_reader_agrees_with_binutils_on_every_instruction_of_libgcc() -> None:
    known = State(0, {register: Constant(7000 + register) for register in (0, *range(2, 16))})
    compared = 0
    for address, code, mnemonic, operands in disassembled():
        instruction = READER.decode(code, address)
        assert instruction is not None, mnemonic
        assert instruction.size == len(code), mnemonic
        first = re.match(r"a(\d+)", operands)
        written = set() if UNCHANGED.fullmatch(mnemonic) or not first else {int(first[1])}
        if 1 in written:
            continue  # frames, some of unknown size
        found = READER.step(instruction, known, Literals())
        changed = {at for at, value in known.values.items() if found.state.values.get(at) != value}
        if not mnemonic.startswith("call"):
            assert changed <= written, (mnemonic, operands)
        target = re.search(r"\b([0-9a-f]+) <", operands)
        if target and mnemonic != "l32r":
            assert int(target[1], 16) in (*found.jumps, found.call), (mnemonic, operands)
        compared += 1
    assert compared > 1000


# Code of the windowed ABI, byte by byte, since no assembler of Debian's knows it.
WINDOWED = """
#define CODE(name) __attribute__((section(".text." #name), aligned(4), no_reorder, used)) \\
    const unsigned char name[]
CODE(outer) = {0x36,0x61,0x00,  /* entry a1, 48 */
               0x65,0x00,0x00,  /* call8 inner */
               0x1d,0xf0};      /* retw.n */
CODE(inner) = {0x36,0x41,0x00,  /* entry a1, 32 */
               0x76,0x82,0x03,  /* loop a2, end */
               0x3d,0xf0, 0x3d,0xf0,  /* nop.n, nop.n */
               0x1d,0xf0};      /* end: retw.n */
"""


@pytest.mark.interop
def test_frames_of_the_windowed_abi_add_up_and_leave_room_for_an_overflow() -> None:
    program = gcc.link(WINDOWED, CORE, keep=("outer", "inner"))
    assert stack_bound(program.elf, ["outer"], "xtensa-lx6") == 48 + 32 + 16


@pytest.mark.interop
def test_recursion_through_windows_is_refused() -> None:
    calls_itself = WINDOWED.replace("0x65,0x00,0x00", "0xe5,0xff,0xff")  # call8 outer
    program = gcc.link(calls_itself, CORE, keep=("outer", "inner"))
    with pytest.raises(CompileError, match="recursion, outer -> outer"):
        stack_bound(program.elf, ["outer"], "xtensa-lx7")


@pytest.mark.interop
def test_a_loop_that_moves_the_stack_is_refused() -> None:
    # addi a1, a1, -16 in each round: no depth is that of the loop's end
    moved = WINDOWED.replace("0x3d,0xf0, 0x3d,0xf0", "0x12,0xc1,0xf0")
    moved = moved.replace("0x76,0x82,0x03", "0x76,0x82,0x02")
    program = gcc.link(moved, CORE, keep=("outer", "inner"))
    with pytest.raises(CompileError, match="two stack depths"):
        stack_bound(program.elf, ["outer"], "xtensa-lx6")
