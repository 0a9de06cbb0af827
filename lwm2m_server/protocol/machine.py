"""What the two deployment machines share: their common state, and how a step is taken.

A machine is a frozen value and a table from (phase, input) to a function; an
absent pair raises `IllegalInput`. Between two steps it always either is done,
or waits for the answer to the effect of its ticket, or has a deadline: it cannot hang.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar

from objects.path import Path

from .deployment import Delivery, ImageFacts, Outcome, Rules
from .effects import CancelObservation, Effect
from .errors import IllegalInput
from .inputs import Answer, Broken, Input, Progressed, Woke


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentState:
    """What both machines keep; the value that storage keeps too.

    `ticket` names the last effect, `outstanding` says that its answer is awaited.
    `deadline` is when the machine wants `DeadlinePassed`. `entered_at` is when the
    phase began, `moved_at` when anything last moved. `executes` counts Execute (or
    Activate) attempts, the last one intended at `executed_at`; `accepted` says that
    the endpoint is known to have taken it. `refused` is a CoAP error code whose
    reason is still to be read. `pull` is how the bytes move now; `watched` says that State is
    observed.
    """

    phase: StrEnum
    asked: Delivery
    entered_at: float
    moved_at: float
    ticket: int = 0
    outstanding: bool = False
    deadline: float | None = None
    image: ImageFacts | None = None
    can_pull: bool = True
    can_push: bool = True
    pull: bool = False
    watched: bool = False
    transfers: int = 0
    done: int = 0
    total: int = 0
    clears: int = 0
    polls: int = 0
    silences: int = 0
    self_tests: int = 0
    rounds: int = 0
    executes: int = 0
    executed_at: float = 0.0
    accepted: bool = False
    refused: int | None = None
    outcome: Outcome | None = None
    reason: str | None = None

    @property
    def delivered_by(self) -> Delivery | None:
        """How the bytes move or moved, None before the first transfer."""
        if self.transfers == 0:
            return None
        return Delivery.PULL if self.pull else Delivery.PUSH


S = TypeVar("S", bound=DeploymentState)
Step = tuple[S, tuple[Effect, ...]]
Handler = Callable[[S, Any, float, Rules], Step[S]]
Table = Mapping[tuple[StrEnum, type], Handler[S]]


def advance(table: Table[S], state: S, event: Input, now: float, rules: Rules) -> Step[S]:
    """Take one step by `table`; raises `IllegalInput` for a pair that is not in it.

    What comes after the end, and answers to an effect that is no longer waited
    for, change nothing.
    """
    if state.outcome is not None:
        return state, ()
    if isinstance(event, Answer):
        if event.ticket != state.ticket or not state.outstanding:
            return state, ()
        if not isinstance(event, Progressed):
            state = replace(state, outstanding=False)
    handler = table.get((state.phase, type(event)))
    if handler is None:
        raise IllegalInput(f"{type(event).__name__} has no meaning while {state.phase}")
    return handler(state, event, now, rules)


def ended(before: S, step: Step[S], done: StrEnum, state_path: Path) -> Step[S]:
    """Return `step`; the one that ends the deployment leaves no observation behind."""
    after, wanted = step
    if before.outcome is not None or after.outcome is None:
        return step
    if after.watched:
        wanted = (*wanted, CancelObservation(state_path))
    return replace(after, phase=done, watched=False), wanted


def ask(state: S, effect: Callable[[int], Effect], *more: Effect) -> Step[S]:
    """Begin an effect under a new ticket; its answer, not a timer, moves the machine on."""
    ticket = state.ticket + 1
    state = replace(state, ticket=ticket, outstanding=True, deadline=None)
    return state, (effect(ticket), *more)


def wait(state: S, until: float) -> Step[S]:
    """Do nothing until something happens, at the latest at `until`."""
    return replace(state, outstanding=False, deadline=until), ()


def poll(state: S, now: float, rules: Rules) -> Step[S]:
    """Wait for the next look at the endpoint's State, longer each time."""
    pause = _pause(rules.poll, state.polls)
    return wait(replace(state, polls=state.polls + 1), now + pause)


def silent(state: S, now: float, rules: Rules) -> Step[S]:
    """Wait for the endpoint to be heard again, trying by ourselves now and then."""
    if now - state.moved_at >= rules.patience:
        return finish(state, Outcome.FAILED, f"nothing has moved for {rules.patience:.0f} s")
    pause = _pause(rules.retry, state.silences)
    return wait(replace(state, silences=state.silences + 1), now + pause)


def moved(state: S, now: float) -> S:
    """Note that something moved."""
    return replace(state, moved_at=now, polls=0, silences=0)


def finish(state: S, outcome: Outcome, reason: str | None = None) -> Step[S]:
    """End; `outcome` and `reason` are what operators see."""
    return replace(state, outcome=outcome, reason=reason, outstanding=False, deadline=None), ()


def wants_pull(state: DeploymentState) -> bool:
    """Whether the next transfer is a pull: as asked, or where everything allows it."""
    if state.asked is Delivery.AUTO:
        return state.can_pull
    return state.asked is Delivery.PULL


def give_up_pull(state: S) -> S:
    """Let the next transfer be a push, where that is left to us and possible."""
    if state.asked is Delivery.AUTO and state.can_push:
        return replace(state, can_pull=False)
    return state


def ignore(state: S, _event: Input, _now: float, _rules: Rules) -> Step[S]:
    """Stay: the input is known, and means nothing here."""
    return state, ()


def woke(state: S, event: Woke, now: float, _rules: Rules) -> Step[S]:
    """Let no time-out count the time that the endpoint slept: nothing could have moved."""
    moved_at = min(now, state.moved_at + event.seconds)
    entered_at = min(now, state.entered_at + event.seconds)
    return replace(state, moved_at=moved_at, entered_at=entered_at), ()


def no_answer(state: S, _event: Input, now: float, rules: Rules) -> Step[S]:
    """Wait for the endpoint to be heard again."""
    return silent(state, now, rules)


def broken(state: S, event: Broken, _now: float, _rules: Rules) -> Step[S]:
    """End: it is not the endpoint's fault, and trying again would not help."""
    return finish(state, Outcome.FAILED, f"while {state.phase}: {event.why}")


def progressed(state: S, event: Progressed, now: float, _rules: Rules) -> Step[S]:
    """Take note of bytes that went through a push."""
    return replace(moved(state, now), done=event.done, total=event.total), ()


def still_moving(state: S, now: float, rules: Rules) -> bool:
    """Whether something has moved within the progress time-out."""
    return now - state.moved_at < rules.progress


def lifetime_over(state: S, now: float, rules: Rules) -> bool:
    """Whether the last Execute can no longer arrive (RFC 7252 §4.8.2)."""
    return now >= state.executed_at + rules.exchange_lifetime


def code_text(code: int) -> str:
    """Return a CoAP code as people write it, `4.05`."""
    return f"{code >> 5}.{code & 31:02}"


def _pause(bounds: tuple[float, float], count: int) -> float:
    shortest, longest = bounds
    return float(min(longest, shortest * 2 ** min(count, 32)))
