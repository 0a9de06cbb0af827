"""`NAME=VALUE` as people type it."""

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.cli.assignments import assignments, resources


@given(st.from_regex(r"[a-z0-9-]+(/[0-9]+)*", fullmatch=True), st.text())
def test_the_value_begins_behind_the_first_sign(name: str, value: str) -> None:
    assert assignments([f"/{name}={value}"]) == {name: value}


def test_instances_of_a_multiple_resource_are_named_below_it() -> None:
    assert resources(["1=60", "0/2=x", "0/3="]) == {"1": "60", "0": {"2": "x", "3": ""}}


@pytest.mark.parametrize("given", [["x"], ["=x"], ["a=1", "/a=2"], ["0=x", "0/1=y"]])
def test_what_is_none_is_refused(given: list[str]) -> None:
    with pytest.raises(typer.BadParameter):
        resources(given)
