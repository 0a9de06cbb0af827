"""Attributes of Write-Attributes (OMA LwM2M Core 1.2 §7.3)."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from objects.attributes import NAMES, NotificationAttributes
from objects.errors import InvalidAttribute

WHOLE = st.one_of(st.none(), st.integers(0, 2**31))
NUMBERS = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False, width=32))
FLAGS = st.one_of(st.none(), st.booleans())
TOLD = st.fixed_dictionaries(
    {
        **dict.fromkeys(("pmin", "pmax", "epmin", "epmax", "hqmax"), WHOLE),
        **dict.fromkeys(("gt", "lt", "st"), NUMBERS),
        **dict.fromkeys(("edge", "con"), FLAGS),
    }
)


@given(told=TOLD, unset=st.sets(st.sampled_from(NAMES)))
def test_what_can_be_told_comes_back_from_its_query(told: dict[str, Any], unset: set[str]) -> None:
    try:
        attributes = NotificationAttributes(**told, unset=frozenset(unset))
    except InvalidAttribute:
        return
    query = attributes.query()
    assert all(len(option.encode()) < 255 for option in query)  # RFC 7252 §5.10
    pairs = (option.partition("=") for option in query)
    assert NotificationAttributes.parse({name: text or None for name, _, text in pairs}) == (
        attributes
    )


@pytest.mark.proves("attribute-1.2")
def test_a_query_has_the_order_of_the_table_and_no_exponent() -> None:
    attributes = NotificationAttributes(
        pmin=5, pmax=300, gt=1e-7, lt=-40.5, st=1e-8, edge=False, con=True, hqmax=3,
        unset=frozenset({"epmin"}),
    )  # fmt: skip
    assert attributes.query() == (
        "pmin=5", "pmax=300", "gt=0.0000001", "lt=-40.5", "st=0.00000001",
        "epmin", "edge=0", "con=1", "hqmax=3",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"pmin": "-1"}, "pmin is '-1', no whole number"),
        ({"pmin": "1.5"}, "pmin is '1.5', no whole number"),
        ({"pmin": "10", "pmax": "5"}, "pmax 5 is below pmin 10"),
        ({"epmin": "10", "epmax": "5"}, "epmax 5 is below epmin 10"),
        ({"st": "0"}, "a step is more than 0"),
        ({"st": "-1"}, "a step is more than 0"),
        ({"lt": "10", "gt": "10"}, r"lt 10\.0 \+ 2 \* st 0 is not below gt 10\.0"),
        ({"lt": "10", "st": "1", "gt": "12"}, r"lt 10\.0 \+ 2 \* st 1\.0 is not below gt 12\.0"),
        ({"gt": "nan"}, "gt is 'nan', no number"),
        ({"gt": "1e999"}, "no finite number"),
        ({"gt": "1e300"}, "more than 64 characters"),
        ({"gt": "1_0"}, "no number"),
        ({"edge": "true"}, "edge is 'true', neither 0 nor 1"),
        ({"con": "2"}, "con is '2', neither 0 nor 1"),
        ({"hqmax": "٣"}, "no whole number"),
        ({"dim": "3"}, "'dim' is no attribute that can be written"),
        ({"x" * 1000: "3"}, "is no attribute that can be written"),
    ],
)
def test_what_the_standard_excludes_is_refused_with_its_name(
    told: dict[str, str | None], says: str
) -> None:
    with pytest.raises(InvalidAttribute, match=says) as raised:
        NotificationAttributes.parse(told)
    assert len(str(raised.value)) < 250


def test_values_are_checked_however_they_come() -> None:
    for told in ({"gt": math.inf}, {"pmax": -1}, {"unset": frozenset({"dim"})}):
        with pytest.raises(InvalidAttribute):
            NotificationAttributes(**told)  # type: ignore[arg-type]
    with pytest.raises(InvalidAttribute, match="pmin is set and taken away at once"):
        NotificationAttributes(pmin=1, unset=frozenset({"pmin"}))


@given(
    told=st.dictionaries(
        st.one_of(st.sampled_from(NAMES), st.text()), st.one_of(st.none(), st.text())
    )
)
def test_any_text_is_read_or_refused(told: dict[str, str | None]) -> None:
    said = ""
    try:
        NotificationAttributes.parse(told)
    except InvalidAttribute as error:
        said = str(error)
    assert len(said) < 300, "a message quotes a stranger at length"
