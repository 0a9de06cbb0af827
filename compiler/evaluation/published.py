"""Figures of others on the same models: the rows of `published.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

_TABLE = Path(__file__).with_name("published.toml")


@dataclass(frozen=True, slots=True)
class Published:
    """A published model with what its peer takes for it.

    `peer` and `aim` are instructions of one inference by core, `flash` and `arena` bytes
    of the peer's runtime on a Cortex-M4, model apart.
    """

    name: str
    title: str
    sha256: str
    flash: int
    arena: int
    peer: Mapping[str, int]
    aim: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Engine:
    """What an engine's publication says: bytes and cycles by model, and what they hold for."""

    name: str
    conditions: str
    flash: Mapping[str, int]
    ram: Mapping[str, int]
    cycles: Mapping[str, int]


@cache
def published() -> tuple[Published, ...]:
    """Return the models that have figures to be compared with."""
    return tuple(
        Published(**{**row, "peer": _frozen(row["peer"]), "aim": _frozen(row["aim"])})
        for row in _rows()["model"]
    )


@cache
def engines() -> tuple[Engine, ...]:
    """Return the engines that have published figures."""
    return tuple(
        Engine(
            row["name"],
            row["conditions"],
            *(_frozen(row.get(kind, {})) for kind in ("flash", "ram", "cycles")),
        )
        for row in _rows()["engine"]
    )


@cache
def _rows() -> Mapping[str, list[dict[str, Any]]]:
    return tomllib.loads(_TABLE.read_text("utf-8"))


def _frozen(row: dict[str, int]) -> Mapping[str, int]:
    return MappingProxyType(dict(row))
