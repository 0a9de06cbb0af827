"""A board as a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from .target import FirmwareMap, Slot

_NO_SLOTS: Mapping[int, Slot] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Board:
    """What is known of a board, and how devices that are one name themselves.

    `names` are compared with 3/0/1, 3/0/17 and 3/0/18; `matches` are mappings of
    `manufacturer`, `model`, `type` and `hardware` (3/0/0, 3/0/1, 3/0/17, 3/0/18)
    to text in which `*` and `?` stand for anything; all entries of one mapping
    must agree. Sizes in bytes, clock in Hz. `slots` are keyed by instance of
    Object 26242 (or 9). `origin` is the file that the row stands in.
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
    slots: Mapping[int, Slot] = field(default_factory=lambda: _NO_SLOTS)
    firmware: FirmwareMap | None = None
    origin: str = "built in"
