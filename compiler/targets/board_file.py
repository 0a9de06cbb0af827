"""Board tables on disk: TOML in, boards out, every fault named by file, board and key."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..errors import InvalidBoard
from .board import Board
from .core import cores
from .place import faults_between, faults_of, faults_of_map
from .target import FirmwareMap, Slot

BUILT_IN = Path(__file__).with_name("boards.toml")

_LARGEST_FILE = 1 << 20
_BOARD_SIZES = ("clock", "ram", "flash")
_BOARD_TEXTS = ("description", "core", "features", "accelerators", "names")
_BOARD_KEYS = frozenset((*_BOARD_SIZES, *_BOARD_TEXTS, "match", "slots", "firmware"))
_SLOT_KEYS = ("load", "size", "arena", "arena_size", "state", "state_size", "stack_size")
_MATCH_KEYS = frozenset(("manufacturer", "model", "type", "hardware"))
_SIZE = re.compile(r"(\d{1,9}) ?([KM]?)")
_UNITS = {"": 1, "K": 1024, "M": 1024 * 1024}


def read_boards(file: Path) -> Iterator[Board]:
    """Yield the boards of one table. Raises `InvalidBoard`."""
    origin = "built in" if file == BUILT_IN else file.name
    for name, row in _toml(file).items():
        yield _Row(f"{file.name}: board {name!r}", row).board(name, origin)


def _toml(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise InvalidBoard(f"{file.name}: a board table has at most {_LARGEST_FILE} B")
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise InvalidBoard(f"{file.name}: cannot be read as TOML: {fault}") from fault


class _Row:
    """A table of TOML whose keys are taken one by one; `where` begins every complaint."""

    def __init__(self, where: str, row: object) -> None:
        self.where = where
        if not isinstance(row, dict):
            raise InvalidBoard(f"{where} must be a table of keys, not {row!r}")
        self.row: dict[str, Any] = row

    def board(self, name: str, origin: str) -> Board:
        self.only(_BOARD_KEYS)
        core = self.text("core")
        features = self.texts("features")
        known = cores().get(core)
        if known is None:
            raise InvalidBoard(f"{self.where}: core {core!r} is none of {', '.join(cores())}")
        if known.backend is not None and (strange := set(features) - set(known.features)):
            raise InvalidBoard(
                f"{self.where}: {core} has no feature {min(strange)!r},"
                f" only {', '.join(known.features) or 'none'}"
            )
        board = Board(
            name=name,
            core=core,
            features=tuple(sorted(features)),
            description=self.text("description", ""),
            clock=self.size("clock"),
            ram=self.size("ram"),
            flash=self.size("flash"),
            accelerators=self.texts("accelerators"),
            names=self.texts("names"),
            matches=tuple(self.matches()),
            slots=MappingProxyType(dict(self.slots())),
            firmware=self.firmware(),
            origin=origin,
        )
        self.refuse(faults_between(board.slots))
        return board

    def only(self, known: frozenset[str]) -> None:
        if strange := self.row.keys() - known:
            raise InvalidBoard(
                f"{self.where}: key {min(strange)!r} is none of {', '.join(sorted(known))}"
            )

    def refuse(self, faults: Iterator[str]) -> None:
        for fault in faults:
            raise InvalidBoard(f"{self.where}: {fault}")

    def text(self, key: str, default: str | None = None) -> str:
        value = self.row.get(key, default)
        if not isinstance(value, str):
            raise InvalidBoard(f"{self.where}: {key} must be text, not {value!r}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.row.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise InvalidBoard(f"{self.where}: {key} must be a list of texts, not {value!r}")
        return tuple(value)

    def size(self, key: str) -> int | None:
        """Return a number, or text such as "64K"; None where the key is absent."""
        value = self.row.get(key)
        if isinstance(value, str) and (found := _SIZE.fullmatch(value)):
            value = int(found[1]) * _UNITS[found[2]]
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
            return value
        raise InvalidBoard(f'{self.where}: {key} must be a number or text as "64K", not {value!r}')

    def needed_size(self, key: str) -> int:
        value = self.size(key)
        if value is None:
            raise InvalidBoard(f"{self.where}: {key} is missing")
        return value

    def matches(self) -> Iterator[Mapping[str, str]]:
        rows = self.row.get("match", [])
        for number, row in enumerate(rows if isinstance(rows, list) else [rows]):
            match = _Row(f"{self.where}: match {number}", row)
            match.only(_MATCH_KEYS)
            if not match.row:
                raise InvalidBoard(f"{match.where} must name at least one of {sorted(_MATCH_KEYS)}")
            yield MappingProxyType({key: match.text(key) for key in match.row})

    def slots(self) -> Iterator[tuple[int, Slot]]:
        for instance, row in _Row(f"{self.where}: slots", self.row.get("slots", {})).row.items():
            if not (instance.isascii() and instance.isdigit() and int(instance) < 65535):
                raise InvalidBoard(f"{self.where}: slots.{instance} must be an instance's number")
            slot = _Row(f"{self.where}: slots.{instance}", row)
            slot.only(frozenset((*_SLOT_KEYS, "data")))
            yield int(instance), slot.slot()

    def slot(self) -> Slot:
        slot = Slot(**{key: self.needed_size(key) for key in _SLOT_KEYS}, data=self.size("data"))
        self.refuse(faults_of(slot))
        return slot

    def firmware(self) -> FirmwareMap | None:
        if "firmware" not in self.row:
            return None
        row = _Row(f"{self.where}: firmware", self.row["firmware"])
        row.only(frozenset((*_SLOT_KEYS, "data", "ram", "ram_size")))
        place = FirmwareMap(row.slot(), row.needed_size("ram"), row.needed_size("ram_size"))
        self.refuse(faults_of_map(place))
        return place
