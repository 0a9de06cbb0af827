"""The cores that can be emulated, as data."""

from collections.abc import Sequence
from dataclasses import dataclass

from unicorn import UC_ARCH_ARM, UC_ARCH_RISCV, UC_MODE_RISCV32, UC_MODE_THUMB
from unicorn.arm_const import (
    UC_ARM_REG_LR,
    UC_ARM_REG_PC,
    UC_ARM_REG_R0,
    UC_ARM_REG_SP,
    UC_CPU_ARM_CORTEX_M0,
    UC_CPU_ARM_CORTEX_M3,
    UC_CPU_ARM_CORTEX_M4,
    UC_CPU_ARM_CORTEX_M7,
    UC_CPU_ARM_CORTEX_M33,
)
from unicorn.riscv_const import (
    UC_CPU_RISCV32_SIFIVE_E31,
    UC_RISCV_REG_A0,
    UC_RISCV_REG_PC,
    UC_RISCV_REG_RA,
    UC_RISCV_REG_SP,
)

from . import hook
from .errors import UnknownCore


@dataclass(frozen=True, slots=True)
class Registers:
    """The emulator's numbers of the registers that a call uses."""

    pc: int
    sp: int
    link: int
    argument: int  # the first one; the others follow


@dataclass(frozen=True, slots=True)
class Core:
    """How a core is emulated.

    `page` is the emulator's step of memory in bytes. `features` maps those that the
    core can have to the classes of instructions they add to `classes`; what the
    emulator's model has beyond is refused by the hook. `sleeps` are the encodings
    of WFI.
    """

    architecture: int
    mode: int
    model: int
    registers: Registers
    sleeps: tuple[bytes, ...]
    page: int
    cpuid: int
    classes: int
    features: dict[str, int]

    @property
    def is_riscv(self) -> bool:
        """Whether the core is RISC-V, and not Arm."""
        return bool(self.architecture == UC_ARCH_RISCV)


_SINGLE = hook.FPU
_DOUBLE = hook.FPU | hook.FPU_DOUBLE

_ARM = Registers(UC_ARM_REG_PC, UC_ARM_REG_SP, UC_ARM_REG_LR, UC_ARM_REG_R0)
_RISC_V = Registers(UC_RISCV_REG_PC, UC_RISCV_REG_SP, UC_RISCV_REG_RA, UC_RISCV_REG_A0)


def _cortex(model: int, cpuid: int, classes: int, features: dict[str, int]) -> Core:
    return Core(
        UC_ARCH_ARM,
        UC_MODE_THUMB,  # UC_MODE_MCLASS would make every model a Cortex-M33
        model,
        _ARM,
        sleeps=(bytes.fromhex("30bf"), bytes.fromhex("aff30380")),
        page=0x400,
        cpuid=cpuid,
        classes=classes,
        features=features,
    )


def _risc_v(classes: int) -> Core:
    return Core(
        UC_ARCH_RISCV,
        UC_MODE_RISCV32,
        UC_CPU_RISCV32_SIFIVE_E31,
        _RISC_V,
        sleeps=(bytes.fromhex("73005010"),),
        page=0x1000,
        cpuid=0,
        classes=classes,
        features={},
    )


_DSP_ALWAYS = {"dsp": hook.DSP}  # Armv7E-M; boards name it all the same

#: The Cortex-M0+ is emulated as its sibling: both are Armv6-M to the instruction.
CORES = {
    "cortex-m0plus": _cortex(UC_CPU_ARM_CORTEX_M0, 0x410CC601, 0, {}),
    "cortex-m3": _cortex(UC_CPU_ARM_CORTEX_M3, 0x412FC231, 0, {}),
    "cortex-m4": _cortex(
        UC_CPU_ARM_CORTEX_M4, 0x410FC241, hook.DSP, _DSP_ALWAYS | {"fpv4-sp": _SINGLE}
    ),
    "cortex-m7": _cortex(
        UC_CPU_ARM_CORTEX_M7,
        0x411FC272,
        hook.DSP,
        _DSP_ALWAYS | {"fpv5-sp": _SINGLE, "fpv5-d16": _DOUBLE},
    ),
    "cortex-m33": _cortex(
        UC_CPU_ARM_CORTEX_M33, 0x410FD213, 0, {"dsp": hook.DSP, "fpv5-sp": _SINGLE}
    ),
    "rv32imc": _risc_v(0),
    "rv32imac": _risc_v(hook.ATOMIC),
}


def core_of(name: str, features: Sequence[str]) -> tuple[Core, int]:
    """Return a core and the optional classes of instructions that it has.

    Raises `UnknownCore` for a name or a feature that is not emulated.
    """
    core = CORES.get(name)
    if core is None:
        raise UnknownCore(f"no emulation for core {name!r}; there is one for {', '.join(CORES)}")
    classes = core.classes
    for feature in features:
        if feature not in core.features:
            raise UnknownCore(f"no emulation for {name} with feature {feature!r}")
        classes |= core.features[feature]
    return core, classes
