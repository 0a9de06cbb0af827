"""Faults of ours, told once per kind and then seldom: a fleet repeats what one device does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

_SECONDS_BETWEEN: Final = 60.0
_MOST_KINDS: Final = 256

_log = structlog.get_logger(__name__)

Kind = tuple[type[BaseException], str, int]


@dataclass(slots=True)
class _Told:
    at: float
    since: int = 0


class FaultLog:
    """Logs exceptions: the first of a kind at once, further ones at most once a minute.

    A kind is the exception's class and the line that raised it. `now` tells seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._told: dict[Kind, _Told] = {}

    def note(self, what: str, fault: BaseException) -> None:
        """Log `fault` with its traceback, or count it."""
        kind = _kind(fault)
        told = self._told.get(kind)
        now = self._now()
        if told is not None and now < told.at + _SECONDS_BETWEEN:
            told.since += 1
            return
        if len(self._told) >= _MOST_KINDS:
            self._told.clear()
        self._told[kind] = _Told(now)
        _log.error(what, untold=told.since if told else 0, exc_info=fault)


def _kind(fault: BaseException) -> Kind:
    traceback = fault.__traceback__
    if traceback is None:
        return type(fault), "", 0
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return type(fault), traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
