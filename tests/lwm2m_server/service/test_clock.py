"""Time goes on, whatever the system's clock is set to."""

from lwm2m_server.service.clock import LOOK_EVERY, SteadyTime


def test_time_follows_forward_and_never_goes_back() -> None:
    wall, elapsed = [1000.0], [5.0]
    now = SteadyTime(lambda: wall[0], lambda: elapsed[0])
    assert now() == 1000.0
    wall[0], elapsed[0] = 1010.0, 15.0
    assert now() == 1010.0
    wall[0], elapsed[0] = 400.0, 16.0  # set back by ten minutes, a second later
    assert now() == 1011.0
    wall[0], elapsed[0] = 401.0, 17.0
    assert now() == 1012.0
    wall[0], elapsed[0] = 5000.0, 18.0  # set forward
    assert now() == 5000.0


def test_between_two_looks_at_the_clock_time_goes_on_all_the_same() -> None:
    wall, elapsed = [1000.0], [5.0]
    now = SteadyTime(lambda: wall[0], lambda: elapsed[0])
    now()
    wall[0], elapsed[0] = 2000.0, 5.0 + LOOK_EVERY / 2  # set forward
    assert now() == 1000.0 + LOOK_EVERY / 2
    elapsed[0] = 5.0 + LOOK_EVERY
    assert now() == 2000.0
