"""Cores and boards, as data."""

from .board import Board, BoardTable
from .core import Core, cores
from .resolution import (
    default_firmware_map,
    default_slot,
    firmware_map_for,
    slot_for,
    target_for,
)
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
    "firmware_map_for",
    "slot_for",
    "target_for",
]
