"""Which session goes when there is no room for another: the one that was silent longest."""

import heapq
from collections.abc import Callable, Iterable
from typing import Final

from .session import Session

_RESERVE: Final = 256  # found in one look at all sessions, which takes milliseconds


class Idle:
    """Finds idle sessions; never one that is busy.

    `all_sessions` returns every live session. A session is idle `after` seconds of
    silence, unless `busy` says that something is under way with it.
    """

    def __init__(
        self,
        all_sessions: Callable[[], Iterable[Session]],
        after: float,
        busy: Callable[[Session], bool],
    ) -> None:
        self._all = all_sessions
        self._after = after
        self._busy = busy
        self._reserve: list[Session] = []  # the longest silent is last
        self._not_before = 0.0  # until then another look at all would find nothing

    def longest(self, now: float) -> Session | None:
        """Return the session that was silent longest, None where none is idle."""
        while True:
            while self._reserve:
                if self._is_idle(self._reserve[-1], now):
                    return self._reserve[-1]
                self._reserve.pop()
            if now < self._not_before or not self._look(now):
                return None

    def _is_idle(self, session: Session, now: float) -> bool:
        return not session.over and session.active <= now - self._after and not self._busy(session)

    def _look(self, now: float) -> bool:
        """Fill the reserve; return whether there is anything in it."""
        silent = heapq.nsmallest(_RESERVE, self._all(), key=lambda session: session.active)
        self._reserve = [session for session in reversed(silent) if self._is_idle(session, now)]
        if not self._reserve:
            first = silent[0].active + self._after if silent else now
            self._not_before = max(first, now + 1.0)
        return bool(self._reserve)
