"""Law: instructions in QEMU are counted exactly, whatever surrounds the code that is counted."""

import pytest

from compiler.qemu.harness import Stopped

from .machine import CODE, M55, RAM, RAM_SIZE

pytestmark = pytest.mark.interop

LOOP = bytes.fromhex("0138 fdd1 7047")  # subs r0, #1; bne .-2; bx lr
# wls lr, r0, end; adds r1, #1; le loop; end: bx lr, with the caller's lr kept in r2
LOW_OVERHEAD = bytes.fromhex("7246 40f003c8 0131 0ff003c8 1047")


@pytest.fixture(scope="module")
def m55() -> M55:
    return M55()


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("rounds", [1, 2, 3, 7, 1000, 99_999, 10_000_000])
def test_a_loop_of_known_length(m55: M55, rounds: int, exact: bool) -> None:
    m55.load(LOOP, exact=exact)
    assert m55.call(CODE | 1, rounds) == (0, 2 * rounds + 1)


@pytest.mark.parametrize("rounds", [1, 2, 500])
def test_the_end_of_a_low_overhead_loop_counts(m55: M55, rounds: int) -> None:
    m55.load(LOW_OVERHEAD)
    assert m55.call(CODE | 1, rounds)[1] == 2 + 2 * rounds + 1


def test_equal_runs_count_equally(m55: M55) -> None:
    m55.load(LOOP)
    assert len({m55.call(CODE | 1, 12_345) for _ in range(20)}) == 1


@pytest.mark.parametrize("limit", [1_000_000, 20_000_000])
def test_what_does_not_end_is_ended(limit: int) -> None:
    m55 = M55()
    m55.load(b"\xfe\xe7")  # b .
    with pytest.raises(Stopped, match="watchdog"):
        m55.call(CODE | 1, limit=limit)


def word(value: int) -> str:
    return value.to_bytes(4, "little").hex()


@pytest.mark.parametrize(
    ("why", "code"),
    [
        ("access fault at 0x00000004", "4ff00400 0068 7047"),  # mov.w r0, #4; ldr r0, [r0]
        # ldr r0, [pc]; ldr r0, [r0]; what it is
        (f"access fault at {RAM + RAM_SIZE:#010x}", f"0048 0068 {word(RAM + RAM_SIZE)}"),
        (f"access fault at {RAM - 1:#010x}", f"0048 0078 {word(RAM - 1)}"),
        # ldr r0, [pc]; str r0, [r0]: code is not written
        (f"access fault at {CODE:#010x}", f"0048 0060 {word(CODE)}"),
        ("instruction fault", "00de"),  # udf #0
        # ldr r0, [pc]; bx r0: data is not executed, nor is what is no Thumb code
        ("execute fault", f"0048 0047 {word(RAM | 1)}"),
        ("not code of this core", f"0048 0047 {word(CODE)}"),
    ],
)
def test_faults_are_told_in_words(why: str, code: str) -> None:
    m55 = M55()
    m55.load(bytes.fromhex(code), exact=True)
    with pytest.raises(Stopped, match=why):
        m55.call(CODE | 1)
