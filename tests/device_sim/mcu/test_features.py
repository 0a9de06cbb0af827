"""A core runs what it has and refuses what it has not."""

import pytest

from device_sim.mcu import FaultKind, Mcu, McuFault, Region, UnknownCore

SLOT, STACK = 0x10000, 0x2000_0000
RETURN = {"arm": "7047", "riscv": "8280"}

SMLAD = "20fb0100"
SMULBB = "10fb00f0"
QADD = "80fa80f0"
UXTAB16 = "30fa80f0"
PKHBT = "c0ea0000"
SSAT16 = "20f30000"
UMAAL = "e0fb6001"
UXTB_WIDE = "5ffa80f0"  # these four are base instructions beside those above
CLZ = "b0fa80f0"
UMULL = "a0fb0001"
SSAT = "00f30700"
VADD_F32 = "30ee200a"
VADD_F64 = "30ee010b"
VCVT_F64_F32 = "b7eec00a"
VPUSH_D8 = "2ded028b"
VPOP_D8 = "bdec028b"
MOVW = "40f20100"
SDIV = "90fbf0f0"
CPSID = "72b6"
MRS_PRIMASK = "eff31080"
MRS_APSR = "eff30080"
SVC = "00df"
UDF = "00de"
WFI = "30bf"

LR_W = "2f210510"  # lr.w a0, (a0)
FADD_S = "5375b500"
CSRR_CYCLE = "732500c0"
ECALL = "73000000"
MUL = "3305a502"
ILLEGAL = "00000000"

DSP = (SMLAD, SMULBB, QADD, UXTAB16, PKHBT, SSAT16, UMAAL)
BASE = (UXTB_WIDE, CLZ, UMULL, SSAT, MOVW, SDIV, MRS_APSR)
SINGLE = (VADD_F32, VPUSH_D8 + VPOP_D8)
DOUBLE = (VADD_F64, VCVT_F64_F32)
PRIVILEGED = (CPSID, MRS_PRIMASK, SVC, WFI)


def run(core: str, features: tuple[str, ...], code: str) -> None:
    family = "riscv" if core.startswith("rv32") else "arm"
    regions = [Region.code("slot", SLOT, 0x1000), Region.ram("stack", STACK, 0x1000)]
    mcu = Mcu(core, features, regions)
    mcu.write(SLOT, bytes.fromhex(code + RETURN[family]))
    mcu.call(SLOT | (family == "arm"), [STACK], STACK + 0x1000, 100)


def cases(
    rows: list[tuple[str, tuple[str, ...], tuple[str, ...]]],
) -> list[tuple[str, tuple[str, ...], str]]:
    return [(core, features, code) for core, features, codes in rows for code in codes]


@pytest.mark.parametrize(
    ("core", "features", "code"),
    cases(
        [
            ("cortex-m3", (), BASE),
            ("cortex-m4", (), (*BASE, *DSP)),
            ("cortex-m4", ("dsp", "fpv4-sp"), (*BASE, *DSP, *SINGLE)),
            ("cortex-m7", ("fpv5-sp",), (*BASE, *DSP, *SINGLE)),
            ("cortex-m7", ("fpv5-d16",), (*SINGLE, *DOUBLE)),
            ("cortex-m33", (), BASE),
            ("cortex-m33", ("fpv5-sp",), SINGLE),
            ("cortex-m33", ("dsp",), DSP),
            ("cortex-m0plus", (), ("0020",)),
            ("rv32imc", (), (MUL,)),
            ("rv32imac", (), (LR_W,)),
        ]
    ),
)
def test_runs_what_the_core_has(core: str, features: tuple[str, ...], code: str) -> None:
    run(core, features, code)


@pytest.mark.parametrize(
    ("core", "features", "code"),
    cases(
        [
            ("cortex-m0plus", (), (*DSP, *SINGLE, *DOUBLE, MOVW, SDIV, CLZ, UMULL)),
            ("cortex-m3", (), (*DSP, *SINGLE, *DOUBLE)),
            ("cortex-m4", (), (*SINGLE, *DOUBLE)),
            ("cortex-m4", ("dsp", "fpv4-sp"), DOUBLE),
            ("cortex-m7", ("fpv5-sp",), DOUBLE),
            ("cortex-m33", (), (*DSP, *SINGLE)),
            ("cortex-m33", ("fpv5-sp",), (*DSP, *DOUBLE)),
            ("cortex-m4", ("fpv4-sp",), (*PRIVILEGED, UDF)),
            ("cortex-m0plus", (), (*PRIVILEGED, UDF)),
            ("rv32imc", (), (LR_W, FADD_S, CSRR_CYCLE, ECALL, ILLEGAL)),
        ]
    ),
)
def test_refuses_what_the_core_has_not(core: str, features: tuple[str, ...], code: str) -> None:
    with pytest.raises(McuFault) as fault:
        run(core, features, code)
    assert fault.value.kind in {FaultKind.INSTRUCTION, FaultKind.EXCEPTION}
    assert fault.value.pc == SLOT


def test_a_fault_names_the_instruction_behind_others() -> None:
    with pytest.raises(McuFault, match=r"instruction fault at 0x00010004.*a DSP instruction"):
        run("cortex-m3", (), MOVW + SMLAD)


def test_armv6_m_does_not_read_unaligned_words() -> None:
    with pytest.raises(McuFault):
        run("cortex-m0plus", (), "0130" + "0068")  # adds r0, #1; ldr r0, [r0]
    run("cortex-m3", (), "0130" + "0068")


@pytest.mark.parametrize(
    ("core", "features"),
    [("cortex-m55", ()), ("xtensa-lx6", ()), ("cortex-m3", ("dsp",)), ("cortex-m4", ("mve",))],
)
def test_unknown_cores_and_features_are_named(core: str, features: tuple[str, ...]) -> None:
    with pytest.raises(UnknownCore, match=(*features, core)[0]):
        Mcu(core, features, [Region.ram("stack", STACK, 0x400)])
