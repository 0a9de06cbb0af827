"""The hardware of a simulated board: core, memory map and places for images."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Self

from .errors import UnknownBoard


@dataclass(frozen=True, slots=True)
class Region:
    """Consecutive bytes of the address space; `size` in bytes."""

    address: int
    size: int

    @property
    def end(self) -> int:
        """The first address behind the region."""
        return self.address + self.size

    def contains(self, other: "Region") -> bool:
        """Whether `other` lies in this region entirely."""
        return self.address <= other.address and other.end <= self.end

    def overlaps(self, other: "Region") -> bool:
        """Whether one byte or more belongs to both."""
        return self.address < other.end and other.address < self.end


@dataclass(frozen=True, slots=True)
class ImagePlace:
    """Where one image lives, and the memory that its code may use.

    `load` is the flash of the image, header first. An image is linked for
    exactly one place, and says so in its slot TLV.
    """

    load: Region
    arena: Region
    state: Region
    stack: Region
    data: int | None = None

    @property
    def identity(self) -> tuple[int, int, int, int, int, int, int]:
        """What the slot TLV of an image for this place holds, in its order."""
        data = self.load.address if self.data is None else self.data
        return (
            *(self.load.address, self.load.size),
            *(self.arena.address, self.arena.size),
            *(self.state.address, self.state.size),
            data,
        )


@dataclass(frozen=True, slots=True)
class Board:
    """One row of `boards.toml`; the clock in Hz.

    `app` is the place of the running firmware, `staging` is where the next
    one is received, `slots` are the module slots in the order of their
    instances of Object 26242, from 1.
    """

    name: str
    core: str
    features: tuple[str, ...]
    clock: int
    ram: Region
    flash: Region
    app: ImagePlace
    staging: Region
    slots: tuple[ImagePlace, ...]
    firmware_ram: Region

    @property
    def ram_for_models(self) -> int:
        """Bytes of RAM that one model may use: its arena and its state."""
        return self.app.arena.size + self.app.state.size

    @classmethod
    def from_row(cls, name: str, row: Mapping[str, Any]) -> Self:
        """Read one table of `boards.toml`."""
        arena, stack = Region(**row["arena"]), Region(**row["stack"])

        def place(load: dict[str, int], state: dict[str, int]) -> ImagePlace:
            return ImagePlace(Region(**load), arena, Region(**state), stack)

        return cls(
            name=name,
            core=row["core"],
            features=tuple(row["features"]),
            clock=row["clock"],
            ram=Region(**row["ram"]),
            flash=Region(**row["flash"]),
            app=place(row["app"], row["app_state"]),
            staging=Region(**row["staging"]),
            slots=tuple(map(place, row["slots"], row["states"])),
            firmware_ram=Region(**row["firmware_ram"]),
        )


def boards() -> dict[str, Board]:
    """Return every simulated board by its name."""
    text = resources.files(__package__).joinpath("boards.toml").read_text(encoding="utf-8")
    return {name: Board.from_row(name, row) for name, row in tomllib.loads(text).items()}


def board(name: str) -> Board:
    """Return the board of that name; raises `UnknownBoard`, which lists those there are."""
    known = boards()
    try:
        return known[name]
    except KeyError:
        raise UnknownBoard(name, tuple(known)) from None
