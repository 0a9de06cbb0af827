"""GCCs as data: the rows of `gcc.toml`, and what each is told of a target; pure."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..targets.core import cores
from ..targets.target import Target

_TABLE = Path(__file__).with_name("gcc.toml")


@dataclass(frozen=True, slots=True)
class Served:
    """A core that a GCC compiles for.

    `arch` is what {arch} of the arguments begins with, `features` the words that features
    add to it; a target is served if it has the feature `only_with`.
    """

    arch: str
    features: Mapping[str, str]
    only_with: str | None


@dataclass(frozen=True, slots=True)
class Gcc:
    """A compiler by the prefix of its programs' names.

    `needs` says where to get it, `files` are C files of `startup` with what its libgcc
    does not bring.
    """

    prefix: str
    needs: str
    arguments: tuple[str, ...]
    files: tuple[str, ...]
    cores: Mapping[str, Served]

    @property
    def command(self) -> str:
        """The compiler's name on PATH."""
        return f"{self.prefix}gcc"

    def serves(self, target: Target) -> bool:
        """Whether this compiler makes code for `target`."""
        row = self.cores.get(target.core)
        return row is not None and row.only_with in (None, *target.features)

    def machine(self, target: Target) -> tuple[str, ...]:
        """Return the arguments that tell the machine of a served `target`."""
        row = self.cores[target.core]
        hard = cores()[target.core].passes_floats_in_registers(target.features)
        words = {
            "core": target.core,
            "float": "hard" if hard else "soft",
            "arch": row.arch + "".join(row.features.get(name, "") for name in target.features),
        }
        return tuple(argument.format(**words) for argument in self.arguments)


@cache
def gccs() -> tuple[Gcc, ...]:
    """Return all rows, in their order."""
    rows: dict[str, dict[str, Any]] = tomllib.loads(_TABLE.read_text("utf-8"))
    return tuple(_gcc(prefix, row) for prefix, row in rows.items())


def gccs_for(core: str) -> Iterator[Gcc]:
    """Yield the compilers that serve targets with `core`."""
    return (gcc for gcc in gccs() if core in gcc.cores)


def gcc_for(target: Target) -> Gcc | None:
    """Return the first compiler that serves `target`, None where none does."""
    return next((gcc for gcc in gccs_for(target.core) if gcc.serves(target)), None)


def _gcc(prefix: str, row: dict[str, Any]) -> Gcc:
    served = {core: _served(given) for core, given in row["cores"].items()}
    return Gcc(
        prefix,
        row["needs"],
        tuple(row["arguments"]),
        tuple(row["files"]),
        MappingProxyType(served),
    )


def _served(row: dict[str, Any]) -> Served:
    features = MappingProxyType(row.get("features", {}))
    return Served(row.get("arch", ""), features, row.get("with"))
