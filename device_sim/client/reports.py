"""What notifications of one session are made of."""

import asyncio
from collections.abc import Callable, Mapping

from objects import model_slot
from objects.errors import ObjectsError
from objects.path import Path

from ..errors import Refused
from .attributes import Attributes, Pace
from .management import Management
from .requests import BAD_REQUEST, Reply, Request
from .tree import LastRun


class SessionReports:
    """Implements `site.Reports`; `runs` are those of each model, `sent` is told of each."""

    def __init__(
        self,
        management: Management,
        attributes: Attributes,
        runs: Mapping[int, LastRun],
        sent: Callable[[], None],
    ) -> None:
        self._management = management
        self._attributes = attributes
        self._runs = runs
        self.sent = sent

    def notification(self, request: Request) -> Reply:
        """Return what is true now of what is observed."""
        try:
            return self._management.notification(request)
        except (Refused, ObjectsError) as error:  # paths that nobody can read
            return Reply(BAD_REQUEST, str(error).encode())

    def stamp(self, request: Request) -> int:
        """Return a number that is another after each run, for what a run yields."""
        path = request.path
        if path.object_id != model_slot.OBJECT_ID or path.instance_id is None:
            return 0
        last = self._runs.get(path.instance_id)
        return last.runs if last else 0

    def pace(self, request: Request) -> Pace:
        """Return the pace by the attributes that hold now."""
        paths = self._paths(request)
        one = len(paths) == 1
        told = self._attributes.of(paths[0]) if one else self._attributes.together(paths)
        return Pace(asyncio.get_running_loop().time(), self.number(request), told)

    def number(self, request: Request) -> float | None:
        """Return the one number that is observed, None where it is none."""
        paths = self._paths(request)
        return self._management.number(paths[0]) if len(paths) == 1 else None

    def _paths(self, request: Request) -> tuple[Path, ...]:
        return self._management.observed(request)
