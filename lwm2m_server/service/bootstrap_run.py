"""One bootstrap on the event loop: what the machine asks for is carried out, one by one."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any

import structlog

from ..protocol.bootstrap import step
from ..protocol.bootstrap_session import (
    Answered,
    Begun,
    BootstrapOperation,
    Elapsed,
    Ended,
    Input,
    Rules,
    Session,
    Unanswered,
)
from ..protocol.identity import Identity
from .bootstrap_ports import BootstrapPeer
from .ports import Clock, Unreachable

_log = structlog.get_logger(__name__)


class BootstrapRun:
    """Drives a session with `peer` to its end, of which `done` is told once.

    `prepare` returns the session with all that has to be made first; what it raises as `refused`
    ends the bootstrap with its text.
    """

    def __init__(
        self,
        session: Session,
        peer: BootstrapPeer,
        *,
        identity: Identity,
        key: Hashable,
        prepare: Callable[[Session], Awaitable[Session]],
        refused: tuple[type[Exception], ...],
        done: Callable[["BootstrapRun"], None],
        clock: Clock,
        rules: Rules,
    ) -> None:
        self.session = session
        self.identity = identity
        self.key = key
        self._peer = peer
        self._prepare = prepare
        self._refused = refused
        self._done = done
        self._clock = clock
        self._rules = rules
        self._task: asyncio.Task[None] | None = None
        self._cancel_timer: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin, once the request that asked for it has been answered."""
        self._spawn(self._begun())
        self._arm()

    def end(self, why: str) -> None:
        """End before the end, as failed."""
        self._take(Ended(why))

    # --- inside -----------------------------------------------------------------------------

    async def _begun(self) -> None:
        try:
            self.session = await self._prepare(self.session)
        except self._refused as fault:
            self._take(Ended(str(fault)))
        except Exception:  # noqa: BLE001 - whatever it is, the session must come to its end
            _log.exception("a bootstrap failed", endpoint=self.session.endpoint)
            self._take(Ended("the server failed; its log says why"))
        else:
            self._take(Begun())

    async def _ask(self, ticket: int, operation: BootstrapOperation) -> None:
        outcome: Input
        try:
            outcome = Answered(ticket, await self._peer.request(operation))
        except Unreachable as fault:
            outcome = Unanswered(ticket, str(fault))
        except Exception:  # noqa: BLE001 - as above
            _log.exception("a bootstrap failed", endpoint=self.session.endpoint)
            outcome = Unanswered(ticket, "the server failed; its log says why")
        self._take(outcome)

    def _take(self, event: Input) -> None:
        if self.session.over:
            return
        self.session, operation = step(self.session, event, self._clock.now(), self._rules)
        if self.session.over:
            self._cancel_timer()
            if self._task is not None and self._task is not asyncio.current_task():
                self._task.cancel()
            self._done(self)
        elif operation is not None:
            self._spawn(self._ask(self.session.ticket, operation))
            self._arm()

    def _spawn(self, work: Any) -> None:
        self._task = asyncio.get_running_loop().create_task(work)

    def _arm(self) -> None:
        self._cancel_timer()
        self._cancel_timer = self._clock.call_at(
            self.session.deadline, lambda: self._take(Elapsed())
        )
