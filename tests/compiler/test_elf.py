"""The reader of linked files: cut or bent, they are refused and nothing else."""

import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.elf import Elf, read_elf
from compiler.errors import ToolchainFailed


def small_elf(*marks: tuple[bytes, int, int]) -> bytes:
    """A file with a segment of four bytes, a section for tools, a function and its tables.

    `marks` are further symbols: name, value and number of the section; 1 is the
    code and 4 occupies no memory.
    """
    names = b"\0.text\0.symtab\0main\0"
    symbols = bytes(16) + struct.pack("<IIIBBH", 15, 0x1000, 4, 2, 0, 1)
    for name, value, section in marks:
        symbols += struct.pack("<IIIBBH", len(names), value, 0, 0, 0, section)
        names += name + b"\0"
    names = names.ljust(24, b"\0")
    content = b"\x01\x02\x03\x04"
    at_content, at_program, at_names = 52, 56, 88
    at_symbols = at_names + len(names)
    at_sections = at_symbols + len(symbols)
    header = b"\x7fELF\x01\x01\x01".ljust(16, b"\0") + struct.pack(
        "<HHIIIIIHHHHHH", 2, 40, 1, 0x1000, at_program, at_sections, 0, 52, 32, 1, 40, 5, 3
    )
    program = struct.pack("<8I", 1, at_content, 0x1000, 0x1000, 4, 4, 5, 4)
    sections = b"".join(
        struct.pack("<10I", *row)
        for row in (
            (0,) * 10,
            (1, 1, 2, 0x1000, at_content, 4, 0, 0, 4, 0),
            (7, 2, 0, 0, at_symbols, len(symbols), 3, 0, 4, 16),
            (0, 3, 0, 0, at_names, len(names), 0, 0, 1, 0),
            (0, 1, 0, 0, at_content, 4, 0, 0, 1, 0),
        )
    )
    return header + content + program + names + symbols + sections


def test_segments_sections_and_symbols_are_read() -> None:
    elf = read_elf(small_elf())
    assert elf.flat(0x1000) == b"\x01\x02\x03\x04"
    assert elf.sizes() == {".text": 4}
    (symbol,) = elf.symbols()
    assert (symbol.name, symbol.address, symbol.size, symbol.section) == (
        "main",
        0x1000,
        4,
        ".text",
    )


def test_marks_of_what_is_not_in_memory_are_none() -> None:
    """As the linker leaves them: `$d` at an offset of .debug_str, as if it were an address."""
    absolute = 0xFFF1  # SHN_ABS
    marks = [(b"$d", 0x1002, 1), (b"$x", 0x1000, 1), (b"$d", 0x1001, 4), (b"$d", 0, absolute)]
    assert list(read_elf(small_elf(*marks)).mapping()) == [(0x1000, "$x"), (0x1002, "$d")]


def test_gaps_are_filled_with_zeros() -> None:
    elf = Elf(b"", (), ((0x1008, b"\x02"), (0x1000, b"\x01")))
    assert elf.flat(0x1000) == b"\x01" + bytes(7) + b"\x02"


@pytest.mark.parametrize(
    "segments",
    [((0xFFF, b"\x01"),), ((0x20000000, b"\x01"),), ((0x1000, b"\x01\x02"), (0x1001, b"\x03"))],
)
def test_what_does_not_continue_the_image_is_refused(segments) -> None:
    with pytest.raises(ToolchainFailed, match="does not continue"):
        Elf(b"", (), segments).flat(0x1000)


def read_all(data: bytes) -> None:
    elf = read_elf(data)
    elf.flat(0x1000)
    list(elf.symbols())
    list(elf.mapping())


WHOLE = small_elf((b"$x", 0x1000, 1))


def test_a_file_cut_anywhere_is_refused() -> None:
    for end in range(len(WHOLE)):
        with pytest.raises(ToolchainFailed):
            read_all(WHOLE[:end])


@given(at=st.integers(0, len(WHOLE) - 1), value=st.integers(0, 255))
def test_a_bent_byte_is_read_or_refused(at: int, value: int) -> None:
    bent = bytearray(WHOLE)
    bent[at] = value
    with suppress(ToolchainFailed):
        read_all(bytes(bent))


def test_another_kind_of_file_is_refused() -> None:
    with pytest.raises(ToolchainFailed, match="no 32-bit little-endian ELF"):
        read_elf(Path(__file__).read_bytes())
