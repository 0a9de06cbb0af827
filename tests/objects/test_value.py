"""Values: what a type holds, and the text form of each."""

import math
from enum import IntEnum, StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from objects.errors import InvalidValue
from objects.value import ObjectLink, ResourceType, Value, checked, from_text, natural_type, to_text

T = ResourceType


@pytest.mark.parametrize(
    ("resource_type", "value"),
    [
        (T.STRING, ""),
        (T.STRING, "ä€😀\0"),
        (T.INTEGER, -(2**63)),
        (T.INTEGER, 2**63 - 1),
        (T.UNSIGNED_INTEGER, 0),
        (T.UNSIGNED_INTEGER, 2**64 - 1),
        (T.FLOAT, -0.5),
        (T.FLOAT, math.inf),
        (T.BOOLEAN, False),
        (T.OPAQUE, b"\x00"),
        (T.TIME, -1),
        (T.OBJLNK, ObjectLink(65535, 65535)),
        (T.CORELNK, "</3/0>"),
    ],
)
def test_a_type_holds_its_values(resource_type: ResourceType, value: object) -> None:
    assert checked(resource_type, value) == value
    assert type(checked(resource_type, value)) is type(value)


@pytest.mark.parametrize(
    ("resource_type", "value"),
    [
        (T.STRING, b"x"),
        (T.STRING, "\udfff"),
        (T.INTEGER, 2**63),
        (T.INTEGER, -(2**63) - 1),
        (T.INTEGER, 1.0),
        (T.INTEGER, True),
        (T.UNSIGNED_INTEGER, -1),
        (T.UNSIGNED_INTEGER, 2**64),
        (T.FLOAT, "1"),
        (T.FLOAT, True),
        (T.FLOAT, 10**400),
        (T.BOOLEAN, 1),
        (T.OPAQUE, "x"),
        (T.TIME, 0.5),
        (T.OBJLNK, "3:0"),
        (T.CORELNK, None),
    ],
)
def test_a_type_holds_nothing_else(resource_type: ResourceType, value: object) -> None:
    with pytest.raises(InvalidValue, match=f"is no {resource_type}"):
        checked(resource_type, value)


def test_a_number_too_long_to_be_written_down_is_refused_too() -> None:
    with pytest.raises(InvalidValue, match="a number of thousands of digits is no Integer"):
        checked(T.INTEGER, 10**5000)


def test_a_float_takes_a_whole_number_and_makes_it_a_float() -> None:
    value = checked(T.FLOAT, 3)
    assert isinstance(value, float)
    assert value == 3.0


class Level(IntEnum):
    LOW = 1


class Unit(StrEnum):
    MICROSECONDS = "us"


def test_members_of_enums_become_plain_values() -> None:
    assert type(checked(T.INTEGER, Level.LOW)) is int
    assert type(checked(T.STRING, Unit.MICROSECONDS)) is str
    assert checked(T.STRING, Unit.MICROSECONDS) == "us"
    assert natural_type(Level.LOW) is T.INTEGER
    assert natural_type(Unit.MICROSECONDS) is T.STRING


def test_what_is_no_value_has_no_type() -> None:
    with pytest.raises(InvalidValue, match="None is no value of a resource"):
        natural_type(None)  # type: ignore[arg-type]


def test_bytes_may_come_as_any_buffer() -> None:
    assert checked(T.OPAQUE, bytearray(b"ab")) == b"ab"
    assert type(checked(T.OPAQUE, memoryview(b"ab"))) is bytes


@pytest.mark.parametrize(
    ("value", "resource_type"),
    [
        (True, T.BOOLEAN),
        (1, T.INTEGER),
        (1.0, T.FLOAT),
        ("1", T.STRING),
        (b"1", T.OPAQUE),
        (ObjectLink(1, 0), T.OBJLNK),
    ],
)
def test_a_value_shows_its_natural_type(value: Value, resource_type: ResourceType) -> None:
    assert natural_type(value) is resource_type


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_float_has_a_text(number: float) -> None:
    assert from_text(T.FLOAT, to_text(T.FLOAT, number)) == number


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_other_floats_have_none(number: float) -> None:
    with pytest.raises(InvalidValue, match="no plain text form"):
        to_text(T.FLOAT, number)


@pytest.mark.parametrize(
    ("resource_type", "text", "value"),
    [
        (T.INTEGER, "+7", 7),
        (T.INTEGER, "-0007", -7),
        (T.FLOAT, "1e3", 1000.0),
        (T.FLOAT, ".5", 0.5),
        (T.FLOAT, "-5.", -5.0),
        (T.OPAQUE, "", b""),
        (T.OBJLNK, "3:0", ObjectLink(3, 0)),
    ],
)
def test_text_is_read(resource_type: ResourceType, text: str, value: object) -> None:
    assert from_text(resource_type, text) == value


@pytest.mark.parametrize(
    ("resource_type", "text"),
    [
        (T.INTEGER, " 1"),
        (T.INTEGER, "1\n"),
        (T.INTEGER, "0x10"),
        (T.INTEGER, "٣"),
        (T.INTEGER, "9223372036854775808"),
        (T.INTEGER, "9" * 100_000),
        (T.UNSIGNED_INTEGER, "-1"),
        (T.FLOAT, "inf"),
        (T.FLOAT, "1e9999"),
        (T.FLOAT, "1_0.0"),
        (T.FLOAT, "0x1p3"),
        (T.FLOAT, "."),
        (T.BOOLEAN, "2"),
        (T.BOOLEAN, "01"),
        (T.OPAQUE, "a"),
        (T.OPAQUE, "äöü="),
        (T.OBJLNK, "3"),
        (T.OBJLNK, "3:0:0"),
        (T.OBJLNK, "-1:0"),
    ],
)
def test_text_of_another_form_is_refused_briefly(resource_type: ResourceType, text: str) -> None:
    with pytest.raises(InvalidValue) as raised:
        from_text(resource_type, text)
    assert len(str(raised.value)) < 150
