"""Drives one deployment: load, step, save, carry out effects, and again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog

from ..protocol import effects, firmware, inputs, module
from ..protocol.deployment import Rules
from ..protocol.errors import IllegalInput
from ..protocol.firmware_state import FirmwareDeployment
from ..protocol.machine import Step
from .effects import Carried, Effects, with_results
from .ports import Clock
from .records import DeploymentRecord, Machine

_log = structlog.get_logger(__name__)

# How often bytes that move are worth a row, or a word.
_PROGRESS_EVERY: Final = 1.0
_SAVE_AGAIN: Final = 1.0
_UNANSWERED: Final = (effects.Observe, effects.CancelObservation, effects.Discard)
_MOVING: Final = (inputs.Progressed, inputs.Pulled)

Save = Callable[[DeploymentRecord], Awaitable[None]]
Announce = Callable[[DeploymentRecord], None]


def step(machine: Machine, event: inputs.Input, now: float, rules: Rules) -> Step[Any]:
    """Take one step of either machine."""
    if isinstance(machine, FirmwareDeployment):
        return firmware.step(machine, event, now, rules)
    return module.step(machine, event, now, rules)


class Driver:
    """One deployment under way. A step is durable before its effects begin.

    There is one effect with a ticket at a time: a new one ends the former, whose
    answer the machine would drop anyway.
    """

    def __init__(
        self,
        record: DeploymentRecord,
        *,
        carrier: Effects,
        save: Save,
        announce: Announce,
        clock: Clock,
        rules: Rules,
    ) -> None:
        self.record = record
        self._carrier = carrier
        self._save = save
        self._announce = announce
        self._clock = clock
        self._rules = rules
        self._inbox: asyncio.Queue[Carried] = asyncio.Queue()
        self._effect: asyncio.Task[None] | None = None
        self._unanswered: set[asyncio.Task[None]] = set()
        self._cancel_timer: Callable[[], None] | None = None
        self._told_at = 0.0

    def post(self, event: inputs.Input) -> None:
        """Tell the machine of something; it is taken in turn."""
        self._inbox.put_nowait(Carried(event))

    async def run(self) -> DeploymentRecord:
        """Drive the deployment to its end and return it."""
        try:
            while self.record.machine.outcome is None:
                await self._take(await self._inbox.get())
        finally:
            self._stop()
        return self.record

    async def last_words(self) -> None:
        """Wait for effects that nobody waits for: the device may be silent for long."""
        await asyncio.gather(*self._unanswered)

    def cancellable(self) -> None:
        """Raise `IllegalInput` where the machine can no longer be cancelled."""
        step(self.record.machine, inputs.Cancelled(), self._clock.now(), self._rules)

    def _stop(self) -> None:
        if self._effect is not None:
            self._effect.cancel()
        if self._cancel_timer is not None:
            self._cancel_timer()

    async def _take(self, carried: Carried) -> None:
        before, now = self.record.machine, self._clock.now()
        try:
            after, wanted = step(before, carried.event, now, self._rules)
        except IllegalInput as error:
            _log.warning("input has no meaning", deployment=self.record.id, why=str(error))
            if not isinstance(carried.event, inputs.Answer):
                return
            # Something was awaited, and this is not it: as good as no answer.
            unheard = inputs.NoAnswer(carried.event.ticket)
            after, wanted = step(before, unheard, now, self._rules)
        if after == before and not wanted:
            if isinstance(carried.event, inputs.DeadlinePassed):
                self._arm(before.deadline)  # a timer may be a little early: wait for the rest
            return
        self.record = with_results(self.record, carried).stepped(after, now)
        if isinstance(carried.event, _MOVING) and after.phase == before.phase and not wanted:
            await self._tell_progress(now)
        else:
            await self._keep()
            self._announce(self.record)
        self._arm(after.deadline)
        for effect in wanted:
            self._begin(effect)

    async def _tell_progress(self, now: float) -> None:
        """Keep and announce bytes that moved, now and then: a restart asks the device anyway."""
        if now - self._told_at >= _PROGRESS_EVERY:
            self._told_at = now
            await self._keep()
            self._announce(self.record)

    async def _keep(self) -> None:
        """Make the step durable; without that no effect may begin, so it is tried until it is."""
        while True:
            try:
                await self._save(self.record)
            except Exception:  # noqa: BLE001 - whatever storage fails with
                _log.exception("deployment not stored", deployment=self.record.id)
                await self._pause(_SAVE_AGAIN)
            else:
                return

    async def _pause(self, seconds: float) -> None:
        over = asyncio.get_running_loop().create_future()
        cancel = self._clock.call_at(self._clock.now() + seconds, lambda: over.set_result(None))
        try:
            await over
        finally:
            cancel()

    def _arm(self, deadline: float | None) -> None:
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None
        if deadline is not None:
            passed = inputs.DeadlinePassed()
            self._cancel_timer = self._clock.call_at(deadline, lambda: self.post(passed))

    def _begin(self, effect: effects.Effect) -> None:
        if isinstance(effect, _UNANSWERED):
            task = asyncio.create_task(self._carrier.try_out(self.record, effect))
            self._unanswered.add(task)
            task.add_done_callback(self._unanswered.discard)
            return
        if self._effect is not None:
            self._effect.cancel()
        self._effect = asyncio.create_task(self._perform(effect))

    async def _perform(self, effect: Any) -> None:
        def progress(done: int, total: int) -> None:
            self.post(inputs.Progressed(effect.ticket, done, total))

        self._inbox.put_nowait(await self._carrier.carry_out(self.record, effect, progress))
