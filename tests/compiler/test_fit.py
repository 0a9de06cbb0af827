"""Fit: every resource is judged, the one that is missed by most is named first."""

import pytest

from compiler.errors import DoesNotFit
from compiler.fit import Fit, Need, closest, fits, require, require_constants
from compiler.profile import Limits
from compiler.targets import FirmwareMap, Slot

SLOT = Slot(0x10000, 1000, 0x20000000, 400, 0x20001000, 50, 80)
MAP = FirmwareMap(SLOT, 0x20002000, 60)
NEED = Need(image=900, arena=300, state=40, stack=70)


def missed(need: Need, place=SLOT, limits=Limits()) -> DoesNotFit:  # noqa: B008
    with pytest.raises(DoesNotFit) as caught:
        require(fits(need, place, limits))
    return caught.value


def test_headroom_is_told_for_each_resource() -> None:
    found = {fit.resource: fit.headroom for fit in fits(NEED, SLOT, Limits(flash=950, ram=500))}
    assert found == {
        "image in the slot": 100,
        "arena": 100,
        "state": 10,
        "stack": 10,
        "flash": 50,
        "RAM (arena 300 + state 40 + stack 70)": 90,
    }
    require(fits(NEED, SLOT, Limits(flash=950, ram=500)))


def test_to_the_last_byte() -> None:
    exact = Need(image=1000, arena=400, state=50, stack=80, program_ram=60)
    require(fits(exact, MAP, Limits(flash=1000, ram=590)))


@pytest.mark.parametrize(
    ("need", "place", "limits", "resource", "missing"),
    [
        (Need(1001, 0, 0, 0), SLOT, Limits(), "image in the slot", 1),
        (Need(0, 401, 0, 0), SLOT, Limits(), "arena", 1),
        (Need(0, 0, 51, 0), SLOT, Limits(), "state", 1),
        (Need(0, 0, 0, 81), SLOT, Limits(), "stack", 1),
        (Need(0, 0, 0, 0, 61), MAP, Limits(), "RAM of the program", 1),
        (Need(900, 0, 0, 0), SLOT, Limits(flash=899), "flash", 1),
        (NEED, SLOT, Limits(ram=409), "RAM (arena 300 + state 40 + stack 70)", 1),
        (
            Need(0, 1, 2, 3, 4),
            MAP,
            Limits(ram=9),
            "RAM (arena 1 + state 2 + stack 3 + program 4)",
            1,
        ),
    ],
)
def test_one_byte_too_many_is_named(need, place, limits, resource, missing) -> None:
    error = missed(need, place, limits)
    assert (error.resource, error.missing, error.also) == (resource, missing, ())


def test_all_that_is_short_is_told_the_worst_first() -> None:
    error = missed(Need(1010, 500, 0, 81))
    assert (error.resource, error.needed, error.available) == ("arena", 500, 400)
    assert str(error) == (
        "does not fit: arena needs 500 B, the device has 400 B, 100 B missing;"
        " image in the slot needs 1010 B of 1000 B; stack needs 81 B of 80 B"
    )


def test_constants_alone_can_be_too_much() -> None:
    require_constants(900, 100, MAP)
    with pytest.raises(DoesNotFit, match="constants alone"):
        require_constants(901, 100, SLOT)


def test_the_closest_miss_is_one_of_those_that_were_linked() -> None:
    larger, linked = DoesNotFit("constants", 1050, 1000, at_least=True), DoesNotFit("x", 4000, 1000)
    assert closest([larger, linked, DoesNotFit("x", 5000, 1000)]) is linked
    assert closest([DoesNotFit("constants", 1060, 1000, at_least=True), larger]) is larger


def test_headroom_is_what_is_left() -> None:
    assert Fit("x", 3, 5).headroom == 2
