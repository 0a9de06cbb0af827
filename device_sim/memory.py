"""What a device remembers over a reset, and how that looks as a CBOR map."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Self

from objects import firmware_update as object_5
from objects import model_slot as object_26242

from .client.firmware_update import FirmwareUpdate
from .client.model_slot import Content, ModelSlot, ModelSlots
from .errors import InvalidFlashFile


class Goal(IntEnum):
    """What the boot loader is about."""

    INSTALL = 1  # exchanging the running firmware for the one that arrived
    TEST = 2  # letting the new firmware prove that it starts
    REVERT = 3  # exchanging them back


@dataclass(frozen=True, slots=True)
class Swap:
    """How far the boot loader is: `step` of three for each of `pages`."""

    goal: Goal
    pages: int
    step: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything that survives a reset, except the images themselves.

    `executes` counts the accepted Executes of 5/0/2, `activates` those of
    26242/x/2. `error_code` is what 3/0/11 tells.
    """

    board: str
    boots: int = 0
    executes: int = 0
    activates: int = 0
    error_code: int = 0
    lifetime: int | None = None
    firmware: FirmwareUpdate = field(default_factory=FirmwareUpdate)
    slots: ModelSlots = field(default_factory=ModelSlots)
    swap: Swap | None = None

    def to_record(self) -> dict[str, Any]:
        """Return the memory as settings keep it."""
        fw, swap = self.firmware, self.swap
        return {
            "board": self.board,
            "boots": self.boots,
            "executes": self.executes,
            "activates": self.activates,
            "error_code": self.error_code,
            "lifetime": self.lifetime,
            "firmware": [fw.state, fw.result, fw.package_uri, fw.pkg_name, fw.pkg_version],
            "slots": {i: _slot_to_record(slot) for i, slot in self.slots.slots.items()},
            "former": self.slots.former,
            "swap": None if swap is None else [swap.goal, swap.pages, swap.step],
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Read what `to_record` wrote; raises `InvalidFlashFile` for anything else."""
        try:
            state, result, *package = record["firmware"]
            slots = {i: _slot_from_record(slot) for i, slot in record["slots"].items()}
            swap = record["swap"]
            return cls(
                board=record["board"],
                boots=record["boots"],
                executes=record["executes"],
                activates=record["activates"],
                error_code=record["error_code"],
                lifetime=record["lifetime"],
                firmware=FirmwareUpdate(
                    object_5.State(state), object_5.UpdateResult(result), *package
                ),
                slots=ModelSlots(slots, record["former"]),
                swap=None if swap is None else Swap(Goal(swap[0]), swap[1], swap[2]),
            )
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise InvalidFlashFile(f"settings that are not of a device: {error!r}") from error


def _slot_to_record(slot: ModelSlot) -> list[Any]:
    held = slot.content
    content = None if held is None else [held.model_name, held.version, held.sha256]
    return [slot.state, slot.result, slot.package_uri, content, slot.built_in]


def _slot_from_record(record: list[Any]) -> ModelSlot:
    state, result, uri, content, built_in = record
    return ModelSlot(
        object_26242.State(state),
        object_26242.Result(result),
        uri,
        None if content is None else Content(*content),
        built_in,
    )
