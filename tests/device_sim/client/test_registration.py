"""When a client registers, updates and leaves."""

from hypothesis import given
from hypothesis import strategies as st

from device_sim.client.registration import (
    TABLE,
    Input,
    Phase,
    Registration,
    Send,
    pause,
    refresh_after,
)

registrations = st.builds(
    Registration,
    lifetime=st.integers(1, 2**31 - 1),
    phase=st.sampled_from(Phase),
    failures=st.integers(0, 1000),
)
luck = st.floats(0, 1)


@given(registrations, st.sampled_from(Input), luck)
def test_a_registration_moves_by_its_table_or_stays(
    registration: Registration, what: Input, chance: float
) -> None:
    after = registration.step(what, 1000.0, chance)
    if (registration.phase, what) not in TABLE:
        assert after == registration
        return
    assert after.phase is TABLE[registration.phase, what][0]
    assert (after.due_at is None) == (after.phase is Phase.GONE)
    assert after.due_at is None or after.due_at >= 1000.0


@given(st.integers(1, 10_000), luck)
def test_pauses_grow_and_end_at_half_a_minute(failures: int, chance: float) -> None:
    assert 0.25 <= pause(failures, chance) <= 30.0


@given(st.integers(1, 2**31 - 1))
def test_an_update_comes_before_the_lifetime_is_over(lifetime: int) -> None:
    assert 0 < refresh_after(lifetime) < lifetime


def test_a_life_with_a_server_that_forgets() -> None:
    it = Registration(lifetime=300)
    assert it.next_request is Send.REGISTER
    it = it.step(Input.ACCEPTED, 0.0, 0.5, location=("rd", "7"))
    assert (it.next_request, it.due_at, it.location) == (Send.UPDATE, 207.0, ("rd", "7"))
    it = it.step(Input.UNKNOWN, 207.0, 0.5)
    assert (it.next_request, it.due_at, it.location) == (Send.REGISTER, 207.0, ())
    it = it.step(Input.UNREACHABLE, 208.0, 1.0)
    assert (it.next_request, it.due_at) == (Send.REGISTER, 208.5)
    it = it.step(Input.ACCEPTED, 209.0, 0.5, location=("rd", "8")).step(Input.LEAVE, 210.0, 0.5)
    assert (it.next_request, it.due_at, it.location) == (Send.DEREGISTER, 210.0, ("rd", "8"))
    it = it.step(Input.UNREACHABLE, 212.0, 0.5)
    assert (it.next_request, it.due_at) == (None, None)


def test_a_new_lifetime_is_told_at_once() -> None:
    it = Registration(lifetime=300).step(Input.ACCEPTED, 0.0, 0.5, location=("rd", "1"))
    it = it.step(Input.CHANGED, 5.0, 0.5, lifetime=60)
    assert (it.next_request, it.due_at, it.lifetime) == (Send.UPDATE, 5.0, 60)


def test_who_never_registered_leaves_without_a_word() -> None:
    it = Registration(lifetime=300).step(Input.LEAVE, 0.0, 0.5)
    assert it.next_request is None


def test_a_register_that_is_accepted_too_late_is_undone() -> None:
    it = Registration(lifetime=300).step(Input.LEAVE, 0.0, 0.5)
    it = it.step(Input.ACCEPTED, 1.0, 0.5, location=("rd", "1"))
    assert (it.next_request, it.location) == (Send.DEREGISTER, ("rd", "1"))
