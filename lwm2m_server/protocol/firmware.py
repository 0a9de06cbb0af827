"""A firmware on its way through Object 5, as a machine.

    probing -> (building) -> resetting -> transferring -> downloaded -> executing
            -> rebooting -> confirming -> (testing the built-in model) -> done

Firmware that an operator stored is not built, and has no model we could test.
"""

from typing import Final

from . import firmware_confirmation as after_execute
from . import firmware_steps as steps
from . import inputs
from .deployment import RULES, Delivery, ImageFacts, Rules
from .firmware_state import FirmwareDeployment, FirmwarePhase
from .machine import Step, Table, advance, broken, ended, ignore, no_answer, progressed, woke

P = FirmwarePhase


def begin(asked: Delivery, now: float, image: ImageFacts | None = None) -> FirmwareDeployment:
    """Return the machine before its first step; `image` is that of a stored firmware."""
    return FirmwareDeployment(
        asked=asked, entered_at=now, moved_at=now, deadline=now, image=image, own=image is None
    )


def step(
    state: FirmwareDeployment, event: inputs.Input, now: float, rules: Rules = RULES
) -> Step[FirmwareDeployment]:
    """Take one step; raises `IllegalInput` for what cannot be at this point."""
    taken = advance(TABLE, state, event, now, rules)
    return ended(state, taken, P.DONE, steps.STATE)


_ACTIVE: Final = tuple(phase for phase in P if phase is not P.DONE)
_AFTER_EXECUTE: Final = (P.EXECUTING, P.REBOOTING, P.CONFIRMING, P.TESTING)
_BEFORE_EXECUTE: Final = tuple(phase for phase in _ACTIVE if phase not in _AFTER_EXECUTE)

TABLE: Final[Table[FirmwareDeployment]] = {
    **{(phase, inputs.Resumed): steps.again for phase in _BEFORE_EXECUTE},
    # What was under way to the endpoint is lost with its former registration.
    **{(phase, inputs.Registered): steps.again for phase in _BEFORE_EXECUTE},
    **{(phase, inputs.Updated): steps.heard for phase in _BEFORE_EXECUTE},
    **{(phase, inputs.Cancelled): steps.cancelled for phase in _BEFORE_EXECUTE},
    **{(phase, inputs.Resumed): after_execute.resumed for phase in _AFTER_EXECUTE},
    **{(phase, inputs.Registered): after_execute.registered for phase in _AFTER_EXECUTE},
    **{(phase, inputs.Updated): after_execute.updated for phase in _AFTER_EXECUTE},
    **{(phase, inputs.Cancelled): steps.too_late for phase in _AFTER_EXECUTE},
    **{(phase, inputs.Notified): ignore for phase in _ACTIVE},
    **{(phase, inputs.Pulled): ignore for phase in _ACTIVE},
    **{(phase, inputs.Woke): woke for phase in _ACTIVE},
    **{(phase, inputs.DeadlinePassed): steps.time_out for phase in _ACTIVE},
    **{(phase, inputs.NoAnswer): no_answer for phase in _ACTIVE},
    **{(phase, inputs.Broken): broken for phase in _ACTIVE},
    **{(phase, inputs.ReadRefused): steps.read_refused for phase in _BEFORE_EXECUTE},
    (P.PROBING, inputs.Started): steps.again,
    (P.PROBING, inputs.FirmwareProbed): steps.probed,
    (P.PROBING, inputs.BuildFailed): steps.build_failed,
    (P.BUILDING, inputs.Registered): ignore,
    (P.BUILDING, inputs.Progressed): ignore,
    (P.BUILDING, inputs.Built): steps.built,
    (P.BUILDING, inputs.BuildFailed): steps.build_failed,
    (P.RESETTING, inputs.FirmwareRead): steps.resetting,
    (P.RESETTING, inputs.Answered): steps.reset,
    (P.TRANSFERRING, inputs.Progressed): progressed,
    (P.TRANSFERRING, inputs.Answered): steps.transferred,
    (P.TRANSFERRING, inputs.Pulled): steps.pulled,
    (P.TRANSFERRING, inputs.Notified): steps.heard,
    (P.TRANSFERRING, inputs.FirmwareRead): steps.arriving,
    (P.DOWNLOADED, inputs.Notified): steps.heard,
    (P.DOWNLOADED, inputs.FirmwareRead): steps.arriving,
    (P.EXECUTING, inputs.Answered): after_execute.executed,
    (P.EXECUTING, inputs.NoAnswer): after_execute.execution_silent,
    (P.EXECUTING, inputs.ReadRefused): after_execute.execution_silent,
    (P.EXECUTING, inputs.FirmwareRead): after_execute.executing,
    (P.REBOOTING, inputs.Notified): steps.heard,
    (P.REBOOTING, inputs.NoAnswer): after_execute.reboot_silent,
    (P.REBOOTING, inputs.ReadRefused): after_execute.reboot_silent,
    (P.REBOOTING, inputs.FirmwareRead): after_execute.rebooting,
    (P.CONFIRMING, inputs.ReadRefused): no_answer,
    (P.CONFIRMING, inputs.FirmwareRead): after_execute.confirming,
    (P.TESTING, inputs.Resumed): steps.again,
    (P.TESTING, inputs.Registered): steps.again,
    (P.TESTING, inputs.Updated): steps.heard,
    (P.TESTING, inputs.Progressed): ignore,
    (P.TESTING, inputs.SelfTested): after_execute.tested,
    (P.TESTING, inputs.Answered): after_execute.self_test_refused,
}
