"""Boards as data: rows of `boards.toml` and of the files that operators add."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Self

from objects.hardware import HardwareReport

from .target import FirmwareMap, Slot


@dataclass(frozen=True, slots=True)
class Board:
    """What is known of a board, and how devices that are one name themselves.

    `names` are compared with 3/0/1, 3/0/17 and 3/0/18; `matches` are mappings of
    `manufacturer`, `model`, `type` and `hardware` (3/0/0, 3/0/1, 3/0/17, 3/0/18)
    to text in which `*` and `?` stand for anything; all entries of one mapping
    must agree. Sizes in bytes, clock in Hz. `slots` are keyed by instance of
    Object 26242 (or 9).
    """

    name: str
    core: str
    features: tuple[str, ...] = ()
    description: str = ""
    clock: int | None = None
    ram: int | None = None
    flash: int | None = None
    accelerators: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    matches: tuple[Mapping[str, str], ...] = ()
    slots: Mapping[int, Slot] = field(default_factory=lambda: MappingProxyType({}))
    firmware: FirmwareMap | None = None
    origin: str = "built in"


class BoardTable:
    """All boards that are known: ours and those that an operator adds."""

    def __init__(self, boards: Mapping[str, Board]) -> None:
        self._boards = dict(boards)

    @classmethod
    def load(cls, extra: Path | None = None) -> Self:
        """Read the built-in table and every `*.toml` in the folder `extra`, in order of name.

        A later row replaces an earlier one of the same name. Raises `InvalidBoard`
        naming file, board and key.
        """
        raise NotImplementedError

    def __iter__(self) -> Iterator[Board]:
        return iter(self._boards.values())

    def __len__(self) -> int:
        return len(self._boards)

    def get(self, name: str) -> Board | None:
        """Return the board of that name."""
        return self._boards.get(name)

    def matching(self, report: HardwareReport) -> tuple[Board, ...]:
        """Return the boards that Object 3 fits best: one, none, or several that tie."""
        raise NotImplementedError
