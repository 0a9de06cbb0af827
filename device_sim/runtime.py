"""The running core of a device: one Mcu with the board's memory, from boot to reset."""

from dataclasses import dataclass

from .board import Board, ImagePlace
from .errors import RunFault
from .mcu import Mcu, McuFault, McuTimeout, Region
from .table import Table
from .verdict import Accepted

#: After so much device time the watchdog bites.
WATCHDOG_SECONDS = 30


@dataclass(frozen=True, slots=True)
class RunResult:
    """One inference: output tensors in model order, and what it cost; RAM in bytes."""

    output: bytes
    instructions: int
    peak_ram: int


class Runtime:
    """Lets code run; RAM is lost when this is. Blocking, and one run at a time.

    The emulator itself is given back after each run: a new one takes
    milliseconds, and a fleet sleeps most of the time. Instance 0 is the model
    in the firmware, 1 and up are the module slots.
    """

    def __init__(self, board: Board, *, watchdog_seconds: float = WATCHDOG_SECONDS) -> None:
        self._board = board
        self._places = dict(enumerate((board.app, *board.slots)))
        self._limit = int(board.clock * watchdog_seconds)
        self._mcu: Mcu | None = None
        self._prepared: dict[int, Accepted] = {}
        self._stack_peaks: dict[int, int] = {}

    def boot(self, firmware: Accepted) -> None:
        """Start a firmware at its reset entry; raises `RunFault` unless it comes to its WFI."""
        image = firmware.image
        self._load(0, firmware)
        try:
            self._core().boot(
                image.load + image.header_size,
                self._limit,
                within=("code0", "firmware", "arena", "state0", "stack"),
            )
        except (McuFault, McuTimeout) as error:
            raise RunFault(f"the firmware does not start: {error}") from error
        finally:
            self._core().release()
        # Its start-up has called the model's init.
        self._prepared[0] = firmware

    def run(
        self, instance: int, module: Accepted, table: Table, data: bytes, *, anew: bool = False
    ) -> RunResult:
        """Run one inference on `data`, all inputs in model order; raises `RunFault`.

        The first run of an image is bounded to the byte and measures the stack. It begins from
        the initial state, and so does one `anew`; others go on from the state they find.
        """
        try:
            self._prepare(instance, module, table, anew=anew)
            return self._run(instance, table, data)
        finally:
            self._core().release()

    def forget(self, instance: int) -> None:
        """Let the next run of a slot load its image anew."""
        self._prepared.pop(instance, None)
        self._stack_peaks.pop(instance, None)

    def _prepare(self, instance: int, module: Accepted, table: Table, *, anew: bool) -> None:
        loaded = self._prepared.get(instance) is module
        if not loaded:
            self._load(instance, module)
            self._core().fill(f"state{instance}")
        if anew or not loaded:
            self._call(instance, table.init, (self._places[instance].state.address,))
        self._prepared[instance] = module

    def _run(self, instance: int, table: Table, data: bytes) -> RunResult:
        arena = self._places[instance].arena.address
        offset = 0
        for tensor in table.inputs:
            self._core().write(arena + tensor.offset, data[offset : offset + tensor.size])
            offset += tensor.size
        state = self._places[instance].state.address
        instructions = self._call(instance, table.run, (arena, state))
        output = b"".join(self._core().read(arena + t.offset, t.size) for t in table.outputs)
        stack = self._stack_peaks.get(instance, table.stack_bound)
        return RunResult(output, instructions, table.arena_size + table.state_size + stack)

    def _call(self, instance: int, entry: int, args: tuple[int, ...]) -> int:
        """Call a function of the image, and return its instructions."""
        exact = instance not in self._stack_peaks
        within = (f"code{instance}", "arena", f"state{instance}", "stack")
        top = self._places[instance].stack.end
        try:
            result = self._core().call(entry, args, top, self._limit, within=within, exact=exact)
        except (McuFault, McuTimeout) as error:
            raise RunFault(str(error)) from error
        if result.value != 0:
            raise RunFault(f"{entry:#010x} returned {result.value}")
        if result.stack_peak is not None and len(args) == 2:
            self._stack_peaks[instance] = result.stack_peak
        return result.instructions

    def _load(self, instance: int, accepted: Accepted) -> None:
        image = accepted.image
        self.forget(instance)
        self._core().write(image.load + image.header_size, image.payload)

    def _core(self) -> Mcu:
        if self._mcu is None:
            self._mcu = Mcu(self._board.core, self._board.features, _regions(self._board))
        return self._mcu


def _regions(board: Board) -> list[Region]:
    places: list[ImagePlace] = [board.app, *board.slots]
    regions = [
        Region.ram("firmware", board.firmware_ram.address, board.firmware_ram.size),
        Region.ram("arena", board.app.arena.address, board.app.arena.size),
        Region.ram("stack", board.app.stack.address, board.app.stack.size),
    ]
    for instance, place in enumerate(places):
        code, state = place.load, place.state
        regions.append(Region.code(f"code{instance}", code.address, code.size))
        regions.append(Region.ram(f"state{instance}", state.address, state.size))
    return regions
