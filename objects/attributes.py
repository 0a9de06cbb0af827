"""Attributes that Write-Attributes sets and Discover shows (OMA LwM2M Core 1.2 §7.3, Table 7.3)."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Final, Self

from .errors import InvalidAttribute, shown

# A Uri-Query option has 255 bytes (RFC 7252 §5.10); no measured value needs a tenth of them.
_LONGEST: Final = 64

_WHOLE: Final = re.compile(r"[0-9]{1,10}")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class NotificationAttributes:
    """The <NOTIFICATION> class attributes; None is one that is not told.

    `pmin`, `pmax`, `epmin`, `epmax` are whole seconds; `gt`, `lt`, `st` numbers of the resource's
    unit; `edge` is True for the rising edge; `con` whether notifications are confirmable;
    `hqmax` how many are kept while the server is not heard. `unset` are the names of those that a
    Write-Attributes takes away (§6.3.4: named without a value).

    Raises `InvalidAttribute` for what §7.3.3 excludes: a negative or non-finite number, `pmax`
    below `pmin`, `epmax` below `epmin`, `st` of 0 or less, `lt` + 2 * `st` not below `gt`.
    """

    pmin: int | None = None
    pmax: int | None = None
    gt: float | None = None
    lt: float | None = None
    st: float | None = None
    epmin: int | None = None
    epmax: int | None = None
    edge: bool | None = None
    con: bool | None = None
    hqmax: int | None = None
    unset: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name in NAMES:
            if (value := getattr(self, name)) is not None:
                _check(name, value)
                if name in self.unset:
                    raise InvalidAttribute(f"{name} is set and taken away at once")
        if unknown := self.unset.difference(NAMES):
            raise InvalidAttribute(_unknown(min(unknown)))
        _in_order("pmin", self.pmin, "pmax", self.pmax)
        _in_order("epmin", self.epmin, "epmax", self.epmax)
        if self.st is not None and self.st <= 0:
            raise InvalidAttribute(f"st is {self.st}: a step is more than 0")
        if self.gt is not None and self.lt is not None and self.lt + 2 * (self.st or 0) >= self.gt:
            raise InvalidAttribute(
                f"lt {self.lt} + 2 * st {self.st or 0} is not below gt {self.gt}: "
                "one value would cross both"
            )

    @classmethod
    def parse(cls, told: Mapping[str, str | None]) -> Self:
        """Read attributes as a query or a link has them. Raises `InvalidAttribute`.

        A name without a value is one to take away. Attributes of another class (`dim`, `ver`) are
        refused: nobody can set them.
        """
        known = dict[str, int | float | bool]()
        for name, text in told.items():
            if name not in NAMES:
                raise InvalidAttribute(_unknown(name))
            if text:
                known[name] = _READERS[name](name, text)
        return cls(**known, unset=frozenset(told) - frozenset(known))  # type: ignore[arg-type]

    def query(self) -> tuple[str, ...]:
        """Return the Uri-Query options of a Write-Attributes (§6.3.4), in the table's order."""
        options = list[str]()
        for name in NAMES:
            value = getattr(self, name)
            if value is not None:
                options.append(f"{name}={_text(value)}")
            elif name in self.unset:
                options.append(name)
        return tuple(options)


NAMES: Final = tuple(field.name for field in fields(NotificationAttributes))[:-1]
"""The attributes of Table 7.3 that can be written, in its order."""


def _unknown(name: str) -> str:
    return f"{shown(name)} is no attribute that can be written; there are {', '.join(NAMES)}"


def _check(name: str, value: float) -> None:
    if not math.isfinite(value):
        raise InvalidAttribute(f"{name} is {value}, which is no finite number")
    if value < 0 and name not in {"gt", "lt", "st"}:
        raise InvalidAttribute(f"{name} is {value}: it cannot be negative")
    if len(_text(value)) > _LONGEST:
        raise InvalidAttribute(f"{name} is {value}: more than {_LONGEST} characters on the wire")


def _in_order(low: str, least: int | None, high: str, most: int | None) -> None:
    if least is not None and most is not None and most < least:
        raise InvalidAttribute(f"{high} {most} is below {low} {least}")


def _text(value: float) -> str:
    # The grammar of §7.3 has no exponents, and a bool is 0 or 1.
    return str(int(value)) if isinstance(value, int) else format(Decimal(repr(value)), "f")


def _whole(name: str, text: str) -> int:
    if _WHOLE.fullmatch(text) is None:
        raise InvalidAttribute(f"{name} is {shown(text)}, no whole number of 0 or more")
    return int(text)


def _decimal(name: str, text: str) -> float:
    if _DECIMAL.fullmatch(text) is None:
        raise InvalidAttribute(f"{name} is {shown(text)}, no number")
    return float(text)


def _flag(name: str, text: str) -> bool:
    if text not in {"0", "1"}:
        raise InvalidAttribute(f"{name} is {shown(text)}, neither 0 nor 1")
    return text == "1"


_READERS: Final[Mapping[str, Callable[[str, str], int | float | bool]]] = {
    "pmin": _whole,
    "pmax": _whole,
    "gt": _decimal,
    "lt": _decimal,
    "st": _decimal,
    "epmin": _whole,
    "epmax": _whole,
    "edge": _flag,
    "con": _flag,
    "hqmax": _whole,
}
