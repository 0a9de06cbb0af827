"""The instruction words of Xtensa and their fields (Xtensa ISA Reference Manual, 7.1)."""

from dataclasses import dataclass

_NARROW = 8  # the first op0 of instructions of 16 bits (Code Density Option)
_UNKNOWN = 14  # the first op0 of what processors with their own instructions have


@dataclass(frozen=True, slots=True)
class Instruction:
    """An instruction's bits by the names that the manual gives them (7.1)."""

    address: int
    size: int
    bits: int

    mnemonic = "instruction"

    @property
    def op_str(self) -> str:
        """The bits in hexadecimal, for a complaint."""
        return f"{self.bits:#0{2 + 2 * self.size}x}"

    @property
    def op0(self) -> int:
        """Major opcode."""
        return self.bits & 15

    @property
    def t(self) -> int:
        """Field t."""
        return self.bits >> 4 & 15

    @property
    def s(self) -> int:
        """Field s."""
        return self.bits >> 8 & 15

    @property
    def r(self) -> int:
        """Field r."""
        return self.bits >> 12 & 15

    @property
    def op1(self) -> int:
        """Field op1."""
        return self.bits >> 16 & 15

    @property
    def op2(self) -> int:
        """Field op2."""
        return self.bits >> 20 & 15

    @property
    def imm8(self) -> int:
        """Field imm8, with its sign."""
        return signed(self.bits >> 16, 8)

    @property
    def following(self) -> int:
        """The address of the next instruction."""
        return self.address + self.size


def decode(code: bytes, address: int) -> Instruction | None:
    """Return the instruction at the start of `code`, None where there is none."""
    if not code or code[0] & 15 >= _UNKNOWN:
        return None
    size = 2 if code[0] & 15 >= _NARROW else 3
    if len(code) < size:
        return None
    return Instruction(address, size, int.from_bytes(code[:size], "little"))


def signed(value: int, width: int) -> int:
    """Return the lowest `width` bits of `value` as a number with a sign."""
    value &= (1 << width) - 1
    return value - (1 << width) if value >> width - 1 else value
