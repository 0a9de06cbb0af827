"""The device without its network: flash, settings, boot loader and core.

Blocking; whoever calls sees to it that one thing happens at a time. A scripted
power cut leaves as `PowerCut` and makes the object worthless: make another on
the same flash, as a reset does.
"""

from dataclasses import dataclass, replace

from .board import Board, ImagePlace, Region
from .bootloader import exchange
from .client.firmware_update import Input as UpdateInput
from .client.model_slot import BUILT_IN, ModelSlot, ModelSlots
from .client.model_slot import Input as SlotInput
from .errors import InvalidFlashFile, InvalidImage, RunFault, Why
from .flash import PAGE, Flash, pages
from .image import Image, Kind, TrustedKey
from .memory import Goal, Memory, Swap
from .runtime import RunResult, Runtime
from .settings import Settings
from .table import Table
from .verdict import Accepted, judge

#: What a device reports that still runs what it was delivered with.
FACTORY_VERSION = "1.0.0"


@dataclass(frozen=True, slots=True)
class Running:
    """The firmware that runs; `accepted` is None for the one of the factory."""

    version: str = FACTORY_VERSION
    accepted: Accepted | None = None

    @property
    def image_hash(self) -> bytes | None:
        """The hash TLV of the running image."""
        return None if self.accepted is None else self.accepted.image.sha256


class PackageWriter:
    """Writes a package into flash as it arrives, erasing page by page ahead of it."""

    def __init__(self, flash: Flash, region: Region) -> None:
        self.region = region
        self._flash = flash
        self._written = 0
        self._erased = 0
        self._erase_to(1)  # what was here before is no image any more

    def append(self, data: bytes) -> None:
        """Write `data` behind what is there; the caller keeps to the size of the region."""
        self._erase_to(self._written + len(data))
        if data:
            self._flash.write(self.region.address + self._written, data)
        self._written += len(data)

    def content(self) -> bytes:
        """Return what the flash holds of the package."""
        return self._flash.read(Region(self.region.address, self._written))

    def _erase_to(self, size: int) -> None:
        wanted = min(pages(size) * PAGE, self.region.size)
        if wanted > self._erased:
            start = self.region.address + self._erased
            self._flash.erase(Region(start, wanted - self._erased))
            self._erased = wanted


class Machine:
    """One device from reset to reset; raises `InvalidFlashFile` for another board's flash."""

    def __init__(self, board: Board, key: TrustedKey, flash: Flash, runtime: Runtime) -> None:
        self.board = board
        self.key = key
        self.running = Running()
        self._flash = flash
        self._settings = Settings(flash)
        self._runtime = runtime
        self._modules: dict[int, Accepted] = {}
        self.memory = self._remembered()

    def remember(self, memory: Memory) -> None:
        """Store `memory`, whole or, when the power goes away, not at all."""
        self._settings.save(memory.to_record())
        self.memory = memory

    def place(self, instance: int) -> ImagePlace:
        """Return the place of an instance of Object 26242."""
        return self.board.app if instance == BUILT_IN else self.board.slots[instance - 1]

    # Starting ---------------------------------------------------------------

    def boot(self) -> None:
        """Do what a reset begins: finish an update, start the firmware, look at the slots."""
        self.remember(replace(self.memory, boots=self.memory.boots + 1))
        if self.memory.swap is None:
            self._start_present()
        else:
            self._finish_update(self.memory.swap)
        self._power_up()

    def _finish_update(self, swap: Swap) -> None:
        if swap.goal is Goal.INSTALL:
            swap = self._exchange(swap)
            # Noted before it is tried: a reset in the middle means that it failed.
            self.remember(replace(self.memory, swap=replace(swap, goal=Goal.TEST)))
            accepted = self._try_new()
            if accepted is not None:
                self._confirm(accepted)
                return
        if swap.goal is not Goal.REVERT:
            swap = Swap(Goal.REVERT, swap.pages)
            self.remember(replace(self.memory, swap=swap))
        self._exchange(swap)
        update = self.memory.firmware.step(UpdateInput.NOT_INSTALLED)
        self.remember(replace(self.memory, firmware=update, swap=None))
        self._start_present()

    def _exchange(self, swap: Swap) -> Swap:
        app, staging = self.board.app.load, self.board.staging
        return exchange(
            self._flash, app, staging, swap, lambda s: self.remember(replace(self.memory, swap=s))
        )

    def _try_new(self) -> Accepted | None:
        try:
            accepted = self._judge(self.board.app.load, self.board.app, Kind.FIRMWARE)
            self._runtime.boot(accepted)
        except (InvalidImage, RunFault):
            return None
        return accepted

    def _confirm(self, accepted: Accepted) -> None:
        self.running = Running(str(accepted.image.version), accepted)
        self.remember(
            replace(
                self.memory,
                firmware=self.memory.firmware.step(UpdateInput.INSTALLED),
                slots=self.memory.slots.build_in(accepted.content),
                swap=None,
            )
        )

    def _start_present(self) -> None:
        """Start the firmware in its place, or the one of the factory where there is none."""
        accepted = self._try_new()
        if accepted is not None:
            self.running = Running(str(accepted.image.version), accepted)
            return
        self.running = Running()
        if BUILT_IN in self.memory.slots.slots:
            slots = self.memory.slots.build_in(None)
            self.remember(replace(self.memory, slots=slots))

    def _power_up(self) -> None:
        """Let go of transfers that the reset ended, and check what the slots hold."""
        update = self.memory.firmware
        slots = self.memory.slots.power_up()
        for instance, slot in slots.slots.items():
            if slot.content is None or instance == BUILT_IN:
                continue
            try:
                place = self.place(instance)
                self._modules[instance] = self._judge(place.load, place, Kind.MODULE)
            except InvalidImage:
                slots = slots.step(instance, SlotInput.DECAYED)
        memory = replace(self.memory, firmware=update.step(UpdateInput.POWER_UP), slots=slots)
        if memory != self.memory:
            self.remember(memory)

    # Packages ---------------------------------------------------------------

    def writer(self, instance: int | None) -> PackageWriter:
        """Begin a package for a slot, or for the firmware where `instance` is None."""
        if instance is None:
            return PackageWriter(self._flash, self.board.staging)
        self._modules.pop(instance, None)
        return PackageWriter(self._flash, self.place(instance).load)

    def discard(self, instance: int | None) -> None:
        """Make what a slot, or the staging area, holds unreadable as an image."""
        self.writer(instance)

    def accept(self, instance: int | None, data: bytes) -> Accepted:
        """Judge a package that was received as a whole; raises `InvalidImage`."""
        kind = Kind.FIRMWARE if instance is None else Kind.MODULE
        place = self.board.app if instance is None else self.place(instance)
        accepted = judge(data, self.key, self.board, place, kind)
        if accepted.image.size != len(data):
            extra = len(data) - accepted.image.size
            raise InvalidImage(Why.FORMAT, f"{extra} B follow on the image")
        if instance is not None:
            self._modules[instance] = accepted
        return accepted

    def install(self) -> None:
        """Accept the Execute of an update: after the next reset the boot loader does it.

        Raises `Refused` in every state but downloaded.
        """
        update = self.memory.firmware.step(UpdateInput.EXECUTE)
        sizes = [self._image_size(self.board.app.load), self._image_size(self.board.staging)]
        most = pages(self.board.staging.size)
        swap = Swap(Goal.INSTALL, min(pages(max(sizes)), most))
        executes = self.memory.executes + 1
        self.remember(replace(self.memory, firmware=update, swap=swap, executes=executes))

    # Models -----------------------------------------------------------------

    def model(self, instance: int) -> tuple[Accepted, Table] | None:
        """Return the verified model of a slot; None where there is none."""
        accepted = self.running.accepted if instance == BUILT_IN else self._modules.get(instance)
        if accepted is None or accepted.table is None:
            return None
        return accepted, accepted.table

    def run(
        self, instance: int, model: tuple[Accepted, Table], data: bytes, *, anew: bool = False
    ) -> RunResult:
        """Run one inference, `anew` from the initial state; raises `RunFault`.

        May be called in a thread of its own.
        """
        return self._runtime.run(instance, *model, data, anew=anew)

    # ------------------------------------------------------------------------

    def _judge(self, region: Region, place: ImagePlace, kind: Kind) -> Accepted:
        return judge(self._flash.read(region), self.key, self.board, place, kind)

    def _image_size(self, region: Region) -> int:
        try:
            return Image.read(self._flash.read(region)).size
        except InvalidImage:
            return 0

    def _remembered(self) -> Memory:
        record = self._settings.load()
        if record is None:
            empty = dict.fromkeys(range(1, len(self.board.slots) + 1), ModelSlot())
            return Memory(board=self.board.name, slots=ModelSlots(empty))
        memory = Memory.from_record(record)
        if memory.board != self.board.name:
            raise InvalidFlashFile(f"the flash is of board {memory.board}, not {self.board.name}")
        return memory
