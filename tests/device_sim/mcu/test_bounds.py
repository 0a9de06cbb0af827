"""Code faults by the byte at either end of all memory it was given, and nowhere inside."""

import capstone
import pytest

from device_sim.mcu import FaultKind, Mcu, McuFault, Region
from tests.zigcc import CORES, Program, link

SOURCE = """
#include <stdint.h>
int peek(volatile uint8_t *at);
int poke(volatile uint8_t *at);
int peek4(volatile uint32_t *at);
int poke4(volatile uint32_t *at);
int peek(volatile uint8_t *at) { return *at; }
int poke(volatile uint8_t *at) { *at = 0x5A; return 7; }
int peek4(volatile uint32_t *at) { return (int)*at; }
int poke4(volatile uint32_t *at) { *at = 0x5A5A5A5A; return 7; }
"""
NAMES = ("peek", "poke", "peek4", "poke4")
KINDS = {"peek": FaultKind.READ, "poke": FaultKind.WRITE}

SLOT, ARENA, STATE, STACK = 0x10000, 0x2000_0000, 0x2001_0000, 0x2002_0000
LIMIT = 1000
LOADS, STORES = ("ldrb", "lbu"), ("strb", "sb")


def program(core: str, features: tuple[str, ...]) -> Program:
    return link(SOURCE, core, features, base=SLOT, keep=NAMES)


def with_gaps(code: Program, features: tuple[str, ...], page: int) -> Mcu:
    """Every region ends with a page and has no neighbour."""
    regions = [
        Region.code("slot", SLOT, page),
        Region.ram("arena", ARENA, 2 * page),
        Region.ram("state", STATE, page),
        Region.ram("stack", STACK, page),
    ]
    return loaded(code, features, regions)


def crowded(code: Program, features: tuple[str, ...]) -> Mcu:
    """No region ends with a page; others touch them on either side."""
    regions = [Region.code("below slot", SLOT - 0x20, 0x20), Region.code("slot", SLOT, 0x210)]
    regions.append(Region.ram("behind slot", SLOT + 0x210, 0x30))
    at = ARENA + 0x130
    for name in ("arena", "state", "stack"):
        regions += [
            Region.ram(f"below {name}", at - 0x30, 0x30),
            Region.ram(name, at, 0x210),
            Region.ram(f"behind {name}", at + 0x210, 0x40),
        ]
        at += 0x280
    return loaded(code, features, regions)


def loaded(code: Program, features: tuple[str, ...], regions: list[Region]) -> Mcu:
    mcu = Mcu(code.core, features, regions)
    mcu.write(SLOT, code.binary)
    return mcu


def mnemonic(code: Program, pc: int) -> str:
    arm = (capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)
    riscv = (capstone.CS_ARCH_RISCV, capstone.CS_MODE_RISCV32 | capstone.CS_MODE_RISCVC)
    disassembler = capstone.Cs(*(riscv if code.core.startswith("rv32") else arm))
    return str(next(disassembler.disasm(code.binary[pc - SLOT :], pc)).mnemonic)


def page_of(core: str) -> int:
    return 0x1000 if core.startswith("rv32") else 0x400


OURS = ("slot", "arena", "state", "stack")


@pytest.mark.parametrize(("core", "features"), CORES, ids=lambda v: v if isinstance(v, str) else "")
@pytest.mark.parametrize("region", OURS)
@pytest.mark.parametrize("access", ["peek", "poke"])
@pytest.mark.parametrize("exact", [False, True], ids=["fast", "exact"])
class TestOneByteTooFar:
    def test_faults(
        self, core: str, features: tuple[str, ...], region: str, access: str, exact: bool
    ) -> None:
        code = program(core, features)
        mcu = crowded(code, features) if exact else with_gaps(code, features, page_of(core))
        at, stack = mcu.regions[region], mcu.regions["stack"].address + 0x100

        def run(address: int) -> int:
            args = [address]
            entry = code.entry(access)
            return mcu.call(entry, args, stack, LIMIT, within=OURS, exact=exact).value

        for address in (at.address - 1, at.end):
            with pytest.raises(McuFault) as fault:
                run(address)
            assert (fault.value.kind, fault.value.address) == (KINDS[access], address)
            assert mnemonic(code, fault.value.pc) in {"peek": LOADS, "poke": STORES}[access]

        if (region, access) == ("slot", "poke"):
            before = mcu.read(SLOT, 16)
            with pytest.raises(McuFault, match="write fault at 0x00010000"):
                run(at.address)
            assert mcu.read(SLOT, 16) == before
            return
        for address in (at.address, at.end - 1):
            assert run(address) == (mcu.read(address, 1)[0] if access == "peek" else 7)


@pytest.mark.parametrize(("core", "features"), CORES, ids=lambda v: v if isinstance(v, str) else "")
@pytest.mark.parametrize("access", ["peek4", "poke4"])
def test_a_word_may_not_reach_over_the_end(
    core: str, features: tuple[str, ...], access: str
) -> None:
    code = program(core, features)
    regions = [
        Region.code("slot", SLOT, 0x400),
        Region.ram("arena", ARENA, 0x102),
        Region.ram("stack", STACK, 0x100),
    ]
    mcu = loaded(code, features, regions)
    args, entry, stack = [ARENA + 0x100], code.entry(access), STACK + 0x100
    mcu.call(entry, [ARENA + 0xFC], stack, LIMIT, exact=True)
    with pytest.raises(McuFault) as fault:
        mcu.call(entry, args, stack, LIMIT, exact=True)
    assert fault.value.address == ARENA + 0x100


@pytest.mark.parametrize(("core", "features"), CORES, ids=lambda v: v if isinstance(v, str) else "")
@pytest.mark.parametrize("exact", [False, True], ids=["fast", "exact"])
class TestExecution:
    def test_ram_is_not_executed(self, core: str, features: tuple[str, ...], exact: bool) -> None:
        code = program(core, features)
        mcu = with_gaps(code, features, page_of(core))
        mcu.write(ARENA, code.binary)
        entry = ARENA | code.core.startswith("cortex")
        with pytest.raises(McuFault) as fault:
            mcu.call(entry, [ARENA], STACK + 0x100, LIMIT, exact=exact)
        assert (fault.value.kind, fault.value.address) == (FaultKind.FETCH, ARENA)

    def test_code_outside_the_run_is_not_executed(
        self, core: str, features: tuple[str, ...], exact: bool
    ) -> None:
        code = program(core, features)
        regions = [
            Region.code("slot", SLOT, 0x1000),
            Region.code("other", SLOT + 0x1000, 0x1000),
            Region.ram("stack", STACK, 0x1000),
        ]
        mcu = loaded(code, features, regions)
        mcu.write(SLOT + 0x1000, code.binary)
        there = code.entry("peek") + 0x1000
        args = [STACK]
        assert mcu.call(there, args, STACK + 0x100, LIMIT, exact=exact).value == 0
        with pytest.raises(McuFault) as fault:
            mcu.call(there, args, STACK + 0x100, LIMIT, within=("slot", "stack"), exact=exact)
        assert fault.value.kind is FaultKind.FETCH
