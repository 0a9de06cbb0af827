"""What a firmware's machine does up to the Execute; `firmware` has the table."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from objects import firmware_update
from objects.firmware_update import Resource, State, UpdateResult
from objects.path import Path

from . import effects, inputs
from .deployment import Outcome, Rules
from .errors import IllegalInput
from .firmware_state import FAILURES, FirmwareDeployment, FirmwarePhase
from .machine import (
    Step,
    ask,
    code_text,
    finish,
    give_up_pull,
    moved,
    poll,
    still_moving,
    wants_pull,
)

F = FirmwareDeployment
Out = Step[FirmwareDeployment]
P = FirmwarePhase

PACKAGE: Final = Path(firmware_update.OBJECT_ID, 0, Resource.PACKAGE)
PACKAGE_URI: Final = Path(firmware_update.OBJECT_ID, 0, Resource.PACKAGE_URI)
UPDATE: Final = Path(firmware_update.OBJECT_ID, 0, Resource.UPDATE)
STATE: Final = Path(firmware_update.OBJECT_ID, 0, Resource.STATE)

# What another transfer may cure.
_TRANSIENT: Final = frozenset(
    {UpdateResult.CONNECTION_LOST, UpdateResult.INVALID_URI, UpdateResult.UNSUPPORTED_PROTOCOL}
)
# Object 5: an empty Package URI resets the machine of the device; so does a Package
# that is a single NUL. Not every device takes both.
_RESETS: Final = ((PACKAGE_URI, b""), (PACKAGE, b"\0"))


# --- entering phases --------------------------------------------------------------------


def enter(state: F, phase: FirmwarePhase, now: float) -> F:
    """Return `state` at the beginning of `phase`."""
    return replace(moved(state, now), phase=phase, entered_at=now, refused=None)


def read(state: F) -> Out:
    """Read State, Result and what identifies the program, together."""
    return ask(state, effects.ReadFirmware)


def _build(state: F) -> Out:
    return ask(state, lambda ticket: effects.BuildImage(ticket, None))


def _reset(state: F, now: float) -> Out:
    return read(replace(enter(state, P.RESETTING, now), clears=0))


def _transfer(state: F, now: float, rules: Rules) -> Out:
    if state.transfers >= rules.transfers:
        return finish(state, Outcome.FAILED, f"{state.transfers} transfers did not get through")
    total = state.image.size if state.image else 0
    count = state.transfers + 1
    state = enter(state, P.TRANSFERRING, now)
    state = replace(state, transfers=count, pull=wants_pull(state), done=0, total=total)
    if state.pull:
        state = replace(state, watched=True)
        watch = effects.Observe(STATE)
        return ask(state, lambda ticket: effects.OfferImage(ticket, PACKAGE_URI), watch)
    return ask(state, lambda ticket: effects.PushImage(ticket, PACKAGE))


def execute(state: F, now: float) -> Out:
    """Intend one more Execute; the value that says so is stored before it is sent."""
    count = state.executes + 1
    state = replace(enter(state, P.EXECUTING, now), executes=count, executed_at=now)
    state = replace(state, idle_read=False, back=False)
    return ask(state, lambda ticket: effects.Execute(ticket, UPDATE))


def test(state: F, rules: Rules) -> Out:
    """Run the vectors through the model that is built into the program (26242/0)."""
    if state.self_tests >= rules.self_tests:
        return finish(state, Outcome.FAILED, "the self-test was never answered to its end")
    state = replace(state, self_tests=state.self_tests + 1)
    return ask(state, lambda ticket: effects.RunSelfTest(ticket, 0))


# --- probing, building, resetting -------------------------------------------------------


def probed(state: F, event: inputs.FirmwareProbed, now: float, _rules: Rules) -> Out:
    """Take note of what runs now and how bytes may move; build, where there is no image."""
    if event.status is None:
        return finish(state, Outcome.FAILED, "the device has no Firmware Update object (Object 5)")
    state = replace(state, can_pull=event.can_pull, can_push=event.can_push)
    if wants_pull(state) and not event.can_pull:
        why = "the device does not pull (5/0/8 and 5/0/9); deploy by push"
        return finish(state, Outcome.FAILED, why)
    if not wants_pull(state) and not event.can_push:
        return finish(state, Outcome.FAILED, "the device takes no push (5/0/9); deploy by pull")
    state = replace(state, version_before=event.status.firmware_version)
    if state.image is not None:
        return _reset(state, now)
    return _build(enter(state, P.BUILDING, now))


def built(state: F, event: inputs.Built, now: float, _rules: Rules) -> Out:
    """Reset first: nothing of an earlier update may stand in the way."""
    return _reset(replace(state, image=event.image), now)


def build_failed(state: F, event: inputs.BuildFailed, _now: float, _rules: Rules) -> Out:
    """End as the build did."""
    return finish(state, event.outcome, event.reason)


def read_refused(state: F, event: inputs.ReadRefused, _now: float, _rules: Rules) -> Out:
    """End: what cannot be read cannot be updated."""
    return finish(state, Outcome.FAILED, f"while {state.phase}: {event.why}")


def resetting(state: F, event: inputs.FirmwareRead, now: float, rules: Rules) -> Out:
    """Reset until State is read as 0, with a Result of 0 where the device resets that."""
    status = event.status
    if status.state is State.UPDATING:
        return poll(state, now, rules)  # an update of somebody else's; it cannot be stopped
    tried_all = state.clears >= len(_RESETS)
    clean = status.result is UpdateResult.INITIAL or tried_all
    if status.state is State.IDLE and clean:
        return _transfer(state, now, rules)
    if tried_all:
        why = f"the device cannot be reset: State stays {status.state}"
        return finish(state, Outcome.FAILED, why)
    path, payload = _RESETS[state.clears]
    state = replace(state, clears=state.clears + 1)
    return ask(state, lambda ticket: effects.Write(ticket, path, payload))


def reset(state: F, _event: inputs.Answered, _now: float, _rules: Rules) -> Out:
    """Read what came of it, refused or not."""
    return read(state)


# --- transferring, downloaded -----------------------------------------------------------


def transferred(state: F, event: inputs.Answered, now: float, rules: Rules) -> Out:
    """Go on: the push is over, or the device has taken the URI."""
    if not event.ok:
        # The code says that it failed, State and Result say why.
        return read(replace(state, refused=event.code))
    if state.pull and state.done < state.total:
        return poll(state, now, rules)
    return read(enter(state, P.DOWNLOADED, now))


def pulled(state: F, event: inputs.Pulled, now: float, rules: Rules) -> Out:
    """Take note of bytes that the device fetched; after the last, read State soon."""
    state = replace(moved(state, now), done=event.done, total=event.total)
    if state.outstanding or event.done < event.total:
        return state, ()
    return poll(enter(state, P.DOWNLOADED, now), now, rules)


def arriving(state: F, event: inputs.FirmwareRead, now: float, rules: Rules) -> Out:
    """Judge State and Result while the image is on its way, or being checked."""
    return _ARRIVING[event.status.state](state, event.status, now, rules)


def _arrived(state: F, status: inputs.FirmwareStatus, now: float, _rules: Rules) -> Out:
    if status.result in FAILURES:
        return finish(state, Outcome.FAILED, FAILURES[status.result])
    return execute(state, now)


def _nothing_there(state: F, status: inputs.FirmwareStatus, now: float, rules: Rules) -> Out:
    if status.result in _TRANSIENT and state.transfers < rules.transfers:
        return _reset(give_up_pull(state), now)
    if status.result in FAILURES:
        return finish(state, Outcome.FAILED, FAILURES[status.result])
    return _under_way(state, status, now, rules)


def _under_way(state: F, _status: inputs.FirmwareStatus, now: float, rules: Rules) -> Out:
    if state.refused is not None:
        return _transfer_refused(state, state.refused, now)
    if state.phase is P.TRANSFERRING and not state.pull:
        return _reset(state, now)  # the push is over, and not all of it arrived
    if still_moving(state, now, rules):
        return poll(state, now, rules)
    return _reset(give_up_pull(state), now)


def _transfer_refused(state: F, code: int, now: float) -> Out:
    without_pull = give_up_pull(state)
    if state.pull and wants_pull(state) and not wants_pull(without_pull):
        return _reset(without_pull, now)
    what = "the pull URI" if state.pull else "the image"
    return finish(state, Outcome.FAILED, f"the device refused {what} with {code_text(code)}")


def _foreign_update(state: F, _status: inputs.FirmwareStatus, _now: float, _rules: Rules) -> Out:
    return finish(state, Outcome.FAILED, "the device began to update without our Execute")


_ARRIVING: Final[Mapping[State, Callable[[F, inputs.FirmwareStatus, float, Rules], Out]]] = {
    State.IDLE: _nothing_there,
    State.DOWNLOADING: _under_way,
    State.DOWNLOADED: _arrived,
    State.UPDATING: _foreign_update,
}


# --- what happens by itself -------------------------------------------------------------


def again(state: F, _event: object, _now: float, rules: Rules) -> Out:
    """Take the phase up again from what the device says now, never from what we sent last."""
    if state.phase is P.PROBING:
        return ask(state, effects.Probe)
    if state.phase is P.BUILDING:
        return _build(state)
    if state.phase is P.TESTING:
        return test(state, rules)  # Run is exempt: it may be repeated
    return read(state)


def heard(state: F, event: object, now: float, rules: Rules) -> Out:
    """Use the moment, unless an answer is awaited anyway."""
    return (state, ()) if state.outstanding else again(state, event, now, rules)


def time_out(state: F, event: inputs.DeadlinePassed, now: float, rules: Rules) -> Out:
    """Look again, if it is time."""
    if state.outstanding or state.deadline is None or now < state.deadline:
        return state, ()
    return again(state, event, now, rules)


def cancelled(state: F, _event: inputs.Cancelled, _now: float, _rules: Rules) -> Out:
    """End; the device is asked to drop what it may have received."""
    after, _ = finish(state, Outcome.CANCELLED, f"cancelled while {state.phase}")
    return after, (effects.Discard(PACKAGE_URI),) if state.transfers else ()


def too_late(state: F, _event: inputs.Cancelled, _now: float, _rules: Rules) -> Out:
    """Refuse: the device may be installing at this moment."""
    raise IllegalInput(f"Update has been executed ({state.phase}); it can no longer be cancelled")
