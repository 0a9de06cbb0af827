"""Flash is told apart by symbols, and all parts add up."""

from compiler.elf import Symbol
from compiler.emit.emitted import OperatorRecord
from compiler.flash import flash_use


def record(index: int) -> OperatorRecord:
    return OperatorRecord(
        index,
        "CONV_2D",
        f"tml_op{index}_",
        f"tml_op{index}_run",
        "plain",
        "tml_conv_2d",
        0,
        0,
        (),
        (),
    )


SYMBOLS = [
    Symbol("tml_vectors", 0x1000, 64, ".text"),
    Symbol("tml_table", 0x1040, 48, ".text"),
    Symbol("tml_init", 0x1071, 10, ".text"),
    Symbol("tml_run", 0x107B, 20, ".text"),
    Symbol("tml_conv_2d", 0x1091, 300, ".text"),
    Symbol("memset", 0x1201, 14, ".text"),
    Symbol("compiler_rt.smallMemset", 0x1201, 14, ".text"),
    Symbol("tml_op1_weights", 0x1300, 100, ".rodata"),
    Symbol("tml_op1_bias", 0x1364, 20, ".rodata"),
    Symbol("tml_op11_weights", 0x1400, 7, ".rodata"),
    Symbol("seed", 0x20000000, 4, ".data"),
]


def test_each_byte_belongs_to_one_part() -> None:
    use = flash_use(700, SYMBOLS, [record(1), record(11), record(12)])
    assert use.operators == {1: 120, 11: 7, 12: 0}
    assert use.kernels == {"tml_conv_2d": 300}
    assert use.runtime == {"memset": 14}
    assert (use.table, use.calls, use.startup) == (48, 30, 64)
    assert use.rest == 700 - (120 + 7 + 300 + 14 + 48 + 30 + 64)
