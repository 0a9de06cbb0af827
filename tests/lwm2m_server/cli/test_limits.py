"""Every limit is explained, and can be set by the name that explains it."""

from dataclasses import fields

import pytest
import typer

from lwm2m_server.cli.limits import limits_of, meanings
from lwm2m_server.coap.limits import LIMITS


def test_every_limit_says_what_happens_at_it() -> None:
    told = meanings()
    assert list(told) == [one.name for one in fields(LIMITS)]
    for meaning in told.values():
        assert "`" not in meaning
        assert meaning.endswith(".")


def test_limits_are_set_by_name() -> None:
    set_by_name = limits_of(["peers=7", "session_idle=1.5"])
    assert (set_by_name.peers, set_by_name.session_idle) == (7, 1.5)
    assert set_by_name.body == LIMITS.body
    assert limits_of([]) == LIMITS


@pytest.mark.parametrize("told", ["peers", "peers=", "peers=1.5", "peers=-1", "session_idle=nan"])
def test_what_is_no_limit_is_refused(told: str) -> None:
    with pytest.raises(typer.BadParameter):
        limits_of([told])
