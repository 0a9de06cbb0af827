"""Who may speak for which endpoint: the law over every standing, then the store's own."""

from itertools import product

import pytest

from lwm2m_server.protocol.admission import (
    Standing,
    Verdict,
    check_speaker,
    check_successor,
    verdict,
)
from lwm2m_server.protocol.errors import Forbidden
from lwm2m_server.protocol.identity import NOSEC, Identity, SecurityMode
from lwm2m_server.protocol.registration import RegisterRequest, register

ALICE = Identity(SecurityMode.PSK, "alice")
REGISTERED = register(RegisterRequest("peer", ("ep=dev",), b"</3/0>", ALICE), "r1", 0.0)


@pytest.mark.parametrize(
    ("standing", "bound", "allow_nosec"), list(product(Standing, (False, True), (False, True)))
)
def test_only_three_are_admitted(standing: Standing, bound: bool, allow_nosec: bool) -> None:
    """Its own credential; a CA's word for its name where it has none; NoSec where allowed."""
    if (standing, bound) == (Standing.OWN, False):
        return  # who has a credential for an endpoint makes that bound
    admitted = (
        standing is Standing.OWN
        or (standing is Standing.NAMED and not bound)
        or (standing is Standing.UNPROVEN and not bound and allow_nosec)
    )
    found = verdict(standing, bound=bound, allow_nosec=allow_nosec)
    assert (found is Verdict.ADMITTED) == admitted


@pytest.mark.parametrize("mode", SecurityMode)
def test_nobody_but_who_registered_speaks_for_a_registration(mode: SecurityMode) -> None:
    check_speaker(REGISTERED, Identity(SecurityMode.PSK, "alice"))
    for name in ("alice", "bob", ""):
        if (mode, name) != (SecurityMode.PSK, "alice"):
            with pytest.raises(Forbidden, match="Register with it first"):
                check_speaker(REGISTERED, Identity(mode, name))


def test_what_was_proven_is_not_succeeded_by_what_is_not() -> None:
    with pytest.raises(Forbidden, match="connect by coaps"):
        check_successor(REGISTERED, NOSEC)
    check_successor(REGISTERED, Identity(SecurityMode.X509, "dev"))
    check_successor(REGISTERED._replace(identity=NOSEC), NOSEC)
    check_successor(REGISTERED._replace(identity=NOSEC), ALICE)


@pytest.mark.proves("register-ep-absent")
def test_an_endpoint_name_may_be_left_out_where_the_identity_has_one() -> None:
    asked = RegisterRequest("peer", (), b"</3/0>", ALICE)
    assert register(asked, "r1", 0.0, known_as="dev").endpoint == "dev"
