"""The device's DTLS against OpenSSL's server: what is proven, sealed, and given up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_sim.client.dtls import Association, DeviceCertificate, PreSharedKey, Security
from device_sim.errors import InvalidCredential

from ..dtls_peer import IDENTITY, KEY, Accepted, Server, pair

PSK = PreSharedKey(IDENTITY, KEY)
X509 = DeviceCertificate(*pair("m4"), pair("server")[0])


def talk(association: Association, accepted: Accepted) -> tuple[list[bytes], list[bytes]]:
    """Exchange datagrams until none goes; return what came to the server, and the device."""
    up, down = [], []
    while association.outbox:
        sent, association.outbox[:] = list(association.outbox), []
        for datagram in sent:
            came, answers = accepted.receive(datagram)
            up += came
            for answer in answers:
                down += association.receive(answer)
    return up, down


@pytest.mark.parametrize(("credential", "shown"), [(PSK, "m4"), (X509, "m4")])
def test_what_waited_for_the_handshake_arrives_and_is_answered(
    credential: PreSharedKey | DeviceCertificate, shown: str
) -> None:
    server = Server()
    association, accepted = Security(credential).associate(), server.accept()
    association.send(b"first")
    association.send(b"second")
    assert talk(association, accepted) == ([b"first", b"second"], [])
    assert association.established
    assert set(server.shown) == {shown}
    association.send(b"third")
    assert b"third" not in b"".join(association.outbox)
    assert talk(association, accepted) == ([b"third"], [])
    (datagram,) = accepted.seal(b"answer")
    assert association.receive(datagram) == [b"answer"]
    assert association.receive(datagram) == []  # replayed
    assert association.due() is None


def test_an_identity_may_have_128_bytes() -> None:
    server = Server(identity="m" * 128)
    association = Security(PreSharedKey("m" * 128, KEY)).associate()
    talk(association, server.accept())
    assert association.established


@pytest.mark.parametrize(
    ("server", "credential"),
    [
        (Server(key=bytes(16)), PSK),
        (Server(identity="other"), PSK),
        (Server(), DeviceCertificate(*pair("m4"), pair("stranger")[0])),
    ],
)
def test_a_wrong_key_identity_or_server_ends_the_handshake(
    server: Server, credential: PreSharedKey | DeviceCertificate
) -> None:
    association, accepted = Security(credential).associate(), server.accept()
    association.send(b"secret")
    assert talk(association, accepted)[0] == []
    assert not association.established
    assert association.over is None or "handshake failed" in association.over


def test_the_server_s_leave_ends_it_and_so_does_its_own() -> None:
    first, second = Security(PSK).associate(), Security(PSK).associate()
    server = Server()
    ones, twos = server.accept(), server.accept()
    talk(first, ones)
    talk(second, twos)
    for datagram in ones.close():
        assert first.receive(datagram) == []
    assert first.over == "the server closed it"
    assert talk(first, ones) == ([], [])
    assert ones.failed  # it was told, as is due
    first.send(b"lost")
    second.close()
    assert second.over == "closed"
    talk(second, twos)
    assert twos.failed  # it was told


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=5))
def test_no_datagram_ends_or_changes_an_association(datagrams: list[bytes]) -> None:
    association, accepted = Security(PSK).associate(), Server().accept()
    talk(association, accepted)
    for datagram in datagrams:
        assert association.receive(datagram) == []
    (sealed,) = accepted.seal(b"still here")
    assert association.receive(sealed) == [b"still here"]


def test_a_flight_is_sent_again_by_a_timer_and_not_before() -> None:
    association = Security(PSK).associate()
    association.outbox.clear()
    due = association.due()
    assert due is not None
    assert 0 < due <= 1  # RFC 6347 §4.2.4.1
    association.tick()
    assert association.outbox == []


@pytest.mark.parametrize(
    "credential",
    [
        PreSharedKey("", KEY),
        PreSharedKey("m4", b""),
        PreSharedKey("m" * 129, KEY),
        PreSharedKey("m\0", KEY),
        DeviceCertificate(b"junk", b"junk", b"junk"),
        DeviceCertificate(pair("m4")[0], pair("server")[1], pair("server")[0]),
    ],
)
def test_a_credential_that_cannot_work_is_refused(
    credential: PreSharedKey | DeviceCertificate,
) -> None:
    with pytest.raises(InvalidCredential):
        Security(credential)
