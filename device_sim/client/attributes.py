"""Notification attributes: kept by path, and when they let a notification go.

OMA LwM2M Core 1.1 §5.1.2; what is told of a path holds for all that is below it, unless told
otherwise there. Seconds are of any monotonic clock.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from objects.attributes import NAMES, NotificationAttributes
from objects.path import Path

NONE: Final = NotificationAttributes()


class Attributes:
    """The attributes that servers have written; `default` are those of Object 1."""

    def __init__(self) -> None:
        self.default = NONE
        self._kept: dict[Path, NotificationAttributes] = {}

    def write(self, path: Path, told: NotificationAttributes) -> None:
        """Keep what is told, and forget what is to be taken away; raises `InvalidAttribute`."""
        self._kept[path] = merged(self.own(path), told)

    def own(self, path: Path) -> NotificationAttributes:
        """Return what was written at a path itself."""
        return self._kept.get(path, NONE)

    def of(self, path: Path) -> NotificationAttributes:
        """Return what holds at a path: its own, and what is above it."""
        parts = path.parts
        effective = self.default
        for depth in range(1, len(parts) + 1):
            effective = merged(effective, self.own(Path(*parts[:depth])), strict=False)
        return effective

    def together(self, paths: Iterable[Path]) -> NotificationAttributes:
        """Return what holds for several paths that are reported as one: times alone."""
        each = [self.of(path) for path in paths]
        pmin = [one.pmin for one in each if one.pmin is not None]
        pmax = [one.pmax for one in each if one.pmax is not None]
        least = max(pmin, default=None)
        most = min(pmax, default=None)
        if least is not None and most is not None:
            most = max(least, most)
        return NotificationAttributes(pmin=least, pmax=most)

    def forget(self, path: Path) -> None:
        """Forget what is below an instance that is no more."""
        self._kept = {one: kept for one, kept in self._kept.items() if not path.contains(one)}


def merged(
    kept: NotificationAttributes, told: NotificationAttributes, *, strict: bool = True
) -> NotificationAttributes:
    """Return `kept` with what is told; raises `InvalidAttribute` for what contradicts itself.

    Unless `strict`, `pmax` gives way where one level's contradicts another's (§5.1.2: it is
    ignored then).
    """
    values: dict[str, Any] = {}
    for name in NAMES:
        value = getattr(told, name)
        if value is None and name not in told.unset:
            value = getattr(kept, name)
        values[name] = value
    least, most = values["pmin"], values["pmax"]
    if not strict and least is not None and most is not None and most < least:
        values["pmax"] = None
    return NotificationAttributes(**values)


@dataclass(frozen=True, slots=True)
class Pace:
    """What a notification was sent of: the `number`, where it was one, and when."""

    at: float
    number: float | None = None
    attributes: NotificationAttributes = field(default=NONE)

    def due(self, now: float, number: float | None, *, changed: bool) -> float | None:
        """Return in how many seconds the next one is to go; None unless something happens."""
        moments = []
        if changed and self._matters(number):
            moments.append(self.at + (self.attributes.pmin or 0))
        if self.attributes.pmax:
            moments.append(self.at + self.attributes.pmax)
        return max(0.0, min(moments) - now) if moments else None

    def _matters(self, number: float | None) -> bool:
        """Whether a change is one that the server wants to hear of."""
        told, before = self.attributes, self.number
        if number is None or before is None or told.gt is told.lt is told.st is None:
            return True
        crossed = any(
            limit is not None and (before > limit) != (number > limit)
            for limit in (told.gt, told.lt)
        )
        return crossed or (told.st is not None and abs(number - before) >= told.st)
