"""A module on its way into a slot of Object 26242, as a machine.

    probing -> building -> clearing -> transferring -> verified wait -> self-testing
            -> activating -> confirming -> done

The device alone sets State and Result; the machine never believes one of them
without the other, nor a notification without a Read.
"""

from typing import Final

from objects.model_slot import Resource

from . import inputs
from . import module_steps as steps
from .deployment import RULES, Delivery, Rules
from .machine import Step, Table, advance, broken, ended, ignore, no_answer, progressed, woke
from .module_state import ModuleDeployment, ModulePhase

P = ModulePhase


def begin(asked: Delivery, now: float) -> ModuleDeployment:
    """Return the machine before its first step, which `Started` takes."""
    return ModuleDeployment(asked=asked, entered_at=now, moved_at=now, deadline=now)


def step(
    state: ModuleDeployment, event: inputs.Input, now: float, rules: Rules = RULES
) -> Step[ModuleDeployment]:
    """Take one step; raises `IllegalInput` for what cannot be at this point."""
    taken = advance(TABLE, state, event, now, rules)
    return ended(state, taken, P.DONE, steps.slot_path(taken[0], Resource.STATE))


_ACTIVE: Final = tuple(phase for phase in P if phase is not P.DONE)
_BEFORE_ACTIVATE: Final = tuple(p for p in _ACTIVE if p not in {P.ACTIVATING, P.CONFIRMING})

TABLE: Final[Table[ModuleDeployment]] = {
    **{(phase, inputs.Resumed): steps.again for phase in _ACTIVE},
    # What was under way to the endpoint is lost with its former registration.
    **{(phase, inputs.Registered): steps.again for phase in _ACTIVE},
    **{(phase, inputs.Updated): steps.heard for phase in _ACTIVE},
    **{(phase, inputs.Notified): ignore for phase in _ACTIVE},
    **{(phase, inputs.Pulled): ignore for phase in _ACTIVE},
    **{(phase, inputs.Woke): woke for phase in _ACTIVE},
    **{(phase, inputs.DeadlinePassed): steps.time_out for phase in _ACTIVE},
    **{(phase, inputs.NoAnswer): no_answer for phase in _ACTIVE},
    **{(phase, inputs.Broken): broken for phase in _ACTIVE},
    **{(phase, inputs.ReadRefused): steps.read_refused for phase in _ACTIVE},
    **{(phase, inputs.Cancelled): steps.cancelled for phase in _BEFORE_ACTIVATE},
    (P.PROBING, inputs.Started): steps.again,
    (P.PROBING, inputs.SlotsProbed): steps.probed,
    (P.PROBING, inputs.BuildFailed): steps.build_failed,
    (P.BUILDING, inputs.Registered): ignore,
    (P.BUILDING, inputs.Progressed): ignore,
    (P.BUILDING, inputs.Built): steps.built,
    (P.BUILDING, inputs.BuildFailed): steps.build_failed,
    (P.CLEARING, inputs.SlotRead): steps.clearing,
    (P.CLEARING, inputs.Answered): steps.cleared,
    (P.TRANSFERRING, inputs.Progressed): progressed,
    (P.TRANSFERRING, inputs.Answered): steps.transferred,
    (P.TRANSFERRING, inputs.Pulled): steps.pulled,
    (P.TRANSFERRING, inputs.Notified): steps.heard,
    (P.TRANSFERRING, inputs.SlotRead): steps.arriving,
    (P.VERIFIED, inputs.Notified): steps.heard,
    (P.VERIFIED, inputs.SlotRead): steps.arriving,
    (P.SELF_TESTING, inputs.Progressed): ignore,
    (P.SELF_TESTING, inputs.SelfTested): steps.tested,
    (P.SELF_TESTING, inputs.Answered): steps.self_test_refused,
    (P.ACTIVATING, inputs.Answered): steps.activated,
    (P.ACTIVATING, inputs.NoAnswer): steps.activation_silent,
    (P.ACTIVATING, inputs.ReadRefused): steps.activation_silent,
    (P.ACTIVATING, inputs.SlotRead): steps.activating,
    (P.ACTIVATING, inputs.Cancelled): steps.too_late,
    (P.CONFIRMING, inputs.Notified): steps.heard,
    (P.CONFIRMING, inputs.ReadRefused): no_answer,
    (P.CONFIRMING, inputs.SlotRead): steps.confirming,
    (P.CONFIRMING, inputs.Cancelled): steps.too_late,
}
