"""Connection ID: a session goes with its device from address to address (RFC 9146)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.transport.dtls.handshake import OpensslHandshake
from lwm2m_server.transport.dtls.openssl import OpensslEngine

from .cid_client import CID_TYPE, CidClient, pieces
from .client import Client
from .keyring import KEY, MemoryKeyring, begin, join, take
from .test_sessions import HERE, Table, at

A, B, C = at(2), at(3), at(4)


@pytest.fixture(scope="module")
def engine():
    return OpensslEngine(MemoryKeyring())


@pytest.fixture
def table(engine):
    return Table(engine)


@pytest.mark.parametrize("cid", [b"", b"x", b"client's", bytes(200)])
def test_both_sides_get_the_connection_ids_that_they_asked_for(engine, cid):
    client = CidClient(cid)
    association = join(engine, client).association
    assert client.done
    assert client.peer_cid == association.cid
    assert len(association.cid) == engine.cid_size
    sealed = client.seal(b"up")
    assert sealed[0] == CID_TYPE
    assert list(association.receive(sealed)) == [b"up"]
    down = association.seal(b"down")
    assert (down[0] == CID_TYPE) is bool(cid)
    assert client.read(down) == [b"down"]
    assert list(association.receive(client.close())) == []
    client.read(*association.outbox)
    assert client.closed


def test_no_two_associations_have_the_same(engine):
    assert len({join(engine, CidClient()).association.cid for _ in range(20)}) == 20


def test_without_a_suite_that_can_bear_one_none_is_offered(engine):
    client = CidClient(b"cid", suites="PSK-AES128-CBC-SHA256")
    association = join(engine, client).association
    assert client.peer_cid is None
    assert list(association.receive(client.seal(b"up"))) == [b"up"]


def test_none_is_offered_where_the_suite_may_be_none_that_can_bear_it(engine):
    """The one of its suites that can needs a certificate, which this server has not."""
    client = CidClient(b"cid", suites="ECDHE-ECDSA-AES128-CCM8:PSK-AES128-CBC-SHA256")
    association = join(engine, client).association
    assert client.peer_cid is None
    assert list(association.receive(client.seal(b"up"))) == [b"up"]


def begun(engine, client) -> tuple[OpensslHandshake, list[bytes]]:
    """Return a handshake and, as records, the flight that would end it."""
    handshake = begin(engine, client)
    [flight] = client.step(*take(handshake.outbox))
    return handshake, pieces(flight, engine.cid_size)


@pytest.mark.parametrize("kind", [Client, CidClient])
@pytest.mark.parametrize("order", [(0, 2, 1), (2, 0, 1)])
def test_a_finished_that_overtakes_is_kept_for_its_keys(engine, kind, order):
    client = kind()
    handshake, flight = begun(engine, client)
    for number in order:
        handshake.receive(flight[number], 0.0)
    assert handshake.association is not None
    client.step(*take(handshake.outbox))
    assert client.done
    handshake.association.receive(flight[2])  # replayed: it is no repetition
    assert handshake.association.outbox == []


class Forgetful(CidClient):
    """Negotiates a Connection ID, and sends its Finished without."""

    def _outgoing(self, record: bytes) -> bytes:
        return record


def test_a_finished_without_the_connection_id_ends_no_handshake(engine):
    """RFC 9146 §4: where one is expected, a record without it is invalid."""
    client = Forgetful()
    handshake, flight = begun(engine, client)
    handshake.receive(b"".join(flight), 0.0)
    assert handshake.association is None
    assert handshake.failed is None
    handshake.receive(CidClient._outgoing(client, flight[2]), 0.0)
    assert handshake.association is not None


@pytest.mark.parametrize("source", [A, B], ids=["from there", "from elsewhere"])
@pytest.mark.parametrize("cid", [b"", b"cid"])
def test_a_last_flight_that_was_lost_is_sent_again(table, cid, source):
    """RFC 6347 §4.2.4: the client repeats its flight, whose first records bear no Connection ID."""
    client = CidClient(cid)
    flight = client.step(*table.put(A, *client.step()))
    lost = table.put(A, *client.step(*table.put(A, *flight)))
    assert len(table.sessions) == 1
    again = table.put(source, *client.repeat())
    assert lost
    assert again
    assert not set(again) & set(lost)
    client.step(*again)
    assert client.done
    table.put(source, client.seal(b"up"))
    assert table.arrived[-1][1] == b"up"


def test_no_two_live_sessions_are_known_by_one_connection_id(table, monkeypatch):
    """However unlikely: the newer one takes the place of the older, and nothing is left of that."""
    monkeypatch.setattr("secrets.token_bytes", lambda size: b"\x07" * size)
    table.connect(A, CidClient())
    newer = table.connect(B, CidClient(identity="dev2", key=KEY[::-1]))
    assert [address.split("?")[0] for address, _ in table.ended] == ["coaps://192.0.2.2:50000"]
    table.put(B, newer.seal(b"newer"), newer.close())
    assert [data for _, data in table.arrived] == [b"newer"]
    assert len(table.sessions) == 0


@pytest.mark.parametrize("size", [0, 1, 7, 9, 20])
def test_a_connection_id_of_another_size_finds_nobody(table, size):
    client = table.connect(A, CidClient())
    asked = client.peer_cid
    client.peer_cid = (asked + bytes(20))[:size]
    table.put(B, client.seal(b"forged"))
    client.peer_cid = asked
    assert table.arrived == []
    table.put(B, client.seal(b"genuine"))
    assert table.arrived[-1][1] == b"genuine"


def test_a_wrong_key_and_an_unknown_identity_open_nothing(engine):
    assert join(engine, CidClient(b"c", key=b"another key 0123")).association is None
    assert join(engine, CidClient(b"c", identity="nobody")).failed == "psk identity not found"


def test_a_session_goes_with_its_device(table):
    client = table.connect(A, CidClient(b"cid"))
    table.put(A, client.seal(b"here"))
    session = table.last
    table.put(B, client.seal(b"there"))
    assert table.last is session
    session.send(b"down")
    [(to, datagram)] = table.sent
    assert to == B
    assert client.read(datagram) == [b"down"]
    assert table.sessions.counts.moved == 1
    # What storage has noted of it still leads to it.
    assert table.sessions.find(session.address, session.identity) is session
    assert len(table.sessions) == 1


def test_an_older_record_from_elsewhere_moves_nothing(table):
    client = table.connect(A, CidClient())
    late, newest = client.seal(b"late"), client.seal(b"newest")
    table.put(A, newest)
    table.put(B, late, newest)
    assert [data for _, data in table.arrived] == [b"newest", b"late"]
    assert table.last.key == (A, HERE)


@given(st.data())
def test_a_forged_record_from_elsewhere_moves_nothing_and_leaves_no_trace(engine, data):
    table = Table(engine)
    client = table.connect(A, CidClient())
    table.put(A, client.seal(b"here"))
    genuine = client.seal(b"genuine")
    bit = data.draw(st.integers(0, 8 * len(genuine) - 1))
    forged = bytearray(genuine)
    forged[bit // 8] ^= 1 << bit % 8
    size = data.draw(st.integers(0, len(genuine) - 1))
    table.put(B, bytes(forged), genuine[:size])
    assert table.last.key == (A, HERE)
    assert (len(table.sessions), table.sessions.half_open) == (1, 0)
    table.put(A, genuine)
    assert [text for _, text in table.arrived] == [b"here", b"genuine"]


def test_a_record_without_the_connection_id_is_not_taken(table):
    client = table.connect(A, CidClient())
    client.peer_cid, asked = b"", client.peer_cid
    plain = client.seal(b"plain")
    client.peer_cid = asked
    table.put(A, plain)
    assert table.arrived == []
    table.put(A, client.seal(b"with"))
    assert [data for _, data in table.arrived] == [b"with"]


def test_two_devices_may_come_from_one_address_one_after_the_other(table):
    """A network address translation gives the port of one that sleeps to another."""
    first = table.connect(A, CidClient())
    second = table.connect(A, CidClient(identity="dev2", key=KEY[::-1]))
    table.put(A, second.seal(b"second"))
    table.put(B, first.seal(b"first"))
    assert [(who.name, data) for who, data in table.arrived] == [
        ("dev2", b"second"),
        ("dev1", b"first"),
    ]
    assert table.ended == []


def test_a_device_that_begins_anew_ends_its_former_session(table):
    former = table.connect(A, CidClient())
    again = table.connect(A, CidClient())
    assert [why for _, why in table.ended] == ["a new handshake took the place of the session"]
    table.put(A, former.seal(b"former"), again.seal(b"again"))
    assert [data for _, data in table.arrived] == [b"again"]
    assert len(table.sessions) == 1


def test_close_notify_from_a_new_address_is_answered_there(table):
    client = table.connect(A, CidClient(b"cid"))
    client.read(*table.put(C, client.close()))
    assert client.closed
    assert len(table.sessions) == 0
