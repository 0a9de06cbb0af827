"""Object 26242 on the device: every state with every input, and what holds for all slots."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_sim.client.model_slot import (
    BUILT_IN,
    RESULTS,
    TABLE,
    Content,
    Input,
    ModelSlot,
    ModelSlots,
)
from device_sim.errors import Refused, Why
from objects.model_slot import Result, State

CONTENT = Content("model", "1.0.0", b"\x11" * 32)
HOLDS = (State.VERIFIED, State.ACTIVE)

slots_in_any_state = st.builds(
    lambda state, result, built_in: ModelSlot(
        state, result, content=CONTENT if state in HOLDS else None, built_in=built_in
    ),
    st.sampled_from(State),
    st.sampled_from(Result),
    st.booleans(),
)


@given(slots_in_any_state, st.sampled_from(Input))
def test_a_slot_moves_by_its_table_or_refuses(slot: ModelSlot, what: Input) -> None:
    """What is not in the table is answered 4.05; content is there where it is verified."""
    written = what in (Input.WRITE_PACKAGE, Input.WRITE_URI, Input.CLEAR)
    if (slot.state, what) not in TABLE or (slot.built_in and written):
        with pytest.raises(Refused) as refusal:
            slot.step(what, content=CONTENT)
        assert refusal.value.code == 0x85
        return
    after = slot.step(what, content=CONTENT)
    assert after.state is TABLE[slot.state, what].state
    assert (after.content is not None) == (after.state in HOLDS)


@pytest.mark.parametrize("what", [Input.WRITE_PACKAGE, Input.WRITE_URI, Input.CLEAR])
@pytest.mark.parametrize(
    "slot", [ModelSlot(State.ACTIVE), ModelSlot(State.VERIFIED, built_in=True)]
)
def test_an_active_slot_and_a_built_in_one_are_not_written(slot: ModelSlot, what: Input) -> None:
    with pytest.raises(Refused):
        slot.step(what)


def test_clearing_leaves_nothing() -> None:
    slot = ModelSlot(State.VERIFIED, Result.SELF_TEST_FAILED, "coap://s/p", CONTENT)
    assert slot.step(Input.CLEAR) == ModelSlot()


def test_a_new_package_resets_the_result() -> None:
    slot = ModelSlot(State.EMPTY, Result.INTEGRITY)
    assert slot.step(Input.WRITE_PACKAGE).result is Result.NONE


def test_a_failure_carries_its_own_result() -> None:
    slot = ModelSlot(State.DOWNLOADING)
    for why in Why:
        after = slot.step(Input.FAILED, result=RESULTS[why])
        assert (after.state, after.result) == (State.EMPTY, RESULTS[why])


def three(*states: State, former: int | None = None) -> ModelSlots:
    slots = {
        number: ModelSlot(state, content=CONTENT if state in HOLDS else None)
        for number, state in enumerate(states, start=1)
    }
    return ModelSlots(slots, former)


def test_activating_keeps_the_former_as_roll_back() -> None:
    after = three(State.ACTIVE, State.VERIFIED).step(2, Input.ACTIVATE)
    assert after.active == 2
    assert after.slots[1].state is State.VERIFIED
    assert after.slots[2].result is Result.SUCCESS
    assert after.former == 1


def test_a_fault_of_the_active_slot_brings_the_former_back() -> None:
    after = three(State.VERIFIED, State.ACTIVE, former=1).step(2, Input.FAULTED)
    assert after.active == 1
    assert after.slots[2].state is State.VERIFIED
    assert after.slots[2].result is Result.SELF_TEST_FAILED


def test_a_fault_of_an_inactive_slot_leaves_the_active_one_alone() -> None:
    before = three(State.ACTIVE, State.VERIFIED)
    after = before.step(2, Input.FAULTED)
    assert after.active == 1
    assert after.slots[2].result is Result.SELF_TEST_FAILED


def test_a_former_slot_that_was_cleared_does_not_come_back() -> None:
    cleared = three(State.VERIFIED, State.ACTIVE, former=1).step(1, Input.CLEAR)
    assert cleared.step(2, Input.FAULTED).active is None


def test_a_model_that_came_with_the_firmware_serves_and_yields() -> None:
    with_it = three(State.ACTIVE, State.EMPTY).build_in(CONTENT)
    assert (with_it.active, with_it.former) == (BUILT_IN, 1)
    without = with_it.build_in(None)
    assert (without.active, set(without.slots)) == (1, {1, 2})


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(Input), st.sampled_from(Result))))
def test_whatever_happens_at_most_one_slot_is_active(
    happenings: list[tuple[int, Input, Result]],
) -> None:
    """RESTORED and DISPLACED are what the slots do to each other, never an input from outside."""
    slots = three(State.EMPTY, State.VERIFIED, State.VERIFIED)
    for instance, what, result in happenings:
        if what in (Input.RESTORED, Input.DISPLACED):
            continue
        before = slots
        try:
            slots = slots.step(instance, what, result=result, content=CONTENT)
        except Refused:
            assert slots == before
        assert sum(slot.state is State.ACTIVE for slot in slots.slots.values()) <= 1
        assert slots.former is None or slots.slots[slots.former].state is State.VERIFIED
        assert slots.former != slots.active or slots.active is None
