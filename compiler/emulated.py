"""A linked image on the emulated core: at its true addresses, bounded, measured."""

from collections.abc import Callable, Mapping, Sequence

from device_sim.mcu import CallResult, Mcu, McuError, Region, load_hook

from .abi import HEADER_SIZE, table_offset
from .emulation import CANARY, GARBAGE, START_LIMIT, Measured, next_limit
from .errors import ToolchainFailed, VerificationFailed
from .module_table import check_code_addresses, read_table
from .region_map import guards_of, place_stack, regions_of, slot_of
from .targets.target import FirmwareMap, ImageKind, Slot, Target

# Nobody tells where a device's stack is: here, where no board has memory.
_STACKS = (0x2F00_0000, 0x2E00_0000, 0x2D00_0000, 0x2C00_0000, 0x2B00_0000, 0x2A00_0000)


class EmulatedImage:
    """A module, or a firmware that has booted: initialised and ready to run."""

    def __init__(
        self,
        binary: bytes,
        place: Slot | FirmwareMap,
        target: Target,
        kind: ImageKind,
        limit: int,
    ) -> None:
        """Load, start and initialise; `limit` is for one run. Raises `VerificationFailed`."""
        base = slot_of(place).load + HEADER_SIZE[kind]
        self.table = read_table(binary, table_offset(kind))
        thumb = not target.core.startswith("rv")
        check_code_addresses(self.table, base, base + len(binary), thumb=thumb)
        regions = regions_of(place, self.table, base, len(binary))
        regions["stack"] = place_stack(slot_of(place).stack_size, _STACKS, regions.values())
        guards = dict(guards_of(list(regions.values())))
        try:
            self._mcu = Mcu(target.core, target.features, [*regions.values(), *guards.values()])
        except (McuError, ValueError) as error:
            raise VerificationFailed(f"no emulated core for this image: {error}") from error
        self._arena, self._state = slot_of(place).arena, slot_of(place).state
        self._guards = tuple(guards)
        self._stack_top = regions["stack"].end
        # Runs see their image and their own memory; the program's RAM is for the start-up.
        self._within = [name for name in regions if name != "ram"]
        self._limit = limit
        self._load(binary, regions)
        self._boot_instructions = self._boot(base, regions) if kind is ImageKind.FIRMWARE else None
        self._init = self._call("init", self.table.init, [self._state], START_LIMIT)

    def reset(self) -> None:
        """Bring what the model keeps from run to run back to what it was at first."""
        self._call("init", self.table.init, [self._state], START_LIMIT, exact=False)

    def measure(
        self, inputs: Sequence[bytes], marks: Sequence[int] = ()
    ) -> tuple[list[bytes], Measured]:
        """Run once, bounded to the byte; return the outputs and what was seen.

        Later runs may take twice the instructions of this one.
        """
        self._fill_arena(inputs)
        args = [self._arena, self._state]
        result = self._call("run", self.table.run, args, self._limit, marks=marks)
        self._limit = next_limit(result.instructions)
        end = result.watch.highest.get("arena", self._arena) if result.watch else self._arena
        return self._outputs(), Measured(
            self._boot_instructions,
            self._init.instructions,
            result.instructions,
            max(result.stack_peak or 0, self._init.stack_peak or 0),
            end - self._arena,
            result.visits,
        )

    def run(self, inputs: Sequence[bytes]) -> list[bytes]:
        """Run once, as fast as it goes, on an arena full of garbage; return the outputs."""
        self._fill_arena(inputs)
        self._call("run", self.table.run, [self._arena, self._state], self._limit, exact=False)
        return self._outputs()

    def check_guards(self) -> None:
        """Raise `VerificationFailed` if a run wrote into what lies around its memory."""
        for name in self._guards:
            region = self._mcu.regions[name]
            if self._mcu.read(region.address, region.size) != bytes([CANARY]) * region.size:
                raise VerificationFailed(f"the code wrote {name}, at {region.address:#x}")

    def _load(self, binary: bytes, regions: Mapping[str, Region]) -> None:
        for name in ("slot", "view"):
            if name in regions:
                self._mcu.write(regions[name].address, binary)
        for name in self._guards:
            self._mcu.fill(name, CANARY)
        for name in ("state", "ram"):
            if name in regions:
                self._mcu.fill(name, GARBAGE)

    def _boot(self, base: int, regions: Mapping[str, Region]) -> int:
        """Start at the reset entry; the start-up has the program's RAM, and no arena."""
        within = [name for name in ("slot", "state", "ram") if name in regions]
        try:
            return self._mcu.boot(base, START_LIMIT, within=within, exact=True).instructions
        except McuError as error:
            raise VerificationFailed(f"start-up: {error}") from error

    def _fill_arena(self, inputs: Sequence[bytes]) -> None:
        self._mcu.fill("arena", GARBAGE)
        for (offset, _), data in zip(self.table.inputs, inputs, strict=True):
            self._mcu.write(self._arena + offset, data)

    def _outputs(self) -> list[bytes]:
        return [self._mcu.read(self._arena + at, size) for at, size in self.table.outputs]

    def _call(
        self,
        name: str,
        address: int,
        args: Sequence[int],
        limit: int,
        *,
        exact: bool = True,
        marks: Sequence[int] = (),
    ) -> CallResult:
        try:
            result = self._mcu.call(
                address,
                args,
                self._stack_top,
                limit,
                within=self._within,
                exact=exact,
                marks=marks,
            )
        except McuError as error:
            raise VerificationFailed(f"{name}: {error}") from error
        if result.value != 0:
            raise VerificationFailed(f"{name}: returned {result.value}")
        if (result.stack_peak or 0) > self.table.stack_bound:
            raise VerificationFailed(
                f"{name}: used {result.stack_peak} B of stack, its bound is"
                f" {self.table.stack_bound} B"
            )
        return result


def warm(progress: Callable[[str], None]) -> None:
    """Prepare what the first run would otherwise wait for. Raises `ToolchainFailed`."""
    try:
        load_hook()
    except McuError as error:
        raise ToolchainFailed(f"the emulated core: {error}") from error
    progress("emulated core")
