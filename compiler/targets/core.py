"""Processor cores as data: the rows of `cores.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .target import Target

_TABLE = Path(__file__).with_name("cores.toml")


@dataclass(frozen=True, slots=True)
class Core:
    """A processor core, what compilers are told of it, and who compiles for it.

    `backend` is the one that serves it where nobody asks for another, None where there
    is none; `needs` then says what would. `emulated` is the name under which `emulator`
    (unicorn or qemu) runs the core's code, empty where none does. `features` maps the names
    of Object 26241/1 to words added to `cpu`; `usual` are those most chips have, `always`
    what every chip has (see `machine.Machine`). `code_is_words` says that bytes cannot be read from
    0x4000_0000 to 0x5000_0000, the instruction bus.
    """

    name: str
    family: str
    emulated: str
    emulator: str = "unicorn"
    backend: str | None = None
    triple: str = ""
    cpu: str = ""
    features: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    hard_float: frozenset[str] = frozenset()
    usual: tuple[str, ...] = ()
    always: frozenset[str] = frozenset()
    needs: str = ""
    code_is_words: bool = False

    def passes_floats_in_registers(self, features: tuple[str, ...]) -> bool:
        """Whether the hard-float calling convention holds (flag 0 of the module table)."""
        return not self.hard_float.isdisjoint(features)

    def target_triple(self, features: tuple[str, ...]) -> str:
        """Return the compiler's `-target`."""
        convention = "eabihf" if self.passes_floats_in_registers(features) else "eabi"
        return self.triple.format(float=convention)

    def cpu_with(self, features: tuple[str, ...]) -> str:
        """Return the compiler's `-mcpu`, features included."""
        return self.cpu + "".join(self.features.get(name, "") for name in features)

    def usable(self, features: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of `features` that code for this core may use, sorted."""
        return tuple(sorted(set(features) & set(self.features)))


@cache
def cores() -> Mapping[str, Core]:
    """Return all cores that are known, served or not, by name."""
    rows: dict[str, dict[str, Any]] = tomllib.loads(_TABLE.read_text("utf-8"))
    return MappingProxyType({name: _core(name, row) for name, row in rows.items()})


def _core(name: str, row: dict[str, Any]) -> Core:
    given = dict(row)
    given["emulated"] = given.get("emulated", name)
    given["features"] = MappingProxyType(given.get("features", {}))
    given["usual"] = tuple(given.get("usual", ()))
    given["always"] = frozenset(given.get("always", ()))
    given["hard_float"] = frozenset(given.get("hard_float", ()))
    return Core(name=name, **given)


def emulated_as(target: Target) -> Target:
    """Return `target` under the name of the core that the emulator runs for it."""
    core = cores().get(target.core)
    return target if core is None else replace(target, core=core.emulated)
