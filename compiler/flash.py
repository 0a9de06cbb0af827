"""Where an image's flash goes: linked symbols told apart by what they belong to; pure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .elf import Symbol
from .emit.emitted import OperatorRecord
from .emit.table import SYMBOL as TABLE

_ENTRIES = frozenset(("tml_init", "tml_run"))
_STARTUP = frozenset(("tml_vectors", "tml_reset", "tml_start", "tml_fault"))
_KERNEL = re.compile(r"tml_\w+")
_DATA_SECTIONS = (".data", ".bss")


@dataclass(frozen=True, slots=True)
class FlashUse:
    """Bytes of the flat binary by what they are; all parts add up to `total`.

    `operators` is by operator index (constants and code that carry its prefix),
    `kernels` and `runtime` (the compiler's helpers) by function. `rest` has no
    symbol: alignment and initial values.
    """

    total: int
    table: int
    calls: int
    startup: int
    operators: Mapping[int, int]
    kernels: Mapping[str, int]
    runtime: Mapping[str, int]

    @property
    def rest(self) -> int:
        """Bytes that no symbol covers."""
        named = (self.operators, self.kernels, self.runtime)
        told = sum(sum(part.values()) for part in named)
        return self.total - self.table - self.calls - self.startup - told


def flash_use(
    total: int, symbols: Iterable[Symbol], operators: Sequence[OperatorRecord]
) -> FlashUse:
    """Tell the bytes of an image apart."""
    prefixes = {record.symbol_prefix: record.index for record in operators}
    of_operators: Counter[int] = Counter({record.index: 0 for record in operators})
    parts: dict[str, Counter[str]] = {
        part: Counter() for part in ("table", "calls", "startup", "kernels", "runtime")
    }
    for symbol in _without_aliases(symbols):
        owner = _operator_of(symbol.name, prefixes)
        if owner is not None:
            of_operators[owner] += symbol.size
        else:
            parts[_part(symbol.name)][symbol.name] += symbol.size
    return FlashUse(
        total=total,
        table=parts["table"].total(),
        calls=parts["calls"].total(),
        startup=parts["startup"].total(),
        operators=dict(sorted(of_operators.items())),
        kernels=dict(sorted(parts["kernels"].items())),
        runtime=dict(sorted(parts["runtime"].items())),
    )


def _without_aliases(symbols: Iterable[Symbol]) -> Iterable[Symbol]:
    """Return one symbol for each stretch of flash, the shortest name of several."""
    seen: dict[int, Symbol] = {}
    for symbol in symbols:
        if symbol.section in _DATA_SECTIONS:
            continue
        known = seen.get(symbol.address)
        if known is None or len(symbol.name) < len(known.name):
            seen[symbol.address] = symbol
    return seen.values()


def _operator_of(name: str, prefixes: Mapping[str, int]) -> int | None:
    found = [prefix for prefix in prefixes if name.startswith(prefix)]
    return prefixes[max(found, key=len)] if found else None


def _part(name: str) -> str:
    if name == TABLE:
        return "table"
    if name in _ENTRIES:
        return "calls"
    if name in _STARTUP:
        return "startup"
    return "kernels" if _KERNEL.match(name) else "runtime"
