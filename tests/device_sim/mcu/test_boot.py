"""A reset starts the image as the hardware would, and WFI ends the start-up."""

import struct

import pytest

from device_sim.mcu import FaultKind, Mcu, McuFault, McuTimeout, Region
from tests.zigcc import CORES, link

FLASH, RAM = 0x8000, 0x2000_0000
LIMIT = 10_000
WITH_FPU = [row for row in CORES if any(name.startswith("fpv") for name in row[1])]

ARM = """
#include <stdint.h>
#define CPACR (*(volatile uint32_t *)0xE000ED88u)
#define CPUID (*(volatile uint32_t *)0xE000ED00u)
void reset(void);
float twice(float x);
__attribute__((section(".first"), used)) const uintptr_t vectors[16] = {
    0x20000400, (uintptr_t)reset };
volatile uint32_t seen[4];
__attribute__((noinline)) float twice(float x) { return x + x; }
void reset(void)
{
#ifdef ENABLE
    CPACR |= 0xFu << 20;
    __asm__ volatile("dsb\\n isb" ::: "memory");
#endif
    seen[1] = CPACR;
    seen[2] = CPUID;
    volatile float x = 21.0f;
    seen[0] = (uint32_t)twice(x);
    for (;;) END;
}
"""
RISC_V = """
#include <stdint.h>
void reset(void);
__attribute__((section(".first"), naked, used)) void entry(void)
{ __asm__ volatile("li sp, 0x20000400\\n csrw mtvec, zero\\n j reset"); }
volatile uint32_t seen[4];
void reset(void) { seen[0] = 42; for (;;) END; }
"""
SLEEP = '__asm__ volatile("wfi")'


def boot(
    core: str,
    features: tuple[str, ...],
    *,
    end: str = SLEEP,
    enable: bool = True,
    exact: bool = False,
) -> list[int]:
    """Boot a program and return what it saw."""
    source = (RISC_V if core.startswith("rv32") else ARM).replace("END", end)
    options = ("-Os", "-DENABLE") if enable else ("-Os",)
    program = link(source, core, features, base=FLASH, ram=RAM, options=options, keep=("reset",))
    regions = [Region.code("flash", FLASH, 0x1000), Region.ram("ram", RAM, 0x400)]
    mcu = Mcu(core, features, regions)
    mcu.write(FLASH, program.binary)
    result = mcu.boot(FLASH, LIMIT, exact=exact)
    assert 0 < result.instructions < LIMIT
    assert RAM < result.sp <= RAM + 0x400
    assert (result.watch is not None) == exact
    return list(struct.unpack("<4I", mcu.read(program.symbols["seen"], 16)))


ids = [core for core, _ in CORES]


@pytest.mark.parametrize("exact", [False, True], ids=["fast", "exact"])
@pytest.mark.parametrize(("core", "features"), CORES, ids=ids)
class TestBoot:
    def test_ends_asleep(self, core: str, features: tuple[str, ...], exact: bool) -> None:
        assert boot(core, features, exact=exact)[0] == 42

    def test_awake_for_ever_is_a_timeout(
        self, core: str, features: tuple[str, ...], exact: bool
    ) -> None:
        with pytest.raises(McuTimeout, match="more than 10000 instructions"):
            boot(core, features, end="", exact=exact)

    def test_a_trap_is_a_fault(self, core: str, features: tuple[str, ...], exact: bool) -> None:
        with pytest.raises(McuFault):
            boot(core, features, end="__builtin_trap()", exact=exact)


@pytest.mark.parametrize(("core", "features"), WITH_FPU, ids=[core for core, _ in WITH_FPU])
class TestFpu:
    def test_is_off_at_reset(self, core: str, features: tuple[str, ...]) -> None:
        with pytest.raises(McuFault, match="a floating-point instruction"):
            boot(core, features, enable=False)

    def test_is_what_cpacr_says(self, core: str, features: tuple[str, ...]) -> None:
        assert boot(core, features)[1] == 0x00F0_0000


def test_cpacr_of_a_core_without_fpu_reads_zero() -> None:
    assert boot("cortex-m3", ())[1] == 0


@pytest.mark.parametrize(
    ("core", "part"), [("cortex-m0plus", 0xC60), ("cortex-m4", 0xC24), ("cortex-m33", 0xD21)]
)
def test_cpuid_tells_the_core(core: str, part: int) -> None:
    assert boot(core, ())[2] >> 4 & 0xFFF == part


def test_what_returns_from_reset_has_not_started() -> None:
    mcu = Mcu("cortex-m3", (), [Region.code("flash", 0, 0x400), Region.ram("ram", RAM, 0x400)])
    mcu.write(0, struct.pack("<II", RAM + 0x400, 0x41))
    mcu.write(0x40, bytes.fromhex("7047"))  # bx lr
    with pytest.raises(McuFault):
        mcu.boot(0, LIMIT)


def test_a_reset_vector_without_thumb_bit_faults() -> None:
    mcu = Mcu("cortex-m3", (), [Region.code("flash", 0, 0x400), Region.ram("ram", RAM, 0x400)])
    mcu.write(0, struct.pack("<II", RAM + 0x400, 0x40))
    with pytest.raises(McuFault, match="not Thumb"):
        mcu.boot(0, LIMIT)


def test_a_vector_table_outside_memory_faults() -> None:
    mcu = Mcu("cortex-m3", (), [Region.ram("ram", RAM, 0x400)])
    with pytest.raises(McuFault) as fault:
        mcu.boot(0x1000, LIMIT)
    assert (fault.value.kind, fault.value.address) == (FaultKind.READ, 0x1000)


def test_calls_do_not_reach_system_registers() -> None:
    mcu = Mcu("cortex-m3", (), [Region.code("flash", 0, 0x400), Region.ram("ram", RAM, 0x400)])
    mcu.write(0, bytes.fromhex("00687047"))  # ldr r0, [r0]; bx lr
    with pytest.raises(McuFault) as fault:
        mcu.call(1, [0xE000_ED88], RAM + 0x400, LIMIT)
    assert (fault.value.kind, fault.value.address) == (FaultKind.READ, 0xE000_ED88)
