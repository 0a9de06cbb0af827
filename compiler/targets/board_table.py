"""All boards that are known, and which of them a device says it is."""

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Self

from objects.hardware import HardwareReport

from .board import Board
from .board_file import BUILT_IN, read_boards


class BoardTable:
    """All boards that are known: ours and those that an operator adds."""

    def __init__(self, boards: Iterable[Board]) -> None:
        self._boards = {board.name: board for board in boards}

    @classmethod
    def load(cls, extra: Path | None = None) -> Self:
        """Read the built-in table and `extra`: a file, or every `*.toml` of a folder by name.

        A later row replaces an earlier one of the same name; a folder that is not
        there adds nothing. Raises `InvalidBoard` naming file, board and key.
        """
        own: list[Path] = []
        if extra is not None:
            own = (
                [extra]
                if extra.suffix == ".toml" or extra.is_file()
                else sorted(extra.glob("*.toml"))
            )
        return cls(board for file in (BUILT_IN, *own) for board in read_boards(file))

    def __iter__(self) -> Iterator[Board]:
        return iter(self._boards.values())

    def __len__(self) -> int:
        return len(self._boards)

    def get(self, name: str) -> Board | None:
        """Return the board of that name."""
        return self._boards.get(name)

    def matching(self, report: HardwareReport) -> tuple[Board, ...]:
        """Return the boards that Object 3 fits best: one, none, or several that tie."""
        ranked = [(_rank(board, report), board) for board in self]
        best = max((rank for rank, _ in ranked), default=_NO_MATCH)
        return tuple(board for rank, board in ranked if rank == best and rank > _NO_MATCH)


# How well a board fits: resources that agree to the letter, then those that agree by pattern.
_Rank = tuple[int, int]
_NO_MATCH: _Rank = (0, 0)


def _rank(board: Board, report: HardwareReport) -> _Rank:
    said = {
        "manufacturer": report.manufacturer,
        "model": report.model_number,
        "type": report.device_type,
        "hardware": report.hardware_version,
    }
    own_names = {said["model"], said["type"], said["hardware"]} - {None}
    by_name = _NO_MATCH if own_names.isdisjoint((board.name, *board.names)) else (1, 0)
    return max((by_name, *(_pattern_rank(match, said) for match in board.matches)))


def _pattern_rank(match: Mapping[str, str], said: Mapping[str, str | None]) -> _Rank:
    exact = sum(said[key] == pattern for key, pattern in match.items())
    agrees = all(
        fnmatchcase(value, pattern) if (value := said[key]) is not None else False
        for key, pattern in match.items()
    )
    return (exact, len(match) - exact) if agrees else _NO_MATCH
