"""What a firmware's machine does from the Execute on: when an update has succeeded.

It has when, after the Execute, the endpoint registered anew, or sent an Update
after State was read as 0, and one of these holds: (a) 26241/10 equals the image
hash; (b) 3/0/3 equals the expected version and differed before; (c) 5/0/3 is 0,
5/0/5 is 1 and 5/0/7 equals the expected version. Where none of them can be told
it ends as unconfirmed: never by a Result alone, since devices forget theirs.
"""

from dataclasses import replace

from objects.firmware_update import State, UpdateResult

from . import inputs
from .deployment import ImageFacts, Outcome, Rules
from .firmware_state import FAILURES, FirmwareDeployment, FirmwarePhase
from .firmware_steps import enter, execute, read, test
from .machine import Step, code_text, finish, lifetime_over, poll, silent, wait

F = FirmwareDeployment
Out = Step[FirmwareDeployment]
P = FirmwarePhase
Status = inputs.FirmwareStatus


# --- executing --------------------------------------------------------------------------


def executed(state: F, event: inputs.Answered, now: float, rules: Rules) -> Out:
    """Wait for the reboot, or read why the device refused."""
    if event.ok:
        return _await_return(replace(state, accepted=True), now, rules)
    return read(replace(state, refused=event.code))


def execution_silent(state: F, _event: object, now: float, rules: Rules) -> Out:
    """Repeat nothing before the exchange's lifetime is over and State has been read."""
    if not lifetime_over(state, now, rules):
        return wait(state, state.executed_at + rules.exchange_lifetime)
    return _absent(state, now, rules) or silent(state, now, rules)


def executing(state: F, event: inputs.FirmwareRead, now: float, rules: Rules) -> Out:
    """Decide what became of an Execute that was refused, or got no answer."""
    status = event.status
    if status.state is State.UPDATING:
        return _await_return(replace(state, accepted=True), now, rules)
    if status.state is State.DOWNLOADED and status.result not in FAILURES:
        return _still_downloaded(state, status, now, rules)
    if status.state is State.IDLE and status.result not in FAILURES and state.refused is None:
        # Gone from Downloaded without having answered: it took the Execute.
        state = replace(state, accepted=True, idle_read=True)
        return _judge(enter(state, P.CONFIRMING, now), status, now, rules)
    return _failed(state, status)


def _still_downloaded(state: F, status: Status, now: float, rules: Rules) -> Out:
    if state.refused is not None:
        return finish(state, Outcome.FAILED, f"Update refused with {code_text(state.refused)}")
    if status.result is UpdateResult.DEFERRED:
        return _await_return(replace(state, accepted=True), now, rules)
    if not lifetime_over(state, now, rules):
        return wait(state, state.executed_at + rules.exchange_lifetime)
    if state.executes >= rules.executes:
        why = f"{state.executes} attempts to execute Update were not answered"
        return finish(state, Outcome.FAILED, why)
    return execute(state, now)


# --- rebooting --------------------------------------------------------------------------


def _await_return(state: F, now: float, rules: Rules) -> Out:
    """Wait for a Register; where the device stays up, State tells that it is over."""
    if state.phase is not P.REBOOTING:
        state = enter(state, P.REBOOTING, now)
    return _absent(state, now, rules) or poll(state, now, rules)


def _absent(state: F, now: float, rules: Rules) -> Out | None:
    if now - state.executed_at < rules.reboot:
        return None
    why = f"the device did not come back within {rules.reboot:.0f} s of the Execute"
    return finish(state, Outcome.FAILED, why)


def rebooting(state: F, event: inputs.FirmwareRead, now: float, rules: Rules) -> Out:
    """Take note of State; what runs is judged once the endpoint is back."""
    status = event.status
    if status.result in FAILURES and status.state in {State.IDLE, State.DOWNLOADED}:
        return _failed(state, status)
    state = replace(state, idle_read=status.state is State.IDLE)
    if state.back and state.idle_read:
        return _judge(enter(state, P.CONFIRMING, now), status, now, rules)
    return _await_return(state, now, rules)


def reboot_silent(state: F, _event: inputs.NoAnswer, now: float, rules: Rules) -> Out:
    """Keep waiting: devices that install are silent."""
    return _absent(state, now, rules) or silent(state, now, rules)


def registered(state: F, _event: inputs.Registered, now: float, _rules: Rules) -> Out:
    """Read what runs: after the Execute, the endpoint has registered anew."""
    state = replace(state, back=True)
    if state.phase is P.REBOOTING:
        state = enter(state, P.CONFIRMING, now)
    return read(state)


def updated(state: F, _event: inputs.Updated, now: float, _rules: Rules) -> Out:
    """Read what runs, if State was read as 0 before this Update; else read State."""
    state = replace(state, back=state.back or state.idle_read)
    if state.phase is P.REBOOTING and state.back:
        state = enter(state, P.CONFIRMING, now)
    return (state, ()) if state.outstanding else read(state)


def resumed(state: F, event: inputs.Resumed, _now: float, _rules: Rules) -> Out:
    """Read what runs; a Register may have come in while nobody minded the deployment."""
    came_back = event.registered_at is not None and event.registered_at > state.executed_at
    return read(replace(state, back=state.back or came_back))


# --- confirming -------------------------------------------------------------------------


def confirming(state: F, event: inputs.FirmwareRead, now: float, rules: Rules) -> Out:
    """Judge what runs, by what was read of it together."""
    return _judge(state, event.status, now, rules)


def _judge(state: F, status: Status, now: float, rules: Rules) -> Out:
    if status.state is State.IDLE:
        return _judge_idle(state, status, now, rules)
    if status.state is State.DOWNLOADED and status.result in FAILURES:
        return _failed(state, status)
    if state.accepted:
        return _await_return(state, now, rules)
    # Back, and State says that the Execute never arrived.
    return executing(replace(state, phase=P.EXECUTING), inputs.FirmwareRead(0, status), now, rules)


def _judge_idle(state: F, status: Status, now: float, rules: Rules) -> Out:
    state = replace(state, idle_read=True, reads=state.reads + 1)
    if state.back and state.image and proves(state.image, status, state.version_before):
        return _proven(state, now, rules)
    if status.result in FAILURES:
        return _failed(state, status)
    if not state.back:
        return _await_return(state, now, rules)
    if state.reads < rules.confirmations:
        return poll(state, now, rules)
    return _unproven(state, status)


def proves(image: ImageFacts, status: Status, version_before: str | None) -> bool:
    """Whether one of (a), (b), (c) holds."""
    by_hash = image.image_hash is not None and status.image_hash == image.image_hash
    by_version = (
        image.reports is not None
        and status.firmware_version == image.reports
        and version_before != image.reports
    )
    by_result = (
        status.state is State.IDLE
        and status.result is UpdateResult.SUCCESS
        and image.version is not None
        and status.pkg_version == image.version
    )
    return by_hash or by_version or by_result


def _proven(state: F, now: float, rules: Rules) -> Out:
    if state.own and state.image is not None and state.image.testable:
        return test(enter(state, P.TESTING, now), rules)
    return finish(state, Outcome.SUCCEEDED)


def _unproven(state: F, status: Status) -> Out:
    """Fail where the device tells something else; where it tells nothing, nobody knows."""
    expected = state.image or ImageFacts(0)
    if expected.image_hash is not None and status.image_hash:
        ran, ours = status.image_hash.hex()[:12], expected.image_hash.hex()[:12]
        return finish(state, Outcome.FAILED, f"the device runs image {ran}, not ours, {ours}")
    reported = status.firmware_version
    if expected.reports is not None and reported not in {None, expected.reports}:
        why = f"the device reports version {reported!r} (3/0/3), expected {expected.reports!r}"
        return finish(state, Outcome.FAILED, why)
    why = "the device is back, and tells nothing by which the new program can be known"
    return finish(state, Outcome.UNCONFIRMED, why)


def _failed(state: F, status: Status) -> Out:
    why = FAILURES.get(status.result)
    if why is None and state.refused is not None:
        why = f"Update refused with {code_text(state.refused)}"
    return finish(state, Outcome.FAILED, why or f"the device lost the image (State {status.state})")


# --- testing the built-in model ---------------------------------------------------------


def tested(state: F, event: inputs.SelfTested, _now: float, _rules: Rules) -> Out:
    """End: the program runs, and its model computes the oracle's numbers or does not."""
    if event.passed:
        return finish(state, Outcome.SUCCEEDED)
    return finish(state, Outcome.FAILED, f"self-test failed: {event.reason}")


def self_test_refused(state: F, event: inputs.Answered, _now: float, _rules: Rules) -> Out:
    """End: the program runs, and its model cannot be tested."""
    why = f"the self-test of the built-in model was answered {code_text(event.code)}"
    return finish(state, Outcome.FAILED, why)
