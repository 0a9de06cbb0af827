"""Linked files of 32-bit little-endian cores: segments, sections and symbols.

Only what our own linker writes is read; still nothing of it is trusted: an
offset outside the file is a `ToolchainFailed`, never a wrong binary.
Layouts: System V ABI, "Object Files".
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from .errors import ToolchainFailed

_IDENT = b"\x7fELF\x01\x01\x01"  # 32 bits, little endian, version 1
_HEADER = struct.Struct("<16x2xHxxxx4xIIxxxxHHHHHH")
_PROGRAM_HEADER = struct.Struct("<8I")
_SECTION_HEADER = struct.Struct("<10I")
_SYMBOL = struct.Struct("<IIIBBH")

_PT_LOAD = 1
_SHT_SYMTAB = 2
_SHF_ALLOC = 2
_NO_TYPE = 0  # STT_NOTYPE
_DATA_OR_CODE = (1, 2)  # STT_OBJECT, STT_FUNC
_CODE = 2
_MAPPING = ("$t", "$a", "$x", "$d")  # ELF for the Arm Architecture, "Mapping symbols"

_LARGEST_GAP = 1 << 16


@dataclass(frozen=True, slots=True)
class Section:
    """A section; `occupies` memory of the device or is of use to tools alone."""

    name: str
    type: int
    occupies: bool
    address: int
    offset: int
    size: int
    link: int


@dataclass(frozen=True, slots=True)
class Symbol:
    """A function or object of the linked image; `size` in bytes, `section` by name."""

    name: str
    address: int
    size: int
    section: str


@dataclass(frozen=True, slots=True)
class Elf:
    """A linked file that has been found to be one."""

    data: bytes = field(repr=False)
    sections: tuple[Section, ...]
    segments: tuple[tuple[int, bytes], ...] = field(repr=False)  # load address, bytes

    def flat(self, base: int) -> bytes:
        """Return the image as it lies in memory from `base` on, gaps filled with zeros."""
        end, image = base, bytearray()
        for address, content in sorted(self.segments):
            gap = address - end
            if not 0 <= gap <= _LARGEST_GAP:
                raise ToolchainFailed(
                    f"the linker put {len(content)} B at {address:#x}, which does not"
                    f" continue the image that ends at {end:#x}"
                )
            image += bytes(gap) + content
            end = address + len(content)
        return bytes(image)

    def symbols(self) -> Iterator[Symbol]:
        """Yield functions and objects that have a size, in order of address."""
        found = [symbol for table in self._tables() for symbol in self._symbols_of(table)]
        yield from sorted(found, key=lambda symbol: (symbol.address, symbol.name))

    def unsized_functions(self) -> Iterator[tuple[str, int]]:
        """Yield name and address of functions whose size nobody told, as assembly may leave it."""
        for table in self._tables():
            for name, address, size, info, _, index in self._rows(table):
                if info & 0xF == _CODE and not size and self._is_in_memory(index):
                    yield _text(self.data, self._names(table), name), address

    def mapping(self) -> Iterator[tuple[int, str]]:
        """Yield where code (`$t`, `$x`) and data among code (`$d`) begin, in order of address.

        Sections that occupy no memory have marks as well, whose values are offsets in there.
        """
        found = [
            (address, _text(self.data, self._names(table), name))
            for table in self._tables()
            for name, address, _, info, _, index in self._rows(table)
            if info & 0xF == _NO_TYPE and name and self._is_in_memory(index)
        ]
        yield from sorted(mark for mark in found if mark[1][:2] in _MAPPING)

    def sizes(self) -> dict[str, int]:
        """Return the bytes of each section that occupies memory and is not empty."""
        return {
            section.name: section.size
            for section in self.sections
            if section.occupies and section.size
        }

    def _tables(self) -> Iterator[Section]:
        return (section for section in self.sections if section.type == _SHT_SYMTAB)

    def _symbols_of(self, table: Section) -> Iterator[Symbol]:
        names = self._names(table)
        for name, address, size, info, _, index in self._rows(table):
            if info & 0xF in _DATA_OR_CODE and size and 0 < index < len(self.sections):
                yield Symbol(
                    _text(self.data, names, name), address, size, self.sections[index].name
                )

    def _is_in_memory(self, index: int) -> bool:
        return 0 < index < len(self.sections) and self.sections[index].occupies

    def _names(self, table: Section) -> Section:
        if table.link >= len(self.sections):
            raise ToolchainFailed("the linker's output has symbols without names")
        return self.sections[table.link]

    def _rows(self, table: Section) -> Iterator[tuple[int, int, int, int, int, int]]:
        content = _slice(self.data, table.offset, table.size)
        whole = content[: len(content) // _SYMBOL.size * _SYMBOL.size]
        return _SYMBOL.iter_unpack(whole)


def read_elf(data: bytes) -> Elf:
    """Read a linked file. Raises `ToolchainFailed` for what is none."""
    if not data.startswith(_IDENT) or len(data) < _HEADER.size:
        raise ToolchainFailed("the linker's output is no 32-bit little-endian ELF file")
    _, phoff, shoff, _, phentsize, phnum, shentsize, shnum, shstrndx = _HEADER.unpack_from(data)
    if (phentsize, shentsize) != (_PROGRAM_HEADER.size, _SECTION_HEADER.size):
        raise ToolchainFailed("the linker's output has headers of an unknown size")
    return Elf(
        data,
        tuple(_sections(data, shoff, shnum, shstrndx)),
        tuple(_segments(data, phoff, phnum)),
    )


def _segments(data: bytes, offset: int, count: int) -> Iterator[tuple[int, bytes]]:
    headers = _slice(data, offset, count * _PROGRAM_HEADER.size)
    for kind, start, _, physical, size, _, _, _ in _PROGRAM_HEADER.iter_unpack(headers):
        if kind == _PT_LOAD and size:
            yield physical, _slice(data, start, size)


def _sections(data: bytes, offset: int, count: int, names: int) -> Iterator[Section]:
    headers = _slice(data, offset, count * _SECTION_HEADER.size)
    rows = list(_SECTION_HEADER.iter_unpack(headers))
    if names >= len(rows):
        raise ToolchainFailed("the linker's output names no section")
    strings = Section("", 0, False, 0, rows[names][4], rows[names][5], 0)  # noqa: FBT003
    for name, kind, flags, address, start, size, link, *_ in rows:
        yield Section(
            name=_text(data, strings, name),
            type=kind,
            occupies=bool(flags & _SHF_ALLOC),
            address=address,
            offset=start,
            size=size,
            link=link,
        )


def _text(data: bytes, strings: Section, offset: int) -> str:
    start = strings.offset + offset
    end = data.find(b"\0", start, strings.offset + strings.size)
    if not strings.offset <= start <= end:
        raise ToolchainFailed("the linker's output has a name outside its table of names")
    return data[start:end].decode("utf-8", "replace")


def _slice(data: bytes, start: int, size: int) -> bytes:
    if start + size > len(data):
        raise ToolchainFailed(f"the linker's output ends before byte {start + size}")
    return data[start : start + size]
