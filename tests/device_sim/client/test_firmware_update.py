"""Object 5 on the device: every state with every input, and what the standard asks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_sim.client.firmware_update import RESULTS, TABLE, FirmwareUpdate, Input
from device_sim.errors import Refused, Why
from objects.firmware_update import State, UpdateResult

updates = st.builds(
    FirmwareUpdate,
    state=st.sampled_from(State),
    result=st.sampled_from(UpdateResult),
    package_uri=st.sampled_from(["", "coap://server/p"]),
)


@given(updates, st.sampled_from(Input))
def test_an_update_moves_by_its_table_or_refuses(update: FirmwareUpdate, what: Input) -> None:
    pulling = update.state is State.DOWNLOADING and bool(update.package_uri)
    if (update.state, what) not in TABLE or (pulling and what is Input.WRITE_PACKAGE):
        with pytest.raises(Refused) as refusal:
            update.step(what)
        assert refusal.value.code == 0x85
        return
    assert update.step(what).state is TABLE[update.state, what].state


@given(updates)
def test_only_a_downloaded_package_is_executed(update: FirmwareUpdate) -> None:
    if update.state is State.DOWNLOADED:
        assert update.step(Input.EXECUTE).state is State.UPDATING
    else:
        with pytest.raises(Refused):
            update.step(Input.EXECUTE)


@pytest.mark.parametrize("state", [State.IDLE, State.DOWNLOADING, State.DOWNLOADED])
def test_a_reset_leads_to_idle_without_result(state: State) -> None:
    after = FirmwareUpdate(state, UpdateResult.INTEGRITY, "coap://s/p", "n", "v").step(Input.RESET)
    assert after == FirmwareUpdate()


def test_nothing_but_its_end_stops_an_installation() -> None:
    update = FirmwareUpdate(State.UPDATING)
    allowed = {what for what in Input if (State.UPDATING, what) in TABLE}
    assert allowed == {Input.INSTALLED, Input.NOT_INSTALLED}
    assert update.step(Input.INSTALLED).result is UpdateResult.SUCCESS
    assert update.step(Input.NOT_INSTALLED).result is UpdateResult.UPDATE_FAILED


def test_the_result_is_reset_when_a_process_starts() -> None:
    failed = FirmwareUpdate(State.IDLE, UpdateResult.INVALID_URI)
    assert failed.step(Input.WRITE_URI, package_uri="x").result is UpdateResult.INITIAL
    assert failed.step(Input.WRITE_PACKAGE).result is UpdateResult.INITIAL


def test_a_push_begins_anew_and_a_pull_is_not_pushed_into() -> None:
    assert FirmwareUpdate(State.DOWNLOADING).step(Input.WRITE_PACKAGE).state is State.DOWNLOADING
    with pytest.raises(Refused):
        FirmwareUpdate(State.DOWNLOADING, package_uri="coap://s/p").step(Input.WRITE_PACKAGE)


def test_the_installed_package_keeps_its_name_and_version() -> None:
    update = FirmwareUpdate(State.DOWNLOADING).step(Input.RECEIVED, package=("digits", "2.0.0"))
    update = update.step(Input.EXECUTE).step(Input.INSTALLED)
    assert (update.pkg_name, update.pkg_version) == ("digits", "2.0.0")


def test_every_reason_has_a_result() -> None:
    assert set(RESULTS) == set(Why)
