"""From what a device reported to what a compiler needs; pure.

Who tells, in this order: the board an operator assigned, Object 26241 (and 26242
for the slots), the board table by Object 3.
"""

from objects.hardware import HardwareReport

from .board import BoardTable
from .target import FirmwareMap, Slot, Target


def target_for(report: HardwareReport, boards: BoardTable, assigned: str | None = None) -> Target:
    """Return the target of a device; `source` says who told.

    Raises `UnknownHardware` with the values read where nobody tells, where the
    assigned board is not known, or where 26241 claims what no device has.
    """
    raise NotImplementedError


def slot_for(
    report: HardwareReport, boards: BoardTable, assigned: str | None = None, *, instance: int
) -> Slot:
    """Return the model slot `instance` (of Object 26242, else 9) of a device.

    Raises `NoSlotMap` where nobody tells, or where the slots as told cannot be:
    negative, unaligned, beyond 4 GiB, or overlapping.
    """
    raise NotImplementedError


def firmware_map_for(
    report: HardwareReport, boards: BoardTable, assigned: str | None = None
) -> FirmwareMap:
    """Return where a whole device program lives; only the board table tells that.

    Raises `NoSlotMap` where it does not.
    """
    raise NotImplementedError


def default_slot(target: Target, ram: int | None = None, flash: int | None = None) -> Slot:
    """Return a place for `target` where no board is given, as on the command line.

    Arena, state and stack may each take `ram` bytes; that they share it is what
    `Limits.ram` of the profile says. Addresses are usual ones of the core's family.
    """
    raise NotImplementedError


def default_firmware_map(
    target: Target, ram: int | None = None, flash: int | None = None
) -> FirmwareMap:
    """Return a place for a whole device program where no board is given."""
    raise NotImplementedError
