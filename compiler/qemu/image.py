"""A linked image on a core that QEMU emulates: at its true addresses, bounded, measured."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from device_sim.mcu import Region

from ..abi import HEADER_SIZE, table_offset
from ..emulation import CANARY, GARBAGE, START_LIMIT, Measured, next_limit
from ..errors import VerificationFailed
from ..module_table import check_code_addresses, read_table
from ..region_map import guards_of, place_stack, regions_of, slot_of
from ..targets.core import cores
from ..targets.target import FirmwareMap, ImageKind, Slot, Target
from .cortex_m import CortexM
from .gdb import GdbError
from .harness import Harness, Outcome, Stopped
from .machine import MACHINES, Machine
from .process import start
from .xtensa import Xtensa

# By family of cores.
_HARNESSES: Mapping[str, type[CortexM] | type[Xtensa]] = MappingProxyType(
    {"arm": CortexM, "xtensa": Xtensa}
)

_OTHER_GARBAGE = 0x5A
_PAGE = 1024


class QemuImage:
    """A module, or a firmware that has booted: initialised and ready to run.

    One process of QEMU, ended with this object; to be used by the thread that made it.
    """

    def __init__(
        self,
        binary: bytes,
        place: Slot | FirmwareMap,
        target: Target,
        kind: ImageKind,
        limit: int,
    ) -> None:
        """Load, start and initialise; `limit` is for one run. Raises `VerificationFailed`."""
        machine, harness = MACHINES[target.core], _HARNESSES[cores()[target.core].family]
        base = slot_of(place).load + HEADER_SIZE[kind]
        self.table = read_table(binary, table_offset(kind))
        check_code_addresses(self.table, base, base + len(binary), thumb=machine.thumb)
        self._arena, self._state = slot_of(place).arena, slot_of(place).state
        self._limit = limit
        regions = regions_of(place, self.table, base, len(binary))
        _require_memory(machine, regions)
        stack_size = slot_of(place).stack_size
        self._stack, own = _own_places(machine, stack_size, harness.size, regions)
        self._image = base, binary
        self._guards = _guards(machine, [*regions.values(), self._stack])
        self._gdb = start(machine, self)
        self._harness: Harness = harness(self._gdb, machine, own)
        self._load(binary, regions)
        self._boot_instructions = None
        if kind is ImageKind.FIRMWARE:
            self._boot_instructions = self._boot(binary, base, regions)
        # Runs see their image and their own memory; the program's RAM is for the start-up.
        self._regions = [region for name, region in regions.items() if name != "ram"]
        self._regions.append(self._stack)
        self._harness.bound(self._regions, exact=True)
        self._init = self._call("init", self.table.init, [self._state], START_LIMIT)

    def reset(self) -> None:
        """Bring what the model keeps from run to run back to what it was at first."""
        self._call("init", self.table.init, [self._state], START_LIMIT)

    def measure(
        self, inputs: Sequence[bytes], marks: Sequence[int] = ()
    ) -> tuple[list[bytes], Measured]:
        """Run under exact bounds; return the outputs and what was seen.

        It runs twice, on memory full of other bytes each time: what stays as it was,
        was not written. Later runs may take twice the instructions.
        """
        self._harness.bound(self._regions, exact=True)
        once, instructions, peak = self._measured(inputs, GARBAGE)
        self.reset()
        twice, again, other_peak = self._measured(inputs, _OTHER_GARBAGE)
        if (once, instructions) != (twice, again):
            raise VerificationFailed("run: two runs of the same input differ")
        self._limit = next_limit(instructions)
        self._harness.bound(self._regions, exact=False)
        visits = self._visits(inputs, marks)
        return once, Measured(
            self._boot_instructions,
            self._init.instructions,
            instructions,
            self._stack_peak(),
            max(peak, other_peak),
            visits,
        )

    def run(self, inputs: Sequence[bytes]) -> list[bytes]:
        """Run once, as fast as it goes, on an arena full of garbage; return the outputs."""
        self._fill_arena(inputs, GARBAGE)
        self._call("run", self.table.run, [self._arena, self._state], self._limit)
        return [self._gdb.read(self._arena + at, size) for at, size in self.table.outputs]

    def check_guards(self) -> None:
        """Raise `VerificationFailed` if a run wrote into what lies around its memory."""
        for name, region in self._guards.items():
            if self._gdb.read(region.address, region.size) != bytes([CANARY]) * region.size:
                raise VerificationFailed(f"the code wrote {name}, at {region.address:#x}")
        self._check_stack("a run")
        at, image = self._image
        if self._gdb.read(at, len(image)) != image:
            raise VerificationFailed("the code wrote its own image")

    def _visits(self, inputs: Sequence[bytes], marks: Sequence[int]) -> tuple[tuple[int, int], ...]:
        """Return the marks that a run comes by, in order, with the instructions before each."""
        found = []
        for mark in marks:
            self.reset()
            self._fill_arena(inputs, GARBAGE)
            args = [self._arena, self._state]
            before = self._reach(mark & ~1, args)
            if before is not None:
                found.append((mark, before))
        return tuple(sorted(found, key=lambda visit: visit[1]))

    def _reach(self, place: int, args: Sequence[int]) -> int | None:
        try:
            return self._harness.reach(place, self.table.run, args, self._stack.end, self._limit)
        except (Stopped, GdbError) as error:
            raise VerificationFailed(f"run: {error}") from error

    def _measured(self, inputs: Sequence[bytes], garbage: int) -> tuple[list[bytes], int, int]:
        """Return outputs, instructions and the end of what was written of the arena."""
        self._fill_arena(inputs, garbage)
        done = self._call("run", self.table.run, [self._arena, self._state], self._limit)
        self._check_stack("run")
        arena = self._gdb.read(self._arena, self.table.arena_size)
        outputs = [arena[at : at + size] for at, size in self.table.outputs]
        ends = (at + size for at, size in self.table.inputs)
        return outputs, done.instructions, max(len(arena.rstrip(bytes([garbage]))), *ends)

    def _load(self, binary: bytes, regions: Mapping[str, Region]) -> None:
        for name in ("slot", "view"):
            if name in regions:
                self._gdb.write(regions[name].address, binary)
        for region in self._guards.values():
            self._gdb.write(region.address, bytes([CANARY]) * region.size)
        for name in ("state", "ram"):
            if name in regions:
                self._gdb.write(regions[name].address, bytes([GARBAGE]) * regions[name].size)
        self._gdb.write(self._stack.address, bytes([GARBAGE]) * self._stack.size)

    def _boot(self, binary: bytes, base: int, regions: Mapping[str, Region]) -> int:
        """Start at the reset entry; the start-up has the program's RAM, and no arena."""
        within = [regions[name] for name in ("slot", "state", "ram") if name in regions]
        try:
            self._harness.bound(within, exact=True)
            return self._harness.boot(base, binary, START_LIMIT)
        except (Stopped, GdbError) as error:
            raise VerificationFailed(f"start-up: {error}") from error

    def _fill_arena(self, inputs: Sequence[bytes], garbage: int) -> None:
        content = bytearray([garbage]) * self.table.arena_size
        for (offset, size), data in zip(self.table.inputs, inputs, strict=True):
            content[offset : offset + size] = data
        self._gdb.write(self._arena, bytes(content))

    def _call(self, name: str, address: int, args: Sequence[int], limit: int) -> Outcome:
        try:
            done = self._harness.call(address, args, self._stack.end, limit)
        except (Stopped, GdbError) as error:
            raise VerificationFailed(f"{name}: {error}") from error
        if done.instructions > limit:
            raise VerificationFailed(f"{name}: watchdog: more than {limit} instructions")
        if done.value != 0:
            raise VerificationFailed(f"{name}: returned {done.value}")
        return done

    def _stack_peak(self) -> int:
        """Return the bytes of stack that all runs so far have used."""
        content = self._gdb.read(self._stack.address, self._stack.size)
        return len(content.lstrip(bytes([GARBAGE])))

    def _check_stack(self, name: str) -> None:
        peak = self._stack_peak()
        if peak > self.table.stack_bound:
            raise VerificationFailed(
                f"{name}: used {peak} B of stack, its bound is {self.table.stack_bound} B"
            )


def _require_memory(machine: Machine, regions: Mapping[str, Region]) -> None:
    """Raise `VerificationFailed` where the machine has no memory for a place."""
    for name, region in regions.items():
        if not machine.has(region.address, region.size):
            raise VerificationFailed(
                f"no build for this place can be proven: its {name} is at {region.address:#x},"
                f" where {machine.name}, the machine that has this core, has no memory"
            )


def _own_places(
    machine: Machine, stack_size: int, harness_size: int, regions: Mapping[str, Region]
) -> tuple[Region, int]:
    """Return a stack and a place for the harness, away from all that the image knows of."""
    size = -(-stack_size // _PAGE) * _PAGE
    stack = place_stack(size, _ends(machine, size), regions.values())
    others = [*regions.values(), stack]
    harness = place_stack(harness_size, _ends(machine, harness_size), others)
    return stack, harness.address


def _ends(machine: Machine, size: int) -> Iterator[int]:
    """Yield the last addresses and the first in each bank that may hold so many bytes."""
    gap = 1 << 16
    for start_of_bank, length in reversed(machine.memory):
        if length >= size + 2 * gap:
            for steps in range(1, 4):
                yield start_of_bank + length - steps * (size + gap)
            yield start_of_bank + gap


def _guards(machine: Machine, regions: Iterable[Region]) -> Mapping[str, Region]:
    """Return the guards that lie in memory; where there is none, writing faults."""
    return MappingProxyType(
        {
            name: guard
            for name, guard in guards_of(list(regions))
            if machine.has(guard.address, guard.size)
        }
    )
