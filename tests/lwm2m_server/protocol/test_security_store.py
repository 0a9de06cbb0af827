"""The security store: what may be in it, whom it knows, and whom it lets speak for what."""

from datetime import UTC, datetime
from itertools import product

import pytest
from cryptography.x509 import load_der_x509_certificate
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.protocol.credentials import Credential, check
from lwm2m_server.protocol.errors import Forbidden, InvalidCredential
from lwm2m_server.protocol.identity import NOSEC, Identity, SecurityMode
from lwm2m_server.protocol.security_store import SecurityStore

from ..pki import NOW, authority, end_entity, leaf, spki

KEY = bytes(range(32))


def psk(
    endpoint: str, identity: str | None = None, key: bytes = KEY, number: str = ""
) -> Credential:
    who = Identity(SecurityMode.PSK, identity or endpoint)
    return Credential(number or f"id-{who.name}", endpoint, who, 0.0, secret=key)


def x509(endpoint: str | None, public: bytes, name: str, number: str = "x") -> Credential:
    return Credential(number, endpoint, Identity(SecurityMode.X509, name), 0.0, public)


def store(*credentials: Credential, allow_nosec: bool = False) -> SecurityStore:
    made = SecurityStore(allow_nosec=allow_nosec)
    for one in credentials:
        made.check_new(one)
        made.put(one)
    return made


def admitted(at: SecurityStore, identity: Identity, endpoint: str) -> bool:
    try:
        at.admit(identity, endpoint)
    except Forbidden:
        return False
    return True


# --- the law, over every mode, credential and endpoint ------------------------------------

CA = authority("a CA")
LEAF_A = leaf(CA, "a")
RPK_A = spki("a")
HELD = {
    "nothing": (),
    "psk": (psk("a"),),
    "psk by another name": (psk("a", "x"),),
    "rpk": (Credential("r", "a", Identity(SecurityMode.RPK, RPK_A.name), 0.0, RPK_A.der),),
    "certificate": (x509("a", LEAF_A, "a"),),
    "ca for one": (x509("a", CA.der, "a"),),
    "ca for all": (x509(None, CA.der, "a CA"),),
    "ca for all, psk for a": (x509(None, CA.der, "a CA"), psk("a")),
}
PEERS = {
    "nosec": NOSEC,
    "psk a": Identity(SecurityMode.PSK, "a"),
    "psk x": Identity(SecurityMode.PSK, "x"),
    "rpk a": Identity(SecurityMode.RPK, RPK_A.name),
    "certificate a": Identity(SecurityMode.X509, "a"),
    "oscore a": Identity(SecurityMode.OSCORE, "a"),
}
# Who speaks for endpoint a; nobody ever speaks for b but an unproven peer that may.
SPEAK = {
    "nothing": set(),
    "psk": {"psk a"},
    "psk by another name": {"psk x"},
    "rpk": {"rpk a"},
    "certificate": {"certificate a"},
    "ca for one": {"certificate a"},
    "ca for all": {"certificate a"},
    "ca for all, psk for a": {"psk a"},
}


@pytest.mark.parametrize(("held", "peer"), list(product(HELD, PEERS)))
def test_a_credential_speaks_for_its_endpoint_alone(held: str, peer: str) -> None:
    for allow_nosec in (False, True):
        at = store(*HELD[held], allow_nosec=allow_nosec)
        at.peer_of_certificate(LEAF_A, NOW)  # a handshake comes before a Register
        unproven = peer == "nosec" and allow_nosec
        bound = any(one.endpoint == "a" for one in HELD[held])
        speaks = peer in SPEAK[held] or (unproven and not bound)
        assert admitted(at, PEERS[peer], "a") == speaks
        assert admitted(at, PEERS[peer], "b") == unproven
        if peer in SPEAK[held]:
            assert at.endpoint_of(PEERS[peer]) == "a"


def test_what_is_removed_speaks_no_more_and_frees_its_endpoint() -> None:
    at = store(psk("a"), x509(None, CA.der, "a CA"), allow_nosec=True)
    assert at.remove("id-a") == (Identity(SecurityMode.PSK, "a"),)
    assert not admitted(at, Identity(SecurityMode.PSK, "a"), "a")
    assert admitted(at, NOSEC, "a")
    who = at.peer_of_certificate(LEAF_A, NOW)
    assert who is not None
    assert at.remove("x") == (who,)
    assert not admitted(at, who, "a")
    assert at.remove("x") == ()


def test_what_storage_gave_back_damaged_locks_its_endpoint() -> None:
    at = SecurityStore(allow_nosec=True)
    who = Identity(SecurityMode.PSK, "a")
    at.put(Credential("1", "a", who, 0.0, damaged=True))
    assert at.psk("a") is None
    assert not admitted(at, who, "a")
    assert not admitted(at, NOSEC, "a")
    at.remove("1")
    assert admitted(at, NOSEC, "a")


# --- what a handshake asks ----------------------------------------------------------------


def test_keys_are_found_by_identity() -> None:
    at = store(psk("a", "x"), HELD["rpk"][0])
    assert (at.psk("x"), at.psk("a")) == (KEY, None)
    assert at.peer_of_public_key(RPK_A.der) == Identity(SecurityMode.RPK, RPK_A.name)
    assert at.peer_of_public_key(spki("b").der) is None


STRANGER = authority("stranger")
SELF = end_entity("a")


@pytest.mark.parametrize(
    ("held", "shown", "known"),
    [
        ("certificate", LEAF_A, True),
        ("certificate", leaf(CA, "a"), False),  # pinned: no other of the same name
        ("certificate", SELF, False),
        ("ca for one", LEAF_A, True),
        ("ca for one", leaf(CA, "b"), False),
        ("ca for one", leaf(STRANGER, "a"), False),
        ("ca for one", CA.der, False),
        ("ca for all", LEAF_A, True),
        ("ca for all", leaf(CA, "b"), True),
        ("ca for all", SELF, False),
        ("ca for all", leaf(CA, "a", until=datetime(2001, 1, 1, tzinfo=UTC)), False),
        ("ca for all", leaf(CA, "a", usage="server"), False),
        ("ca for all", leaf(CA, "a", usage="client"), True),
        ("ca for all", leaf(CA), False),
        ("ca for all", leaf(CA, "a", "b"), False),
        ("ca for all", leaf(CA, "a", ca=True), False),
        ("psk", LEAF_A, False),
    ],
)
def test_certificates_are_judged(held: str, shown: bytes, known: bool) -> None:
    assert (store(*HELD[held]).peer_of_certificate(shown, NOW) is not None) == known


def test_a_ca_beyond_its_validity_vouches_for_nobody() -> None:
    assert store(*HELD["ca for all"]).peer_of_certificate(LEAF_A, NOW + 100 * 365 * 86400) is None


def test_a_pinned_certificate_may_be_its_own_ca() -> None:
    """What `openssl req -x509` makes has CA:TRUE."""
    at = store(x509("a", authority("a").der, "a"))
    assert at.peer_of_certificate(authority("a").der, NOW) is not None


@given(st.binary(max_size=300))
def test_no_bytes_make_a_handshake_fail_otherwise(data: bytes) -> None:
    at = store(*HELD["ca for all"])
    assert at.peer_of_certificate(data, NOW) is None
    assert at.peer_of_public_key(data) is None


@given(st.integers(0, len(LEAF_A) - 1), st.integers(1, 255))
def test_nothing_that_a_certificate_says_can_change(place: int, bits: int) -> None:
    spoilt = bytearray(LEAF_A)
    spoilt[place] ^= bits
    signed = load_der_x509_certificate(LEAF_A).tbs_certificate_bytes
    if signed not in spoilt:
        assert store(*HELD["ca for all"]).peer_of_certificate(bytes(spoilt), NOW) is None


# --- what may be in it --------------------------------------------------------------------

BAD = {
    "no key": psk("a", key=b""),
    "a key that can be searched for": psk("a", key=bytes(15)),
    "a key that no device takes": psk("a", key=bytes(65)),
    "no identity": Credential("1", "a", Identity(SecurityMode.PSK, ""), 0.0, secret=KEY),
    "a long identity": psk("a", "ü" * 65),
    "an unprintable identity": psk("a", "a\0b"),
    "psk for all": Credential("1", None, Identity(SecurityMode.PSK, "a"), 0.0, secret=KEY),
    "nosec": Credential("1", "a", NOSEC, 0.0),
    "oscore id": Credential("1", "a", Identity(SecurityMode.OSCORE, "00"), 0.0, secret=KEY),
    "oscore key": Credential("1", "a", Identity(SecurityMode.OSCORE, "01"), 0.0, secret=b"0"),
    "no certificate": x509("a", b"junk", "a"),
    "an end entity's for all": x509(None, LEAF_A, "a"),
    "another's certificate": x509("a", LEAF_A, "b"),
    "no public key": Credential("1", "a", Identity(SecurityMode.RPK, "00"), 0.0, b"junk"),
    "another's public key": Credential("1", "a", Identity(SecurityMode.RPK, "00"), 0.0, RPK_A.der),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_credentials_are_refused_without_their_keys(case: str) -> None:
    with pytest.raises(InvalidCredential) as refused:
        check(BAD[case])
    assert KEY.hex() not in str(refused.value)
    assert repr(KEY) not in repr(BAD[case])


@pytest.mark.parametrize("size", [16, 64])
def test_keys_up_to_the_bounds_are_good(size: int) -> None:
    check(psk("a", "i" * 128, key=bytes(size)))


def test_an_identity_is_one_endpoint_s() -> None:
    at = store(psk("a", "x"), x509("a", LEAF_A, "a"))
    for taken in (
        psk("b", "x", number="2"),
        psk("a", "x", number="2"),
        x509("b", LEAF_A, "a", "2"),
    ):
        with pytest.raises(InvalidCredential, match="is taken"):
            at.check_new(taken)
    at.check_new(x509("a", leaf(CA, "a"), "a", "2"))  # one certificate replaces another
