"""Places for images where no device and no board is given, as on the command line."""

from ..errors import NoSlotMap
from .core import cores
from .place import ALIGNMENT
from .target import FirmwareMap, Slot, Target

# Where flash and RAM usually begin, by family of cores; no real device is meant, but of
# a core that QEMU has, where its machine has enough memory (`compiler.qemu.machine`).
_FLASH_AND_RAM = {
    "arm": (0x0001_0000, 0x2000_0000),
    "riscv": (0x4200_0000, 0x8000_0000),
    "xtensa": (0x5000_0000, 0x6000_0000),
    "cortex-m55": (0x6000_0000, 0x7000_0000),
}
_OTHER = _FLASH_AND_RAM["arm"]
_LARGEST = 256 << 20

_ARENA = 8 << 20
_STATE = 1 << 20
_STACK = 64 << 10
_FLASH = 64 << 20
_PROGRAM_RAM = 64 << 10


def default_slot(target: Target, ram: int | None = None, flash: int | None = None) -> Slot:
    """Return a place for `target` where no board is given, as on the command line.

    Arena, state and stack may each take `ram` bytes; that they share it is what
    `Limits.ram` of the profile says. Without `ram` and `flash` there is plenty of
    both. Raises `NoSlotMap` for sizes that no device has.
    """
    for what, size in (("RAM", ram), ("flash", flash)):
        if size is not None and not 0 < size <= _LARGEST:
            raise NoSlotMap(f"{size} B of {what} cannot be; at most {_LARGEST} B are")
    core = cores().get(target.core)
    usual = _FLASH_AND_RAM.get(core.family if core else "", _OTHER)
    load, arena = _FLASH_AND_RAM.get(target.core, usual)
    arena_size = _aligned(ram or _ARENA)
    state_size = _aligned(ram or _STATE)
    return Slot(
        load=load,
        size=_aligned(flash or _FLASH),
        arena=arena,
        arena_size=arena_size,
        state=arena + arena_size,
        state_size=state_size,
        stack_size=_aligned(ram or _STACK),
    )


def default_firmware_map(
    target: Target, ram: int | None = None, flash: int | None = None
) -> FirmwareMap:
    """Return a place for a whole device program where no board is given."""
    slot = default_slot(target, ram, flash)
    # Behind what a stack of full size would take, on a page of its own.
    after = slot.state + slot.state_size + slot.stack_size
    page = 0x1_0000
    return FirmwareMap(slot, ram=-(-after // page) * page, ram_size=_PROGRAM_RAM)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
