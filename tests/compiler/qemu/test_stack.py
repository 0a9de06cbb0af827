"""The bound holds for code with vectors and low-overhead loops, and is what runs use."""

from collections.abc import Callable

import pytest
from capstone.arm_const import ARM_REG_R0, ARM_REG_R7

from compiler.stack import stack_bound
from compiler.stack.flow import Constant, NotUnderstood, StackAddress, State
from compiler.stack.helium import Helium, Wide
from tests import gcc, zigcc
from tests.zigcc import Program

from ..test_stack import ENTRY, PRELUDE, PROGRAMS
from .machine import CODE, FEATURES, M55, RAM

VECTORS = {
    "a loop that a vector's tail ends": """
int entry(volatile uint8_t *arena, uint32_t n)
{
    const int8_t *a = (const int8_t *)arena;
    int32_t sum = 0;
    for (uint32_t i = 0; i < n % 500; i++) sum += a[i] * a[i + 500];
    return sum;
}
""",
    "vectors on an aligned stack": """
#include <arm_mve.h>
NOINLINE static int32x4_t twice(int32x4_t v) { return vaddq_s32(v, v); }
int entry(volatile uint8_t *arena, uint32_t n)
{
    int32x4_t v[6];
    const int32_t *a = (const int32_t *)(uintptr_t)arena;
    for (uint32_t i = 0; i < 6; i++) v[i] = vldrwq_s32(a + 4 * i);
    for (uint32_t i = 0; i < n % 64 + 8; i++) v[i % 6] = vaddq_s32(twice(v[(i + 1) % 6]), v[0]);
    return vaddvq_s32(vaddq_s32(vaddq_s32(v[0], v[1]), vaddq_s32(v[2], v[5])));
}
""",
}
ALL = PROGRAMS | VECTORS


def compiled(link: Callable[..., Program], source: str, option: str) -> Program:
    return link(
        PRELUDE + ENTRY + source,
        "cortex-m55",
        FEATURES,
        base=CODE,
        options=(option,),
        keep=("entry",),
    )


@pytest.fixture(scope="module")
def m55() -> M55:
    return M55()


@pytest.mark.interop
@pytest.mark.parametrize("link", [zigcc.link, gcc.link], ids=["zig", "gcc"])
@pytest.mark.parametrize("option", ["-Os", "-O2"])
@pytest.mark.parametrize("name", ALL)
def test_the_bound_covers_every_run(
    m55: M55, name: str, option: str, link: Callable[..., Program]
) -> None:
    program = compiled(link, ALL[name], option)
    bound = stack_bound(program.elf, ["entry"], "cortex-m55")
    m55.load(program.binary)
    peaks = []
    for n in (0, 1, 5, 63, 299, 0xFFFF_FFFF):
        m55.gdb.write(RAM, bytes((7 * i + n) & 255 for i in range(0x400)))
        peaks.append(m55.stack_peak(program.entry("entry"), RAM, n))
    assert max(peaks) <= bound <= 2 * max(peaks) + 256


@pytest.mark.parametrize(
    ("code", "name", "jumps"),
    [
        ("00f001e0", "dls or vctp", ()),  # dlstp.8 lr, r0
        ("10f001c8", "wls", (0x1006,)),  # wlstp.16 lr, r0, +2
        ("0ff005c0", "le", (0xFFC,)),  # le lr, -8
        ("1ff003c8", "le", (0xFFE,)),  # letp lr, -6
        ("2ff001c8", "le", (0x1002,)),  # le -2
        ("90ec001e", "vector", ()),  # vldrb.8 q0, [r0]
        ("f1ee000e", "vector", ()),  # a reduction
        ("51ea2380", "csel", ()),
    ],
)
def test_instructions_that_thumb_2_has_not(code: str, name: str, jumps: tuple[int, ...]) -> None:
    found = Helium().decode(bytes.fromhex(code), 0x1000)
    assert isinstance(found, Wide)
    assert (found.mnemonic, found.jumps, found.size) == (name, jumps, 4)


@pytest.mark.parametrize(
    "code", ["70b5", "2de9f041", "2ded108b", "bdec108b", "50ea0000", "fff7feff"]
)
def test_others_are_left_to_the_disassembler(code: str) -> None:
    found = Helium().decode(bytes.fromhex(code), 0x1000)
    assert found is not None
    assert not isinstance(found, Wide)


class Nothing:
    def word(self, address: int) -> int | None:
        raise AssertionError("no instruction of a vector loads what is known")


def test_a_vector_access_that_moves_the_stack_is_refused() -> None:
    reader = Helium()
    moving = reader.decode(bytes.fromhex("2ded041f"), 0x1000)  # vstrw.32 q0, [sp, #-16]!
    with pytest.raises(NotUnderstood, match="moves the stack pointer"):
        reader.step(moving, State(), Nothing())


def test_what_a_vector_instruction_may_set_is_forgotten() -> None:
    reader = Helium()
    known = State().with_value(ARM_REG_R0, Constant(1)).with_value(ARM_REG_R7, StackAddress(8))
    total = reader.decode(bytes.fromhex("f1ee000f"), 0x1000)  # vaddv.s8 r0, q0
    assert reader.step(total, known, Nothing()).state.values == {ARM_REG_R7: StackAddress(8)}
