"""What the linker puts where: the table, the code, the constants, and no writable data."""

import struct
from dataclasses import replace

import pytest

from compiler.abi import FIRMWARE_TABLE_OFFSET, FLAG_HARD_FLOAT, MAGIC
from compiler.errors import ToolchainFailed
from compiler.link import payload_address
from compiler.profile import Objective
from compiler.targets import ImageKind, Target, cores, default_firmware_map, default_slot

TABLE = struct.Struct("<IHHHHIIIII")
M4F = Target("cortex-m4", ("dsp", "fpv4-sp"))


def address(linked, name: str) -> int:
    return next(symbol.address for symbol in linked.symbols if symbol.name == name)


def assert_table(linked, target: Target, at: int) -> None:
    """The table at `at` says what the program is and where its calls are."""
    magic, abi, flags, inputs, outputs, arena, state, stack, init, run = TABLE.unpack_from(
        linked.binary, at
    )
    hard_float = cores()[target.core].passes_floats_in_registers(target.features)
    assert (magic, abi, flags) == (MAGIC, 1, FLAG_HARD_FLOAT if hard_float else 0)
    assert linked.binary[at : at + 4] == b"TMLM"
    assert (inputs, outputs, arena, state, stack) == (1, 2, 48, 16, 0)
    tensors = struct.unpack_from("<6I", linked.binary, at + TABLE.size)
    assert tensors == (0, 16, 16, 4, 32, 8)
    # Symbols of Thumb functions carry the bit already.
    thumb = target.core.startswith("cortex")
    assert (init, run) == (address(linked, "tml_init"), address(linked, "tml_run"))
    assert init & 1 == run & 1 == thumb


def test_a_module_starts_with_its_table(link, target) -> None:
    linked = link(target, ImageKind.MODULE)
    assert_table(linked, target, 0)
    assert address(linked, "tml_table") == payload_address(default_slot(target))


def test_a_firmware_has_its_table_at_a_fixed_place(link, target) -> None:
    linked = link(target, ImageKind.FIRMWARE)
    assert_table(linked, target, FIRMWARE_TABLE_OFFSET)


def test_a_cortex_m_firmware_starts_with_vectors(link) -> None:
    linked = link(M4F, ImageKind.FIRMWARE)
    stack, reset, *exceptions = struct.unpack_from("<16I", linked.binary)
    place = default_firmware_map(M4F)
    assert stack == place.ram + place.ram_size
    assert reset == address(linked, "tml_reset")
    assert set(exceptions) == {address(linked, "tml_fault")}
    assert reset & 1 == 1


def test_a_riscv_firmware_starts_with_code(link) -> None:
    linked = link(Target("rv32imc"), ImageKind.FIRMWARE)
    assert address(linked, "tml_reset") == payload_address(default_firmware_map(Target("rv32imc")))
    # auipc sp, ...: the first instruction sets the stack pointer.
    (first,) = struct.unpack_from("<I", linked.binary)
    assert first & 0xFFF == 0x117


def test_data_of_a_firmware_is_carried_and_bss_is_not(link) -> None:
    source = "static int seed = 7; int counts[64];\n" + SOURCE_WITH_DATA
    linked = link(M4F, ImageKind.FIRMWARE, source)
    assert linked.sections[".bss"] == 256
    assert linked.sections[".data"] == 4
    assert len(linked.binary) < 600
    assert struct.pack("<I", 7) == linked.binary[-4:]
    ram = default_firmware_map(M4F).ram
    assert address(linked, "seed") == ram


SOURCE_WITH_DATA = """
int tml_init(void *state);
int tml_run(void *arena, void *state);
int tml_init(void *state) { (void)state; return counts[0]; }
int tml_run(void *arena, void *state)
{
    (void)arena; (void)state; seed++; counts[seed & 63]++; return seed;
}
"""


@pytest.mark.parametrize("declared", ["int counts[64]; int seed;", "int counts[64]; int seed = 7;"])
def test_a_module_with_writable_data_is_refused(link, declared) -> None:
    with pytest.raises(ToolchainFailed, match="a module has no writable data"):
        link(M4F, ImageKind.MODULE, declared + SOURCE_WITH_DATA)


def test_a_module_with_a_constructor_is_refused(link) -> None:
    early = '__attribute__((constructor)) static void early(void) { __asm__ volatile("nop"); }'
    with pytest.raises(ToolchainFailed, match="no constructors"):
        link(M4F, ImageKind.MODULE, early + SOURCE_PLAIN)


SOURCE_PLAIN = """
int tml_init(void *state);
int tml_run(void *arena, void *state);
int tml_init(void *state) { (void)state; return 0; }
int tml_run(void *arena, void *state) { (void)arena; (void)state; return 0; }
"""


def test_only_what_is_used_is_linked(link, target) -> None:
    names = {symbol.name for symbol in link(target, ImageKind.MODULE).symbols}
    assert "unused" not in names
    assert {"tml_table", "tml_init", "tml_run"} <= names


def test_a_floating_point_unit_is_used_where_there_is_one(link, target) -> None:
    helpers = {"__aeabi_fmul", "__aeabi_fadd", "__mulsf3", "__addsf3"}
    names = {symbol.name for symbol in link(target, ImageKind.MODULE).symbols}
    hard_float = cores()[target.core].passes_floats_in_registers(target.features)
    assert names.isdisjoint(helpers) is hard_float


def test_products_are_rounded_before_they_are_summed(link) -> None:
    """A fused multiply-add rounds once: other bits than a core without one gives."""
    capstone = pytest.importorskip("capstone")
    decoder = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)
    linked = link(M4F, ImageKind.MODULE, objective=Objective.SPEED)
    base = payload_address(default_slot(M4F))
    run = next(symbol for symbol in linked.symbols if symbol.name == "tml_run")
    start = (run.address & ~1) - base
    code = linked.binary[start : start + run.size]
    names = [instruction.mnemonic for instruction in decoder.disasm(code, run.address & ~1)]
    assert any(name.startswith("vmul") for name in names)
    assert not any(name.startswith(("vfma", "vmla")) for name in names)


def test_constants_are_linked_for_the_address_they_are_read_at(link) -> None:
    target = Target("rv32imc")
    slot = default_slot(target)
    plain = link(target, ImageKind.MODULE)
    seen = link(target, ImageKind.MODULE, place=replace(slot, data=0x3C000000))
    weights = address(plain, "tml_op0_weights") - slot.load
    assert address(seen, "tml_op0_weights") == 0x3C000000 + weights
    # The bytes lie where they did: only addresses inside them differ.
    assert len(seen.binary) == len(plain.binary)
    assert seen.binary[weights - 0x20 :] == plain.binary[weights - 0x20 :]


def test_the_same_code_is_linked_for_each_slot(link) -> None:
    slot = default_slot(M4F)
    other = replace(slot, load=slot.load + 0x8000)
    one, two = (link(M4F, ImageKind.MODULE, place=place) for place in (slot, other))
    assert len(one.binary) == len(two.binary)
    assert address(two, "tml_run") == address(one, "tml_run") + 0x8000


@pytest.mark.parametrize(
    "kind", [ImageKind.MODULE, pytest.param(ImageKind.FIRMWARE, marks=pytest.mark.slow)]
)
def test_equal_jobs_give_equal_bytes_wherever_they_run(link, tmp_path, kind) -> None:
    for objective in Objective:
        one = link(M4F, kind, workdir=tmp_path / "here", objective=objective)
        two = link(M4F, kind, workdir=tmp_path / "somewhere" / "else", objective=objective)
        assert one.elf == two.elf
        assert str(tmp_path).encode() not in one.elf
