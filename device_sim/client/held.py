"""What the device holds in RAM for its servers: it is gone after a reset."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from objects.path import Path
from objects.value import Value

from ..errors import Refused
from .attributes import Attributes
from .portfolio import Portfolio

_BAD_REQUEST = 0x80
_MIDDLE, _SWING, _STEPS = 21.0, 4.0, 24  # degrees Celsius, and measurements of one wave
_PERIODS = {2: "pmin", 3: "pmax"}  # resources of Object 1, and the attributes they stand in for


class Held:
    """Attributes, portfolio, the thermometer, and what Object 1 says of reporting."""

    def __init__(self, *identities: str, thermometer: bool = False) -> None:
        self.attributes = Attributes()
        self.portfolio = Portfolio(*identities)
        self.temperatures: tuple[float, ...] = (_MIDDLE,) if thermometer else ()
        self.muted = False
        self._measured = 0

    def measure(self) -> None:
        """Take another temperature: a slow wave, the same for every device."""
        self._measured += 1
        angle = 2 * math.pi * self._measured / _STEPS
        now = round(_MIDDLE + _SWING * math.sin(angle), 1)
        self.temperatures = (*self.temperatures[-_STEPS:], now)

    def mute(self, _: int, value: Value) -> None:
        """Write 1/0/23: whether nothing is Sent."""
        if not isinstance(value, bool):
            raise Refused(_BAD_REQUEST, f"{value!r} is neither true nor false")
        self.muted = value

    def write_period(self, resource: int) -> Callable[[int, Value], None]:
        """Return what writes 1/0/2 or 1/0/3: the period where attributes tell none."""

        def write(_: int, value: Value) -> None:
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise Refused(_BAD_REQUEST, f"{value!r} is no number of seconds")
            default = self.attributes.default
            # What contradicts itself raises `InvalidAttribute`.
            told: Mapping[str, int] = {_PERIODS[resource]: value}
            self.attributes.default = replace(default, **told)  # type: ignore[arg-type] # ints

        return write

    def forget(self, path: Path) -> None:
        """Forget what was told of an instance that is no more."""
        self.attributes.forget(path)

    def snapshot(self) -> Callable[[], None]:
        """Return what brings this moment back, should a composite write fail halfway."""
        instances, default, muted = self.portfolio.instances, self.attributes.default, self.muted

        def restore() -> None:
            self.portfolio.restore(instances)
            self.attributes.default, self.muted = default, muted

        return restore
