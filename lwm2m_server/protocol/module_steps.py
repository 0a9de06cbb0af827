"""What a module's machine does in each phase with each input; `module` has the table."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from objects import model_slot
from objects.model_slot import Resource, Result, State
from objects.path import Path

from . import effects, inputs
from .deployment import Outcome, Rules
from .errors import IllegalInput
from .machine import (
    Step,
    ask,
    code_text,
    finish,
    give_up_pull,
    lifetime_over,
    moved,
    poll,
    silent,
    still_moving,
    wait,
    wants_pull,
)
from .module_state import FAILURES, ModuleDeployment, ModulePhase

M = ModuleDeployment
Out = Step[ModuleDeployment]
P = ModulePhase

# What another transfer may cure.
_TRANSIENT: Final = frozenset({Result.CONNECTION_LOST, Result.BAD_URI})
_CLEARS: Final = 3


# --- entering phases --------------------------------------------------------------------


def _enter(state: M, phase: ModulePhase, now: float) -> M:
    return replace(moved(state, now), phase=phase, entered_at=now, refused=None)


def slot_path(state: M, resource: Resource) -> Path:
    """Return the path of a resource of the slot that the module is for."""
    return Path(model_slot.OBJECT_ID, state.slot, resource)


def _read(state: M) -> Out:
    return ask(state, lambda ticket: effects.ReadSlot(ticket, state.slot))


def _probe_again(state: M, now: float) -> Out:
    """Begin anew: the slots have changed places, and the image is linked for the wrong one."""
    unwatch = effects.CancelObservation(slot_path(state, Resource.STATE))
    more = (unwatch,) if state.watched else ()
    state = replace(_enter(state, P.PROBING, now), rounds=state.rounds + 1, image=None)
    return ask(replace(state, watched=False), effects.Probe, *more)


def _build(state: M) -> Out:
    return ask(state, lambda ticket: effects.BuildImage(ticket, state.slot))


def _clear(state: M, now: float) -> Out:
    return _read(replace(_enter(state, P.CLEARING, now), clears=0))


def _transfer(state: M, now: float, rules: Rules) -> Out:
    if state.transfers >= rules.transfers:
        return finish(state, Outcome.FAILED, f"{state.transfers} transfers did not get through")
    total = state.image.size if state.image else 0
    count = state.transfers + 1
    state = _enter(state, P.TRANSFERRING, now)
    state = replace(state, transfers=count, pull=wants_pull(state), done=0, total=total)
    if state.pull:
        state = replace(state, watched=True)
        uri = slot_path(state, Resource.PACKAGE_URI)
        watch = effects.Observe(slot_path(state, Resource.STATE))
        return ask(state, lambda ticket: effects.OfferImage(ticket, uri), watch)
    package = slot_path(state, Resource.PACKAGE)
    return ask(state, lambda ticket: effects.PushImage(ticket, package))


def _self_test(state: M, now: float, rules: Rules) -> Out:
    if state.self_tests >= rules.self_tests:
        return finish(state, Outcome.FAILED, "the self-test was never answered to its end")
    count = state.self_tests + 1
    state = replace(_enter(state, P.SELF_TESTING, now), self_tests=count)
    return ask(state, lambda ticket: effects.RunSelfTest(ticket, state.slot))


def _activate(state: M, now: float) -> Out:
    """Intend one more Activate; the value that says so is stored before it is sent."""
    count = state.executes + 1
    state = replace(_enter(state, P.ACTIVATING, now), executes=count, executed_at=now)
    path = slot_path(state, Resource.ACTIVATE)
    return ask(state, lambda ticket: effects.Execute(ticket, path))


def _holds_ours(state: M, slot: inputs.SlotStatus) -> bool:
    return state.image is not None and slot.image_hash == state.image.image_hash is not None


# --- probing, building, clearing --------------------------------------------------------


def probed(state: M, event: inputs.SlotsProbed, now: float, rules: Rules) -> Out:
    """Choose the slot to build for: one that is not active, an empty one first."""
    free = [slot for slot in event.slots if slot.writable and slot.state is not State.ACTIVE]
    if not free:
        why = "the device offers no model slot (Object 26242) that is not active"
        return finish(state, Outcome.NO_SLOT_MAP, why)
    if state.rounds >= rules.rounds:
        return finish(state, Outcome.FAILED, "the device's slots keep changing places")
    chosen = min(free, key=lambda slot: (slot.state, slot.instance))
    return _build(replace(_enter(state, P.BUILDING, now), slot=chosen.instance))


def built(state: M, event: inputs.Built, now: float, _rules: Rules) -> Out:
    """Look at the slot before anything is sent."""
    return _clear(replace(state, image=event.image), now)


def build_failed(state: M, event: inputs.BuildFailed, _now: float, _rules: Rules) -> Out:
    """End as the build did."""
    return finish(state, event.outcome, event.reason)


def read_refused(state: M, event: inputs.ReadRefused, _now: float, _rules: Rules) -> Out:
    """End: what cannot be read cannot be updated."""
    return finish(state, Outcome.FAILED, f"while {state.phase}: {event.why}")


def clearing(state: M, event: inputs.SlotRead, now: float, rules: Rules) -> Out:
    """Send into an empty slot, use what an earlier transfer left, else clear."""
    slot = event.slot
    if slot.state is State.EMPTY:
        return _transfer(state, now, rules)
    if slot.state is State.ACTIVE:
        return _probe_again(state, now)
    if slot.state is State.VERIFIED and _holds_ours(state, slot) and slot.result not in FAILURES:
        return _self_test(state, now, rules)
    if state.clears >= _CLEARS:
        return finish(state, Outcome.FAILED, f"slot {state.slot} cannot be cleared")
    path = slot_path(state, Resource.PACKAGE_URI)
    state = replace(state, clears=state.clears + 1)
    return ask(state, lambda ticket: effects.Write(ticket, path, b""))


def cleared(state: M, event: inputs.Answered, _now: float, _rules: Rules) -> Out:
    """Read whether the slot is empty now."""
    if event.ok:
        return _read(state)
    why = f"the device refused to clear slot {state.slot} with {code_text(event.code)}"
    return finish(state, Outcome.FAILED, why)


# --- transferring, verified wait --------------------------------------------------------


def transferred(state: M, event: inputs.Answered, now: float, rules: Rules) -> Out:
    """Go on: the push is over, or the device has taken the URI."""
    if not event.ok:
        # The code says that it failed, State and Result say why.
        return _read(replace(state, refused=event.code))
    if state.pull and state.done < state.total:
        return poll(state, now, rules)
    return _read(_enter(state, P.VERIFIED, now))


def pulled(state: M, event: inputs.Pulled, now: float, rules: Rules) -> Out:
    """Take note of bytes that the device fetched; after the last, look at the slot soon."""
    state = replace(moved(state, now), done=event.done, total=event.total)
    if state.outstanding or event.done < event.total:
        return state, ()
    return poll(_enter(state, P.VERIFIED, now), now, rules)


def arriving(state: M, event: inputs.SlotRead, now: float, rules: Rules) -> Out:
    """Judge the slot while an image is on its way into it, or being checked."""
    return _ARRIVING[event.slot.state](state, event.slot, now, rules)


def _arrived(state: M, slot: inputs.SlotStatus, now: float, rules: Rules) -> Out:
    if slot.result in FAILURES:
        return finish(state, Outcome.FAILED, FAILURES[slot.result])
    if _holds_ours(state, slot):
        return _self_test(state, now, rules)
    return finish(state, Outcome.FAILED, f"slot {state.slot} holds another image than ours")


def _nothing_there(state: M, slot: inputs.SlotStatus, now: float, rules: Rules) -> Out:
    if slot.result in _TRANSIENT and state.transfers < rules.transfers:
        return _clear(give_up_pull(state), now)
    if slot.result in FAILURES:
        return finish(state, Outcome.FAILED, FAILURES[slot.result])
    return _under_way(state, slot, now, rules)


def _under_way(state: M, _slot: inputs.SlotStatus, now: float, rules: Rules) -> Out:
    if state.refused is not None:
        return _transfer_refused(state, state.refused, now)
    if state.phase is P.TRANSFERRING and not state.pull:
        return _clear(state, now)  # the push is over, and not all of it arrived
    if still_moving(state, now, rules):
        return poll(state, now, rules)
    return _clear(give_up_pull(state), now)


def _transfer_refused(state: M, code: int, now: float) -> Out:
    without_pull = give_up_pull(state)
    if state.pull and wants_pull(state) and not wants_pull(without_pull):
        return _clear(without_pull, now)
    what = "the pull URI" if state.pull else "the image"
    return finish(state, Outcome.FAILED, f"the device refused {what} with {code_text(code)}")


def _swapped(state: M, _slot: inputs.SlotStatus, now: float, _rules: Rules) -> Out:
    return _probe_again(state, now)


_ARRIVING: Final[Mapping[State, Callable[[M, inputs.SlotStatus, float, Rules], Out]]] = {
    State.EMPTY: _nothing_there,
    State.DOWNLOADING: _under_way,
    State.VERIFIED: _arrived,
    State.ACTIVE: _swapped,
}


# --- self-testing -----------------------------------------------------------------------


def tested(state: M, event: inputs.SelfTested, now: float, _rules: Rules) -> Out:
    """Activate what computes the oracle's numbers, discard what does not."""
    if event.passed:
        return _activate(replace(state, tested=True), now)
    after, _ = finish(state, Outcome.FAILED, f"self-test failed: {event.reason}")
    return after, (effects.Discard(slot_path(state, Resource.PACKAGE_URI)),)


def self_test_refused(state: M, event: inputs.Answered, now: float, _rules: Rules) -> Out:
    """Look at the slot: Result says whether the code faulted."""
    return _read(replace(_enter(state, P.VERIFIED, now), refused=event.code))


# --- activating, confirming -------------------------------------------------------------


def activated(state: M, event: inputs.Answered, now: float, _rules: Rules) -> Out:
    """Read what came of Activate: the answer says only that it was taken, or not."""
    if event.ok:
        return _read(replace(_enter(state, P.CONFIRMING, now), accepted=True))
    return _read(replace(state, refused=event.code))


def activation_silent(state: M, _event: object, now: float, rules: Rules) -> Out:
    """Repeat nothing before the exchange's lifetime is over and State has been read."""
    if not lifetime_over(state, now, rules):
        return wait(state, state.executed_at + rules.exchange_lifetime)
    return silent(state, now, rules)


def activating(state: M, event: inputs.SlotRead, now: float, rules: Rules) -> Out:
    """Decide what became of an Activate that was refused, or got no answer."""
    slot = event.slot
    if slot.state is not State.VERIFIED or slot.result in FAILURES:
        return _verdict(state, slot)
    if state.refused is not None:
        return finish(state, Outcome.FAILED, f"Activate refused with {code_text(state.refused)}")
    if not _holds_ours(state, slot):
        return finish(state, Outcome.FAILED, f"slot {state.slot} holds another image than ours")
    if not lifetime_over(state, now, rules):
        return wait(state, state.executed_at + rules.exchange_lifetime)
    if state.executes >= rules.executes:
        why = f"{state.executes} attempts to activate were not answered"
        return finish(state, Outcome.FAILED, why)
    return _activate(state, now)


def confirming(state: M, event: inputs.SlotRead, now: float, rules: Rules) -> Out:
    """Wait for the accepted Activate to show; a second one is never sent."""
    slot = event.slot
    if slot.state is not State.VERIFIED or slot.result in FAILURES:
        return _verdict(state, slot)
    if now - state.entered_at < rules.progress:
        return poll(state, now, rules)
    why = f"the device accepted Activate, yet slot {state.slot} did not become active"
    return finish(state, Outcome.FAILED, why)


def _verdict(state: M, slot: inputs.SlotStatus) -> Out:
    """End by what the slot is: active with our image, after a self-test, is success."""
    if slot.state is State.ACTIVE and _holds_ours(state, slot) and state.tested:
        return finish(state, Outcome.SUCCEEDED)
    if slot.result in FAILURES:
        return finish(state, Outcome.FAILED, FAILURES[slot.result])
    why = f"slot {slot.instance} is {slot.state.name.lower()} and does not hold our image"
    return finish(state, Outcome.FAILED, why)


# --- what happens by itself -------------------------------------------------------------


def again(state: M, _event: object, now: float, _rules: Rules) -> Out:
    """Take the phase up again from what the device says now, never from what we sent last."""
    if state.phase is P.PROBING:
        return ask(state, effects.Probe)
    if state.phase is P.BUILDING:
        return _build(state)
    if state.phase is P.SELF_TESTING:
        return _read(_enter(state, P.VERIFIED, now))  # Run is exempt: it may be repeated
    return _read(state)


def heard(state: M, event: object, now: float, rules: Rules) -> Out:
    """Use the moment, unless an answer is awaited anyway."""
    return (state, ()) if state.outstanding else again(state, event, now, rules)


def time_out(state: M, event: inputs.DeadlinePassed, now: float, rules: Rules) -> Out:
    """Look again, if it is time."""
    if state.outstanding or state.deadline is None or now < state.deadline:
        return state, ()
    return again(state, event, now, rules)


def cancelled(state: M, _event: inputs.Cancelled, _now: float, _rules: Rules) -> Out:
    """End; the device is asked to drop what it may have received."""
    after, _ = finish(state, Outcome.CANCELLED, f"cancelled while {state.phase}")
    if state.transfers == 0:
        return after, ()
    return after, (effects.Discard(slot_path(state, Resource.PACKAGE_URI)),)


def too_late(state: M, _event: inputs.Cancelled, _now: float, _rules: Rules) -> Out:
    """Refuse: the device may be activating at this moment."""
    raise IllegalInput(f"Activate has been sent ({state.phase}); it can no longer be cancelled")
