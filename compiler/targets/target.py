"""What a compiler needs to know of a device: core, features, memory, places for images."""

from dataclasses import dataclass
from enum import StrEnum


class ImageKind(StrEnum):
    """What an image is: a model with its runtime, or the whole device program."""

    MODULE = "module"
    FIRMWARE = "firmware"


@dataclass(frozen=True, slots=True)
class Target:
    """A core with its instruction-set features and the memory a model may use.

    `core` is a name of `cores.toml` (`cortex-m4`, `rv32imc`, `host`); `features`
    are those of Object 26241 (`dsp`, `fpv4-sp`, `mve`), sorted. Sizes are in
    bytes, None where nobody told. `source` says who told: `26241`, `board NAME`
    (the board table, from Object 3), `assigned NAME` (an operator) or `command`.
    """

    core: str
    features: tuple[str, ...] = ()
    ram: int | None = None
    flash: int | None = None
    clock: int | None = None
    accelerators: tuple[str, ...] = ()
    source: str = "command"

    @property
    def name(self) -> str:
        """Core and features as one word, `cortex-m4+dsp+fpv4-sp`; images carry it."""
        return "+".join((self.core, *self.features))


@dataclass(frozen=True, slots=True)
class Slot:
    """Where an image and its memory live: addresses and sizes in bytes.

    `load` is where the image (header first) is written and, for the core, read
    as code; `data` is the address of the same bytes when read as data, where
    that differs. `stack_size` is the stack that Run may use.
    """

    load: int
    size: int
    arena: int
    arena_size: int
    state: int
    state_size: int
    stack_size: int
    data: int | None = None


@dataclass(frozen=True, slots=True)
class FirmwareMap:
    """Where a whole device program lives: its flash and model memory, and its other RAM.

    `slot` is the flash the bootable image occupies with the arena and state of
    the model built into it; `ram` holds `.data`, `.bss` and, growing down from
    its end, the stack.
    """

    slot: Slot
    ram: int
    ram_size: int
