"""Notification attributes: what holds where, and what they let go (OMA LwM2M Core 1.1 §5.1.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_sim.client.attributes import Attributes, Pace
from objects.attributes import NotificationAttributes
from objects.errors import InvalidAttribute
from objects.path import Path

Told = NotificationAttributes
OBJECT, INSTANCE, RESOURCE = Path(3303), Path(3303, 0), Path(3303, 0, 5700)
NUMBERS = st.floats(-1e6, 1e6)


def test_what_is_told_below_wins_over_what_is_told_above() -> None:
    kept = Attributes()
    kept.default = Told(pmin=1, pmax=100)
    kept.write(OBJECT, Told(pmin=5))
    kept.write(RESOURCE, Told(pmax=50, gt=30.0))
    assert kept.of(INSTANCE) == Told(pmin=5, pmax=100)
    assert kept.of(RESOURCE) == Told(pmin=5, pmax=50, gt=30.0)
    assert kept.of(Path(3, 0, 9)) == kept.default


def test_what_contradicts_itself_is_refused_at_one_level_and_ignored_over_several() -> None:
    kept = Attributes()
    kept.write(RESOURCE, Told(pmax=5))
    with pytest.raises(InvalidAttribute):
        kept.write(RESOURCE, Told(pmin=9))
    assert kept.own(RESOURCE) == Told(pmax=5)
    kept.write(OBJECT, Told(pmin=9))
    assert kept.of(RESOURCE) == Told(pmin=9)


def test_several_paths_have_the_longest_pmin_and_the_shortest_pmax() -> None:
    kept = Attributes()
    kept.write(RESOURCE, Told(pmin=5, pmax=60))
    kept.write(Path(3), Told(pmin=2, pmax=30))
    assert kept.together([RESOURCE, Path(3, 0, 9)]) == Told(pmin=5, pmax=30)


@pytest.mark.parametrize(
    ("told", "before", "now", "due"),
    [
        (Told(), 20.0, 20.5, 0.0),
        (Told(pmin=10), 20.0, 20.5, 6.0),
        (Told(pmin=3), 20.0, 20.5, 0.0),
        (Told(gt=25.0), 20.0, 24.0, None),
        (Told(gt=25.0), 20.0, 26.0, 0.0),
        (Told(gt=25.0), 26.0, 27.0, None),
        (Told(gt=25.0), 26.0, 20.0, 0.0),
        (Told(lt=10.0), 20.0, 9.0, 0.0),
        (Told(st=2.0), 20.0, 21.0, None),
        (Told(st=2.0), 20.0, 18.0, 0.0),
        (Told(gt=25.0, pmax=60), 20.0, 24.0, 56.0),
        (Told(gt=25.0, pmin=10), 20.0, 26.0, 6.0),
    ],
)
def test_302_303_304_what_is_due(told: Told, before: float, now: float, due: float | None) -> None:
    pace = Pace(at=100.0, number=before, attributes=told)
    assert pace.due(104.0, now, changed=True) == due


@given(pmin=st.integers(0, 50), more=st.integers(1, 50), elapsed=st.floats(0, 200), number=NUMBERS)
def test_never_before_pmin_and_always_by_pmax(
    pmin: int, more: int, elapsed: float, number: float
) -> None:
    pace = Pace(0.0, 0.0, Told(pmin=pmin, pmax=pmin + more, st=1.0))
    due = pace.due(elapsed, number, changed=number != 0)
    assert due is not None
    assert due == 0 or pmin - 1e-9 <= elapsed + due <= pmin + more + 1e-9
    if elapsed < pmin:
        assert due > 0


def test_nothing_is_due_while_nothing_changes() -> None:
    assert Pace(0.0, 1.0).due(1e9, 1.0, changed=False) is None
