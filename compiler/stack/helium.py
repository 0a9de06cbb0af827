"""Armv8.1-M as far as it touches the stack: what Thumb-2 has not (Armv8-M ARM, DDI 0553, C2).

The disassembler knows neither vectors (MVE) nor low-overhead loops, and takes some
for other instructions. All are of four bytes. Of vectors and floats no more is told here
than which core registers they may set, rather too many than too few.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from capstone.arm_const import ARM_REG_LR, ARM_REG_R0, ARM_REG_R12, ARM_REG_SP

from .flow import Memory, NotUnderstood, State, Step
from .thumb import Thumb

_CORE_REGISTERS = (*range(ARM_REG_R0, ARM_REG_R12 + 1), ARM_REG_SP, ARM_REG_LR)


@dataclass(frozen=True, slots=True)
class Wide:
    """An instruction of Armv8.1-M: which core registers it may set, where it may jump to."""

    mnemonic: str
    op_str: str = ""
    written: tuple[int, ...] = ()
    jumps: tuple[int, ...] = ()
    moves_stack: bool = False
    size: int = 4


class Helium(Thumb):
    """Reader of code for cores with Armv8.1-M."""

    def decode(self, code: bytes, address: int) -> Any:
        """Return the instruction at the start of `code`, None where there is none."""
        if len(code) >= 4:
            first, second = (int.from_bytes(code[at : at + 2], "little") for at in (0, 2))
            wide = _loop(first, second, address) or _scalar(first, second) or _vector(first, second)
            if wide is not None:
                return wide
        return super().decode(code, address)

    def effect(self, name: str, instruction: Any, state: State, word: Memory) -> Step:
        """Return what an instruction that is executed does; raises `NotUnderstood`."""
        if not isinstance(instruction, Wide):
            return super().effect(name, instruction, state, word)
        if instruction.moves_stack:
            raise NotUnderstood("moves the stack pointer in a way that is not known")
        written = {_CORE_REGISTERS[number] for number in instruction.written if number < 15}
        return Step(state.without(written), jumps=instruction.jumps)


def _loop(first: int, second: int, address: int) -> Wide | None:
    """DLS, WLS, LE, their tail-predicated forms, and VCTP: 1111 0000 0xxx | 11x0 ... 1."""
    if first & 0xFF80 != 0xF000 or second & 0xD001 != 0xC001:
        return None
    if second & 0x2000:
        return Wide("dls or vctp", written=(14,))
    distance = (second & 0x7FE) << 1 | second >> 10 & 2
    ends = first & 0xF == 0xF
    target = address + 4 + (-distance if ends else distance)
    return Wide("le" if ends else "wls", f"{target:#x}", written=(14,), jumps=(target,))


def _scalar(first: int, second: int) -> Wide | None:
    """CSEL and its kind, and shifts of 64 bits: 1110 1010 0101, where ORRS would be a nonsense."""
    if first & 0xFFF0 != 0xEA50:
        return None
    if second & 0x8000:
        return Wide("csel", written=(second >> 8 & 0xF,))
    if second & 0xF in {0xD, 0xF}:
        return Wide("long shift", written=(first & 0xF, first & 0xE, second >> 8 & 0xF | 1))
    return None


def _vector(first: int, second: int) -> Wide | None:
    """All of the coprocessors' space, 111x 11xx, but what the disassembler knows of the stack."""
    if first & 0xEC00 != 0xEC00:
        return None
    on_stack = first & 0xEE20 == 0xEC20 and first & 0xF == 13
    if on_stack and second & 0xE00 == 0xA00:
        return None  # VPUSH, VPOP
    return Wide("vector", written=tuple(_may_write(first, second)), moves_stack=on_stack)


def _may_write(first: int, second: int) -> Iterator[int]:
    """Yield every field that names a core register which the instruction may set."""
    for first_mask, first_bits, second_mask, second_bits, fields in _WRITERS:
        if first & first_mask == first_bits and second & second_mask == second_bits:
            yield from fields(first, second)


# Masks and bits of both halves, and where the registers then are (C2.4).
_WRITERS: tuple[tuple[int, int, int, int, Callable[[int, int], tuple[int, ...]]], ...] = (
    # Accesses that move their base, and what takes two core registers' place there.
    (0xEE20, 0xEC20, 0, 0, lambda first, _: (first & 0xF,)),
    (0xFF90, 0xEC10, 0, 0, lambda first, second: (first & 0xF, second & 0xF, second >> 12)),
    # VMOV from a lane or a float, VMRS.
    (0xFF10, 0xEE10, 0x0E10, 0x0A10, lambda _, second: (second >> 12,)),
    # Sums, products and extremes across a vector: a low half, and a high one.
    (
        *(0xEF80, 0xEE80, 0x0E40, 0x0E00),
        lambda first, second: (second >> 12, second >> 12 & 0xE, first >> 3 & 0xE | 1),
    ),
    # VSHLC; VIDUP and its kind.
    (0xFFA0, 0xEEA0, 0x0FF0, 0x0FC0, lambda _, second: (second & 0xF,)),
    (0xFF80, 0xEE00, 0x0F60, 0x0F60, lambda first, _: (first & 0xE,)),
)
