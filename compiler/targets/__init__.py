"""Cores and boards, as data."""

from .board import Board
from .board_table import BoardTable
from .core import Core, cores, emulated_as
from .default_place import default_firmware_map, default_slot
from .resolution import firmware_map_for, slot_for, target_for
from .target import FirmwareMap, ImageKind, Slot, Target

__all__ = [
    "Board",
    "BoardTable",
    "Core",
    "FirmwareMap",
    "ImageKind",
    "Slot",
    "Target",
    "cores",
    "default_firmware_map",
    "default_slot",
    "emulated_as",
    "firmware_map_for",
    "slot_for",
    "target_for",
]
