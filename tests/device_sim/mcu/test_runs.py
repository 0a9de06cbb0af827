"""What a run counts, keeps, forgets and costs."""

import ctypes
import threading

import pytest
from unicorn import UC_HOOK_CODE
from unicorn.unicorn_py3.unicorn import uclib

from device_sim.mcu import Mcu, McuTimeout, Region
from device_sim.mcu.hook import load
from tests.zigcc import CORES, Program, link

SLOT, ARENA, STACK = 0x8000, 0x2000_0000, 0x2001_0000
TOP = STACK + 0x1000
LIMIT = 50_000_000

SOURCE = """
#include <stdint.h>
int work(uint8_t *arena, uint32_t rounds);
int deep(uint8_t *arena, uint32_t depth);
int spin(void);
static uint32_t next(uint32_t x) { return x * 1664525u + 1013904223u; }
int work(uint8_t *arena, uint32_t rounds)
{
    uint32_t x = 1;
    for (uint32_t i = 0; i < rounds; i++) {
        x = next(x);
        if (x & 4) arena[x >> 24] = (uint8_t)x;
        switch (x >> 29) {
        case 0: x += 3; break;
        case 1: x ^= arena[x & 255]; break;
        case 2: x /= 7; break;
        case 3: x -= arena[3]; break;
        case 4: x *= 5; break;
        case 5: x = ~x; break;
        default: break;
        }
    }
    return (int)x;
}
__attribute__((noinline)) int deep(uint8_t *arena, uint32_t depth)
{
    volatile uint8_t here[40];
    for (uint32_t i = 0; i < sizeof here; i++) here[i] = arena[i];
    if (depth == 0) return here[7];
    return deep(arena, depth - 1) + here[depth & 31];
}
int spin(void) { for (;;) __asm__ volatile(""); }
"""
ids = [core for core, _ in CORES]
each_core = pytest.mark.parametrize(("core", "features"), CORES, ids=ids)


def machine(core: str, features: tuple[str, ...]) -> tuple[Mcu, Program]:
    program = link(SOURCE, core, features, base=SLOT, keep=("work", "deep", "spin"))
    regions = [
        Region.code("slot", SLOT, 0x1000),
        Region.ram("arena", ARENA, 0x100),
        Region.ram("stack", STACK, 0x1000),
    ]
    mcu = Mcu(core, features, regions)
    mcu.write(SLOT, program.binary)
    return mcu, program


def counted_one_by_one(mcu: Mcu, entry: int, args: list[int]) -> tuple[int, int]:
    """Run with a hook on every instruction: what the count by blocks must equal."""
    engine = mcu._engine
    assert engine is not None
    count, handle = ctypes.c_uint64(), ctypes.c_size_t()
    add = uclib.uc_hook_add
    everywhere = ctypes.c_uint64(1), ctypes.c_uint64(0)
    hook = load().on_instruction
    kind = ctypes.c_int(UC_HOOK_CODE)
    assert (
        add(engine._uc._uch, ctypes.byref(handle), kind, hook, ctypes.byref(count), *everywhere)
        == 0
    )
    engine._uc.ctl_flush_tb()
    result = mcu.call(entry, args, TOP, LIMIT)
    return count.value, result.value


@each_core
class TestCounting:
    def test_fast_and_exact_runs_agree(self, core: str, features: tuple[str, ...]) -> None:
        mcu, program = machine(core, features)
        args = [ARENA, 5000]
        fast = mcu.call(program.entry("work"), args, TOP, LIMIT)
        mcu.fill("arena")
        exact = mcu.call(program.entry("work"), args, TOP, LIMIT, exact=True)
        assert (exact.value, exact.instructions) == (fast.value, fast.instructions)
        assert fast.instructions > 5000

    def test_the_count_is_that_of_single_instructions(
        self, core: str, features: tuple[str, ...]
    ) -> None:
        # Code for Armv6-M has no IT: the emulator's hook leaves out what an IT skips.
        plain = core if core.startswith("rv32") else "cortex-m0plus"
        _, program = machine(plain, ())
        mcu, _ = machine(core, features)
        mcu.write(SLOT, program.binary)
        entry, args = program.entry("work"), [ARENA, 5000]
        ours = mcu.call(entry, args, TOP, LIMIT)
        mcu.fill("arena")
        assert counted_one_by_one(mcu, entry, args) == (ours.instructions, ours.value)

    def test_the_watchdog_bites(self, core: str, features: tuple[str, ...]) -> None:
        mcu, program = machine(core, features)
        for exact in (False, True):
            with pytest.raises(McuTimeout) as timeout:
                mcu.call(program.entry("spin"), [], TOP, 100_000, exact=exact)
            assert timeout.value.pc >> 12 == SLOT >> 12

    def test_the_limit_itself_is_allowed(self, core: str, features: tuple[str, ...]) -> None:
        mcu, program = machine(core, features)
        entry, args = program.entry("work"), [ARENA, 100]
        needed = mcu.call(entry, args, TOP, LIMIT).instructions
        mcu.fill("arena")
        assert mcu.call(entry, args, TOP, needed).instructions == needed
        mcu.fill("arena")
        with pytest.raises(McuTimeout):
            mcu.call(entry, args, TOP, needed - 1)

    def test_exact_runs_tell_what_was_touched(self, core: str, features: tuple[str, ...]) -> None:
        mcu, program = machine(core, features)
        shallow = mcu.call(program.entry("deep"), [ARENA, 0], TOP, LIMIT, exact=True)
        deeper = mcu.call(program.entry("deep"), [ARENA, 10], TOP, LIMIT, exact=True)
        assert shallow.watch is not None
        assert shallow.watch.highest["arena"] == ARENA + 40
        assert "arena" not in shallow.watch.lowest_write
        assert shallow.stack_peak is not None
        assert deeper.stack_peak is not None
        assert 40 <= shallow.stack_peak < 100
        frame, rest = divmod(deeper.stack_peak - shallow.stack_peak, 10)
        assert (frame >= 40, rest) == (True, 0)


class TestMemory:
    def test_code_written_from_outside_runs_next(self) -> None:
        mcu = Mcu("cortex-m3", (), [Region.code("slot", SLOT, 64), Region.ram("s", STACK, 64)])
        for exact in (False, True, False):
            for number in (1, 2, 3):
                mcu.write(SLOT, bytes([number, 0x20]) + bytes.fromhex("7047"))
                got = mcu.call(SLOT | 1, [], STACK + 64, 10, exact=exact)
                assert (got.value, got.instructions) == (number, 2)

    def test_starts_as_zeros_and_keeps_its_content(self) -> None:
        mcu, program = machine("cortex-m3", ())
        assert mcu.read(ARENA, 0x100) == bytes(0x100)
        mcu.call(program.entry("work"), [ARENA, 1000], TOP, LIMIT)
        once = mcu.read(ARENA, 0x100)
        assert any(once)
        mcu.release()
        assert mcu.read(ARENA, 0x100) == once
        mcu.call(program.entry("work"), [ARENA, 10], TOP, LIMIT)

    @pytest.mark.parametrize(
        ("at", "size"), [(SLOT - 1, 1), (ARENA + 0xFF, 2), (0, 1), (ARENA, 1 << 33)]
    )
    def test_there_is_none_outside_regions(self, at: int, size: int) -> None:
        mcu, _ = machine("cortex-m3", ())
        with pytest.raises(ValueError, match="no memory at"):
            mcu.read(at, size)

    def test_a_refused_write_changes_nothing(self) -> None:
        mcu, _ = machine("cortex-m3", ())
        with pytest.raises(ValueError, match="no memory at"):
            mcu.write(ARENA + 0xF0, b"x" * 0x11)
        assert mcu.read(ARENA, 0x100) == bytes(0x100)

    def test_reads_across_regions_that_touch(self) -> None:
        regions = [Region.ram("a", ARENA, 0x20), Region.ram("b", ARENA + 0x20, 0x20)]
        mcu = Mcu("cortex-m3", (), regions)
        mcu.write(ARENA + 0x1E, b"abcd")
        assert mcu.read(ARENA + 0x1E, 4) == b"abcd"

    @pytest.mark.parametrize("end", [ARENA + 0x10, ARENA + 1])
    def test_regions_do_not_overlap(self, end: int) -> None:
        regions = [Region.ram("a", ARENA, end - ARENA), Region.ram("b", end - 1, 0x20)]
        with pytest.raises(ValueError, match="overlap"):
            Mcu("cortex-m3", (), regions)


def test_a_fault_leaves_the_core_usable() -> None:
    mcu, program = machine("cortex-m4", ())
    with pytest.raises(McuTimeout):
        mcu.call(program.entry("spin"), [], TOP, 1000)
    first = mcu.call(program.entry("work"), [ARENA, 500], TOP, LIMIT)
    mcu.fill("arena")
    again = mcu.call(program.entry("work"), [ARENA, 500], TOP, LIMIT)
    assert (first.value, first.instructions) == (again.value, again.instructions)


def test_other_threads_run_while_code_does() -> None:
    mcu, program = machine("cortex-m4", ())
    started, results = threading.Event(), []

    def run() -> None:
        started.set()
        results.append(mcu.call(program.entry("work"), [ARENA, 3_000_000], TOP, LIMIT * 10))

    thread = threading.Thread(target=run)
    thread.start()
    started.wait()
    turns = 0
    while thread.is_alive():
        turns += 1
        thread.join(0.001)
    assert turns > 3
    assert results[0].instructions > 10_000_000


@each_core
def test_each_visit_of_a_mark_is_noted_with_what_ran_before(
    core: str, features: tuple[str, ...]
) -> None:
    mcu, program = machine(core, features)
    deep, work = program.entry("deep"), program.entry("work")
    alone = [mcu.call(deep, [ARENA, depth], TOP, LIMIT).instructions for depth in range(3)]
    result = mcu.call(deep, [ARENA, 2], TOP, LIMIT, exact=True, marks=(deep, work))
    assert result.instructions == alone[2]
    addresses, before = zip(*result.visits, strict=True)
    assert addresses == (deep & ~1,) * 3
    assert before[0] == 0
    assert before[1] < before[2] < result.instructions
    # From the last visit on, the innermost call runs, and then what the others do after it.
    assert result.instructions - before[2] >= alone[0]
    assert mcu.call(deep, [ARENA, 2], TOP, LIMIT).visits == ()
