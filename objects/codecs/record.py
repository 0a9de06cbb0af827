"""One value by its full path: what composite operations and Send are made of."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ..errors import CodecError
from ..path import Path
from ..tree import Node, from_leaves
from ..value import Value

# A record can be three bytes. A Send of what was measured in a week has hundreds.
LARGEST_COUNT: Final = 16_384


@dataclass(frozen=True, slots=True)
class Record:
    """One value by its full path, as composite operations and Send carry them.

    `value` is None where the format tells that there is nothing at `path`. `time` is in seconds
    since the epoch, None where none is told (RFC 8428 §4.5.3: relative ones are made absolute).
    """

    path: Path
    value: Value | None
    time: float | None = None


def node_of(base: Path, records: Iterable[Record]) -> Node:
    """Return the node at `base`: what is, of values told for several times the latest.

    Raises `CodecError` for a path that is told twice for one time, and as `from_leaves` does.
    """
    latest = dict[Path, Record]()
    for record in records:
        known = latest.get(record.path)
        if known is not None and _moment(known) == _moment(record):
            raise CodecError(f"{record.path} is there twice")
        if known is None or _moment(known) < _moment(record):
            latest[record.path] = record
    return from_leaves(base, _told(latest))


def _moment(record: Record) -> float:
    return math.inf if record.time is None else record.time  # without a time it is now


def _told(latest: Mapping[Path, Record]) -> Iterable[tuple[Path, Value]]:
    for path, record in latest.items():
        if record.value is not None:
            yield path, record.value
