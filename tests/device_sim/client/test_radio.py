"""When a device in queue mode listens (OMA LwM2M Core 1.1 §6.5)."""

from device_sim.client.radio import Radio
from device_sim.habits import Sleep


def test_109_it_listens_during_an_exchange_and_for_a_while_after_it() -> None:
    now = 0.0
    radio = Radio(Sleep(awake=5, every=30), lambda: now)
    assert not radio.listens()
    with radio.exchanging():
        now = 100.0
        assert radio.listens()
        with radio.exchanging():
            pass
        now = 200.0
        assert radio.listens()
    now = 204.9
    assert radio.listens()
    now = 205.0
    assert not radio.listens()
    radio.exchanged()
    assert radio.listens()


def test_a_device_that_is_not_in_queue_mode_always_listens() -> None:
    assert Radio(None, lambda: 1e9).listens()
