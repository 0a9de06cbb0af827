"""What holds for both machines, whatever the device, the network and the operator do."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lwm2m_server.protocol import effects, firmware, inputs, module
from lwm2m_server.protocol.deployment import Delivery, ImageFacts, Outcome
from lwm2m_server.protocol.errors import IllegalInput

from .machines import BY_ITSELF, HASH, IMAGE, RULES, SAID, answer_kinds, one_of

Step = Callable[..., tuple[Any, tuple[Any, ...]]]

deliveries = st.sampled_from(Delivery)
beginnings = st.one_of(
    deliveries.map(lambda delivery: (module.step, module.begin(delivery, 0.0))),
    deliveries.map(lambda delivery: (firmware.step, firmware.begin(delivery, 0.0))),
    deliveries.map(lambda delivery: (firmware.step, firmware.begin(delivery, 0.0, IMAGE))),
    deliveries.map(
        lambda delivery: (firmware.step, firmware.begin(delivery, 0.0, ImageFacts(size=5)))
    ),
)
by_itself = st.sampled_from(BY_ITSELF)
anything = st.one_of(by_itself, one_of(tuple(SAID)), st.just(inputs.Cancelled()))
UNANSWERED = (effects.Observe, effects.CancelObservation, effects.Discard)


@dataclass
class Story:
    """A machine, what it waits for, and what it has executed; checks each step."""

    step: Step
    state: Any
    now: float = 0.0
    pending: Any = None
    accepted: bool = False
    read: bool = True
    executes: list[float] = field(default_factory=list)
    observed: set[Any] = field(default_factory=set)

    def take(self, event: Any) -> None:
        if isinstance(event, inputs.Answer):
            event = replace(event, ticket=self.state.ticket)
        if isinstance(self.pending, effects.Execute) and isinstance(event, inputs.Answered):
            self.accepted = self.accepted or event.ok
        if isinstance(event, inputs.SlotRead | inputs.FirmwareRead):
            self.read = True
        self.state, wanted = self.step(self.state, event, self.now, RULES)
        self.observed |= {one.path for one in wanted if isinstance(one, effects.Observe)}
        self.observed -= {one.path for one in wanted if isinstance(one, effects.CancelObservation)}
        asked = [effect for effect in wanted if not isinstance(effect, UNANSWERED)]
        assert len(asked) <= 1
        if asked:
            self.pending = asked[0]
        elif not self.state.outstanding:
            self.pending = None
        self.never_hangs()
        for effect in asked:
            if isinstance(effect, effects.Execute):
                self.executed()

    def never_hangs(self) -> None:
        """Done, or an answer is awaited to an effect that is under way, or a timer runs."""
        state = self.state
        if state.outcome is not None:
            assert self.observed == set()
            assert not state.outstanding
            assert state.deadline is None
        elif state.outstanding:
            assert self.pending is not None
            assert self.pending.ticket == state.ticket
        else:
            assert state.deadline is not None

    def executed(self) -> None:
        """No second after one was accepted; none before lifetime and Read; three at most."""
        assert not self.accepted
        assert not self.executes or self.now >= self.executes[-1] + RULES.exchange_lifetime
        assert self.read
        self.executes.append(self.now)
        self.read = False
        assert self.state.executed_at == self.now
        assert self.state.executes == len(self.executes) <= RULES.executes


@settings(max_examples=150)
@given(st.data(), beginnings)
def test_any_story_ends_or_goes_on_and_never_hangs(
    data: st.DataObject, beginning: tuple[Step, Any]
) -> None:
    story = Story(*beginning)
    for pause in data.draw(st.lists(st.sampled_from([0.0, 0.5, 50.0, 250.0]), max_size=40)):
        story.now += pause
        if story.pending is not None and data.draw(st.integers(0, 3)):
            story.take(data.draw(one_of(answer_kinds(story.pending, story.state))))
        else:
            event = data.draw(by_itself)
            if isinstance(event, inputs.DeadlinePassed) and story.state.deadline is not None:
                story.now = max(story.now, story.state.deadline)
            story.take(event)
    if story.state.outcome is not None:
        assert story.state.phase.value == "done"
        assert story.step(story.state, inputs.Registered(), story.now, RULES)[1] == ()


@settings(max_examples=100)
@given(beginnings, st.lists(st.tuples(anything, st.sampled_from([0.0, 3.0, 250.0])), max_size=30))
def test_whatever_is_said_is_a_step_or_an_explicit_refusal(
    beginning: tuple[Step, Any], said: list[tuple[Any, float]]
) -> None:
    """Also answers that no shell would give: a step to a sound state, or `IllegalInput`."""
    step, state = beginning
    now = 0.0
    for event, pause in said:
        now += pause
        given = replace(event, ticket=state.ticket) if hasattr(event, "ticket") else event
        try:
            state, _ = step(state, given, now, RULES)
        except IllegalInput:
            continue
        assert state.outcome is not None or state.outstanding or state.deadline is not None


@given(beginnings, one_of(tuple(SAID)), st.sampled_from([-1, 1]))
def test_answers_to_other_effects_than_the_last_change_nothing(
    beginning: tuple[Step, Any], said: inputs.Answer, off: int
) -> None:
    step, state = beginning
    state, _ = step(state, inputs.Started(), 1.0, RULES)
    stale = replace(said, ticket=state.ticket + off)
    assert step(state, stale, 2.0, RULES) == (state, ())


@pytest.mark.parametrize("machine", [module, firmware])
def test_every_phase_knows_everything_that_happens_by_itself(machine: Any) -> None:
    phases = [phase for phase in machine.P if phase is not machine.P.DONE]
    kinds = {type(event) for event in BY_ITSELF}
    kinds |= {inputs.Cancelled, inputs.NoAnswer, inputs.Broken}
    missing = {
        (phase, kind) for phase in phases for kind in kinds if (phase, kind) not in machine.TABLE
    }
    assert missing == set()


@settings(max_examples=150)
@given(st.data(), deliveries)
def test_success_of_a_module_needs_its_hash_active_and_a_passed_self_test(
    data: st.DataObject, delivery: Delivery
) -> None:
    story, passed = Story(module.step, module.begin(delivery, 0.0)), False
    story.take(inputs.Started())
    last: Any = None
    while story.state.outcome is None and story.now < 100:
        story.now += 5.0
        if story.pending is None:
            story.take(inputs.Updated())
            continue
        last = data.draw(one_of(answer_kinds(story.pending, story.state)))
        passed = passed or (isinstance(last, inputs.SelfTested) and last.passed)
        story.take(last)
    if story.state.outcome is Outcome.SUCCEEDED:
        assert passed
        assert (last.slot.state.name, last.slot.image_hash) == ("ACTIVE", HASH)
