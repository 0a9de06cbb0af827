"""Functions of a linked program, what they call, and the deepest path through them."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..elf import Elf, Section, read_elf
from ..errors import CompileError
from .flow import NotUnderstood, Reader, State, Step
from .helium import Helium
from .risc_v import RiscV
from .thumb import Thumb
from .xtensa import Xtensa

# Padding: `mov r8, r8`, `nop`, `c.nop`, zeros, and lld's trap.
_PADDING = {b"\xc0\x46", b"\x00\xbf", b"\x01\x00", b"\x00\x00", b"\xd4\xd4"}

# By the beginning of a core's name; the first that fits counts.
_READERS: Mapping[str, Callable[[], Reader]] = {
    "cortex-m55": Helium,
    "cortex-m": Thumb,
    "rv32": RiscV,
    "xtensa": Xtensa,
}


def stack_bound(elf: bytes, entries: Sequence[str], core: str) -> int:
    """Return the bytes of stack that the deepest call path from `entries` needs.

    `elf` is the linked file with its symbols, `entries` are function symbols, `core` is a
    name that begins as one of `_READERS`. Never less than what a run uses. Raises `CompileError`
    for recursion, for calls whose target is not known and for a stack pointer
    that moves by an unknown amount.
    """
    reader = next((reader for start, reader in _READERS.items() if core.startswith(start)), None)
    if reader is None:
        raise CompileError(f"stack bound: the machine code of core {core!r} cannot be read")
    program = _Program(read_elf(elf), reader())
    return max(program.worst(program.address(entry)) for entry in entries)


@dataclass(slots=True)
class _Function:
    """What was found of a function: how deep it goes itself, and calls with their depth."""

    deepest: int = 0
    calls: set[tuple[int, int]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Extent:
    """A function's name and addresses."""

    name: str
    start: int
    end: int


class _Program:
    """The linked bytes, and what has been found out about their functions."""

    def __init__(self, elf: Elf, reader: Reader) -> None:
        self.reader = reader
        self._segments = elf.segments
        self._extents = sorted(_extents(elf), key=lambda extent: (extent.start, extent.end))
        self._starts = [extent.start for extent in self._extents]
        self._marks = list(elf.mapping())
        self._mark_addresses = [address for address, _ in self._marks]
        self._worst: dict[int, int] = {}
        self._path: list[int] = []

    def address(self, name: str) -> int:
        """Return where the function `name` starts."""
        for extent in self._extents:
            if extent.name == name:
                return extent.start
        raise CompileError(f"stack bound: the linked program has no function {name!r}")

    def worst(self, start: int) -> int:
        """Return the stack that a call of the function at `start` needs at most."""
        if start in self._worst:
            return self._worst[start]
        if start in self._path:
            cycle = [*self._path[self._path.index(start) :], start]
            names = " -> ".join(self.extent(address).name for address in cycle)
            raise CompileError(f"stack bound: recursion, {names}")
        self._path.append(start)
        function = _Walk(self, start).function()
        depths = [depth + self.worst(callee) for depth, callee in sorted(function.calls)]
        self._path.pop()
        self._worst[start] = max(function.deepest, *depths, 0)
        return self._worst[start]

    def extent(self, address: int) -> _Extent:
        """Return the function that holds `address`."""
        at = bisect_right(self._starts, address) - 1
        if at < 0 or address >= self._extents[at].end:
            raise CompileError(f"stack bound: no function is known at {address:#x}")
        return self._extents[at]

    def bytes(self, address: int, size: int) -> bytes:
        """Return up to `size` bytes of the program."""
        for start, content in self._segments:
            if start <= address < start + len(content):
                return content[address - start : address - start + size]
        return b""

    def word(self, address: int) -> int | None:
        """Return the 32 bits at `address`, None where the program has none."""
        found = self.bytes(address, 4)
        return int.from_bytes(found, "little") if len(found) == 4 else None

    def is_data(self, address: int) -> bool:
        """Whether `address` lies in constants among code."""
        at = bisect_right(self._mark_addresses, address) - 1
        return at >= 0 and self._marks[at][1].startswith("$d")


class _Walk:
    """One function, instruction by instruction, along all ways through it.

    Compiled code has one stack depth at each instruction, whatever way led there;
    where two are found, nothing is concluded. Places that only a table of offsets
    leads to are those that are left when all other ways have been walked; the
    depth there is that of the jump. A jump to another function is its call where the
    stack is empty, and part of this one where it is not, as in outlined epilogues. A call
    of a place within the function is a far jump, or a call of a part that returns at the
    depth it was called at, as in libgcc's floating-point routines.
    """

    def __init__(self, program: _Program, start: int) -> None:
        self._program = program
        self._start = start
        self._found = _Function()
        self._states: dict[tuple[int, tuple[bool, ...]], State] = {}
        self._visited: set[int] = set()
        self._tables: list[tuple[_Extent, int]] = []
        self._returns: dict[int, int] = {}  # by depth, an instruction that returns there
        self._after_parts: dict[int, set[int]] = {}  # by depth, what follows a call of a part
        self._walked_on: set[int] = set()

    def function(self) -> _Function:
        """Return what was found. Raises `CompileError`."""
        self._walk(self._start, State())
        self._walk_on()
        for extent, depth in self._tables:  # grows while it is walked
            for address in self._unvisited(extent):
                self._walk(address, State(depth))
                self._walk_on()
        for depth, address in self._returns.items():
            if depth and depth not in self._after_parts:
                raise self._error(address, f"returns with {depth} B on the stack")
        return self._found

    def _walk_on(self) -> None:
        """Go on behind the calls of parts that return, until there is nothing new."""
        while ready := [
            (address, depth)
            for depth in self._after_parts.keys() & self._returns.keys()
            for address in self._after_parts[depth] - self._walked_on
        ]:
            for address, depth in ready:
                self._walked_on.add(address)
                self._walk(address, State(depth))

    def _walk(self, address: int, state: State) -> None:
        todo = [(address, state)]
        while todo:
            address, state = todo.pop()
            place = address, state.conditional
            known = self._states.get(place)
            if known is not None:
                if known.depth != state.depth:
                    raise self._error(address, "has two stack depths")
                state = known.joined(state)
                if state == known:
                    continue
            self._states[place] = state
            todo += self._instruction(address, state)

    def _instruction(self, address: int, state: State) -> Iterator[tuple[int, State]]:
        """Note what the instruction does, and yield where control goes from it."""
        reader = self._program.reader
        instruction = reader.decode(self._program.bytes(address, 4), address)
        if instruction is None or self._program.is_data(address):
            raise self._error(address, "is no instruction")
        try:
            step = reader.step(instruction, state, self._program)
        except NotUnderstood as reason:
            text = f"{instruction.mnemonic} {instruction.op_str}".strip()
            raise self._error(address, f"`{text}` {reason}") from None
        self._visited.update(range(address, address + instruction.size, 2))
        extent = self._program.extent(address)
        self._note(address, step, extent)
        following = address + instruction.size
        jumps = [*step.jumps, *self._entries(address, step.table, extent)]
        if step.call is not None:
            yield from self._call(step.call, following, step.state, extent)
        elif step.falls:
            jumps.append(following)
        if step.otherwise is not None:
            yield following, step.otherwise
        for target in jumps:
            if step.state.depth or extent.start <= target < extent.end:
                yield target, step.state
            else:
                self._found.calls.add((0, target))

    def _note(self, address: int, step: Step, extent: _Extent) -> None:
        self._found.deepest = max(self._found.deepest, step.state.depth + step.below)
        if step.offsets:
            self._tables.append((extent, step.state.depth))
        if step.returns and not step.falls:
            self._returns.setdefault(step.state.depth, address)

    def _call(
        self, callee: int, following: int, state: State, extent: _Extent
    ) -> Iterator[tuple[int, State]]:
        if extent.start < callee < extent.end:
            if following < extent.end and not self._program.is_data(following):
                self._after_parts.setdefault(state.depth, set()).add(following)
            yield callee, state  # Armv6-M reaches far places of a function by BL
            return
        self._found.calls.add((state.depth, callee))
        if following < extent.end and not self._program.is_data(following):
            yield following, state  # else the callee does not come back

    def _entries(self, address: int, table: int | None, extent: _Extent) -> list[int]:
        """Return the addresses in a table: as long as they are places of this function."""
        if table is None:
            return []
        entries = []
        while (entry := self._program.word(table)) and extent.start <= entry < extent.end:
            entries.append(entry)
            table += 4
        if not entries:
            raise self._error(address, "jumps through a pointer")
        return entries

    def _unvisited(self, extent: _Extent) -> Iterator[int]:
        """Yield places that no way has led to; each is to be walked before the next is asked."""
        for address in range(extent.start, extent.end, 2):
            if address in self._visited or self._program.is_data(address):
                continue
            if self._program.bytes(address, 2) not in _PADDING:
                yield address

    def _error(self, address: int, what: str) -> CompileError:
        name = self._program.extent(self._start).name
        return CompileError(f"stack bound: {name}, {address:#x} {what}")


def _extents(elf: Elf) -> Iterator[_Extent]:
    """Yield all functions; one of unknown size ends where the next one starts.

    Code between them, as assembly has it behind labels of its own, counts as one more.
    """
    found = {}
    for symbol in elf.symbols():
        if symbol.section.startswith(".text"):
            start = symbol.address & ~1  # the Thumb bit
            found[symbol.name, start] = start + symbol.size
    starts = {start for _, start in found}
    unsized = {address & ~1: name for name, address in elf.unsized_functions()}
    ends = {section.address + section.size for section in elf.sections if section.occupies}
    for start in unsized.keys() - starts:
        end = min(place for place in ends | starts | unsized.keys() if place > start)
        found[unsized[start], start] = end
    extents = [_Extent(name, start, end) for (name, start), end in found.items()]
    yield from extents
    for section in elf.sections:
        if section.occupies and section.name.startswith(".text"):
            yield from _gaps(section, extents)


def _gaps(section: Section, extents: Iterable[_Extent]) -> Iterator[_Extent]:
    """Yield the stretches of a section that lie in none of `extents`."""
    last = section.address
    within = (extent for extent in extents if section.address <= extent.start)
    for extent in sorted(within, key=lambda extent: extent.start):
        if last < extent.start <= section.address + section.size:
            yield _Extent(f"the code at {last:#x}", last, extent.start)
        last = max(last, extent.end)
