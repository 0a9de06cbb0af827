"""From what a device reported to what a compiler needs; pure.

Who tells, in this order: the board an operator assigned, Object 26241 (and 26242
for the slots), the board table by Object 3.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from objects.hardware import HardwareReport, SlotReport

from ..abi import ABI
from ..errors import NoSlotMap, UnknownHardware
from .board import Board
from .board_table import BoardTable
from .core import cores
from .place import faults_between, faults_of
from .target import FirmwareMap, Slot, Target

_WORD = re.compile(r"[a-z0-9][a-z0-9._-]{0,47}")
_MOST_WORDS = 32
_END_OF_MEMORY = 1 << 32
_FASTEST = 100_000_000_000  # Hz; nothing that registers runs faster


def target_for(report: HardwareReport, boards: BoardTable, assigned: str | None = None) -> Target:
    """Return the target of a device; `source` says who told.

    Raises `UnknownHardware` with the values read where nobody tells, where the
    assigned board is not known, or where 26241 claims what no device has.
    """
    if assigned is not None:
        return _target_of(_assigned(boards, assigned), f"assigned {assigned}")
    if report.core is not None:
        return _reported_target(report)
    board = _board_by_object_3(report, boards)
    return _target_of(board, f"board {board.name}")


def slot_for(
    report: HardwareReport, boards: BoardTable, assigned: str | None = None, *, instance: int
) -> Slot:
    """Return the model slot `instance` (of Object 26242, else 9) of a device.

    Raises `NoSlotMap` where nobody tells, or where the slots as told cannot be:
    negative, unaligned, beyond 4 GiB, or overlapping.
    """
    if report.runtime_abi is not None and report.runtime_abi != ABI:
        raise NoSlotMap(
            f"the device runs models of runtime ABI {report.runtime_abi} (26241/0/8),"
            f" this compiler makes those of ABI {ABI}"
        )
    slots = _slots(report, boards, assigned)
    slot = slots.get(instance)
    if slot is None:
        raise NoSlotMap(
            f"no slot map: the device has no slot {instance} for models,"
            f" only {', '.join(map(str, sorted(slots))) or 'none'}; a board with slots can be"
            " assigned to it"
        )
    return slot


def firmware_map_for(
    report: HardwareReport, boards: BoardTable, assigned: str | None = None
) -> FirmwareMap:
    """Return where a whole device program lives; only the board table tells that.

    Raises `NoSlotMap` where it does not.
    """
    board = _board_of(report, boards, assigned)
    if board is None or board.firmware is None:
        of = "the device" if board is None else f"board {board.name!r}"
        raise NoSlotMap(
            f"no slot map: the board table has no firmware map of {of}"
            f" ({_values_read(report)}); add one, or assign a board that has it"
        )
    core = target_for(report, boards, assigned).core
    if core != board.core:
        raise NoSlotMap(
            f"no slot map: the firmware map of board {board.name!r} is for {board.core},"
            f" the device reports {core}"
        )
    return board.firmware


def _assigned(boards: BoardTable, name: str) -> Board:
    board = boards.get(name)
    if board is None:
        close = get_close_matches(name, [board.name for board in boards], n=3)
        hint = f"; there is {', '.join(close)}" if close else ""
        raise UnknownHardware(f"board {name!r} is not in the board table{hint}")
    return board


def _board_of(report: HardwareReport, boards: BoardTable, assigned: str | None) -> Board | None:
    """Return the board, if one is assigned or the table names exactly one."""
    if assigned is not None:
        return _assigned(boards, assigned)
    found = boards.matching(report)
    return found[0] if len(found) == 1 else None


def _board_by_object_3(report: HardwareReport, boards: BoardTable) -> Board:
    found = boards.matching(report)
    if len(found) == 1:
        return found[0]
    names = ", ".join(board.name for board in found)
    why = f"several boards fit ({names})" if found else "no board of the table fits"
    raise UnknownHardware(
        f"unknown hardware: the device offers no Object 26241, and {why}"
        f" what it says of itself: {_values_read(report)}; assign a board to it"
    )


def _values_read(report: HardwareReport) -> str:
    values = {
        "3/0/0": report.manufacturer,
        "3/0/1": report.model_number,
        "3/0/17": report.device_type,
        "3/0/18": report.hardware_version,
        "26241/0/0": report.core,
    }
    return ", ".join(
        f"{path} {_quoted(value)}" if value is not None else f"{path} absent"
        for path, value in values.items()
    )


def _quoted(text: str) -> str:
    """Return what a device said, safe and short enough for a message."""
    return repr(text if len(text) <= 64 else text[:64] + "...")


def _target_of(board: Board, source: str) -> Target:
    core = cores().get(board.core)
    served = core is not None and core.backend is not None
    return Target(
        core=board.core,
        features=core.usable(board.features) if core and served else board.features,
        ram=board.ram,
        flash=board.flash,
        clock=board.clock,
        accelerators=board.accelerators,
        source=source,
    )


def _reported_target(report: HardwareReport) -> Target:
    for fault in _absurd(report):
        raise UnknownHardware(f"unknown hardware: {fault}; assign a board to the device")
    name = (report.core or "").lower()
    core = cores().get(name)
    features = tuple(sorted({feature.lower() for feature in report.isa_features}))
    # What code for the core cannot use is left out: equal code then has an equal name.
    served = core is not None and core.backend is not None
    return Target(
        core=name,
        features=core.usable(features) if core and served else features,
        ram=report.ram_total if report.ram_total is not None else report.ram_for_models,
        flash=report.flash_total,
        clock=report.clock,
        accelerators=report.accelerators,
        source="26241",
    )


def _absurd(report: HardwareReport) -> Iterator[str]:
    """Yield what of Object 26241 no device can have, by its resource."""
    words = {"26241/0/0": (report.core or "",), "26241/0/1": report.isa_features}
    for path, said in words.items():
        if len(said) > _MOST_WORDS:
            yield f"{path} has {len(said)} instances"
        for word in said[:_MOST_WORDS]:
            if not _WORD.fullmatch(word.lower()):
                yield f"{path} is {_quoted(word)}, which names no core or feature"
    numbers = {
        "26241/0/2 (clock)": (report.clock, _FASTEST),
        "26241/0/3 (RAM)": (report.ram_total, _END_OF_MEMORY),
        "26241/0/4 (RAM for models)": (report.ram_for_models, _END_OF_MEMORY),
        "26241/0/5 (flash)": (report.flash_total, _END_OF_MEMORY),
    }
    for path, (value, most) in numbers.items():
        if value is not None and not 0 < value <= most:
            yield f"{path} is {value}, outside 1..{most}"
    if (report.ram_for_models or 0) > (report.ram_total or _END_OF_MEMORY):
        yield (
            f"26241/0/4 (RAM for models) is {report.ram_for_models},"
            f" more than all RAM (26241/0/3), {report.ram_total}"
        )


def _slots(report: HardwareReport, boards: BoardTable, assigned: str | None) -> dict[int, Slot]:
    if assigned is not None and (slots := _assigned(boards, assigned).slots):
        return dict(slots)
    if report.slots:
        return _reported_slots(report.slots)
    board = _board_of(report, boards, assigned)
    return dict(board.slots) if board is not None else {}


def _reported_slots(reports: tuple[SlotReport, ...]) -> dict[int, Slot]:
    slots: dict[int, Slot] = {}
    for said in reports:
        # A slot of size 0 is the model built into the running firmware.
        if said.size == 0:
            continue
        if said.instance in slots:
            raise NoSlotMap(f"no slot map: slot 26242/{said.instance} is reported twice")
        slot = Slot(
            load=said.load,
            size=said.size,
            arena=said.arena,
            arena_size=said.arena_size,
            state=said.state,
            state_size=said.state_size,
            stack_size=said.stack_size,
            data=said.data,
        )
        for fault in faults_of(slot):
            raise NoSlotMap(f"no slot map: 26242/{said.instance} as reported cannot be: {fault}")
        slots[said.instance] = slot
    for fault in faults_between(slots):
        raise NoSlotMap(f"no slot map: the slots as reported (26242) cannot be: {fault}")
    return slots
