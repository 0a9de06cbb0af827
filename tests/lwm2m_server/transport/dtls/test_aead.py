"""An association takes each genuine record once, and nothing else leaves a trace in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.protocol.identity import Identity, SecurityMode
from lwm2m_server.transport.dtls.aead import AeadAssociation
from lwm2m_server.transport.dtls.protection import Plain
from lwm2m_server.transport.dtls.record import HEADER, VERSION, ContentType, records
from lwm2m_server.transport.dtls.schedule import SUITES, Keys, derive

DEVICE = Identity(SecurityMode.PSK, "dev1")


def keys(name: str = "PSK-AES128-CCM8") -> tuple[Keys, Keys]:
    return derive(SUITES[name], b"m" * 48, b"c" * 32, b"s" * 32)


def pair(name: str = "PSK-AES128-CCM8") -> tuple[AeadAssociation, AeadAssociation]:
    """Return the server's side, and the same code with its directions exchanged."""
    client, server = keys(name)
    tag = SUITES[name].tag
    return (
        AeadAssociation(DEVICE, Plain(client, tag), Plain(server, tag), 1),
        AeadAssociation(DEVICE, Plain(server, tag), Plain(client, tag), 1),
    )


def trace(association: AeadAssociation) -> tuple:
    window = association._window
    return association.over, list(association.outbox), window._next, window._seen


@pytest.mark.parametrize("name", SUITES)
def test_what_one_side_seals_the_other_receives(name):
    here, there = pair(name)
    for text in (b"", b"x", b"y" * 1200):
        assert list(here.receive(there.seal(text))) == [text]
        assert list(there.receive(here.seal(text))) == [text]


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=20), st.data())
def test_each_record_arrives_once_in_whatever_order_and_company(texts, data):
    here, there = pair()
    sealed = [there.seal(text) for text in texts]
    order = data.draw(st.permutations([*sealed, *sealed]))
    joined = data.draw(st.booleans())
    arrived = [b"".join(order)] if joined else order
    got = [text for datagram in arrived for text in here.receive(datagram)]
    assert sorted(got) == sorted(texts)


@given(st.binary(max_size=40), st.data())
def test_a_damaged_record_leaves_no_trace(text, data):
    here, there = pair()
    sealed = there.seal(text)
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    damaged = bytearray(sealed)
    damaged[bit // 8] ^= 1 << bit % 8
    before = trace(here)
    assert list(here.receive(bytes(damaged))) == []
    assert trace(here) == before
    assert list(here.receive(sealed)) == [text]


@given(st.binary(max_size=40))
def test_a_truncated_record_leaves_no_trace(text):
    here, there = pair()
    sealed = there.seal(text)
    before = trace(here)
    for size in range(len(sealed)):
        assert list(here.receive(sealed[:size])) == []
    assert trace(here) == before


@given(st.binary(max_size=200))
def test_garbage_leaves_no_trace(data):
    here, _ = pair()
    before = trace(here)
    for prefix in (b"", HEADER.pack(23, VERSION, 1 << 48 | 7, len(data))):
        assert list(here.receive(prefix + data)) == []
    assert trace(here) == before


def test_a_record_of_another_epoch_or_the_own_direction_is_not_taken():
    here, there = pair()
    sealed = there.seal(b"x")
    for epoch in (0, 2):
        other = sealed[:3] + epoch.to_bytes(2, "big") + sealed[5:]
        assert list(here.receive(other)) == []
    assert list(here.receive(here.seal(b"reflected"))) == []


def test_numbers_go_on_where_the_handshake_ended_and_no_nonce_comes_twice():
    here, _ = pair()
    numbers = [next(records(here.seal(b""))).sequence for _ in range(5)]
    assert numbers == [1, 2, 3, 4, 5]


def test_close_notify_is_answered_and_ends_the_session():
    here, there = pair()
    assert list(here.receive(there.close())) == []
    assert here.over == "the peer closed the session"
    assert list(there.receive(here.outbox[0])) == []
    assert list(here.receive(there.seal(b"late"))) == []


def alert(association: AeadAssociation, level: int, description: int) -> bytes:
    return association._seal(ContentType.ALERT, bytes((level, description)))


def test_a_fatal_alert_ends_the_session_and_a_warning_does_not():
    here, there = pair()
    here.receive(alert(there, 1, 90))
    assert here.over is None
    here.receive(alert(there, 2, 80))
    assert here.over == "the peer ended the session with alert 80"


def test_an_alert_that_is_not_protected_ends_nothing():
    here, _ = pair()
    for number in (0, 1 << 48 | 9):
        here.receive(HEADER.pack(ContentType.ALERT, VERSION, number, 2) + b"\2\0")
    assert here.over is None


def handshake_message(association: AeadAssociation, kind: int) -> bytes:
    return association._seal(ContentType.HANDSHAKE, bytes((kind,)) + bytes(23))


FINISHED = bytes((20,)) + bytes(23)


def test_the_last_flight_is_sent_again_while_the_client_repeats_its_own():
    here, there = pair()
    here.repeat(FINISHED, 7)
    here.receive(handshake_message(there, 20))
    [flight] = here.outbox
    change, finished = records(flight)
    assert flight[: change.end] == bytes.fromhex("14fefd 0000 000000000007 0001 01")
    _, server = keys()
    assert Plain(server, 8).open(flight, finished) == (ContentType.HANDSHAKE, FINISHED)
    here.receive(there.seal(b"data: so it arrived"))
    here.receive(handshake_message(there, 20))
    assert here.outbox == [flight]


def test_a_client_that_never_stops_repeating_gets_eight_answers_in_new_records():
    """RFC 6347 §4.2.2: each has sequence numbers of its own."""
    here, there = pair()
    here.repeat(FINISHED, 7)
    for _ in range(50):
        here.receive(handshake_message(there, 20))
    numbers = [(r.epoch, r.sequence) for flight in here.outbox for r in records(flight)]
    assert len(here.outbox) == 8
    assert len(set(numbers)) == 16
    assert next(records(here.seal(b""))).sequence == 9


def test_the_last_number_of_the_epoch_is_never_exceeded():
    """RFC 6347 §4.1: a session ends before its numbers wrap, and is left one to say so."""
    client, server = keys()
    last = AeadAssociation(DEVICE, Plain(client, 8), Plain(server, 8), 2**48 - 3)
    last.seal(b"")
    assert last.over is None
    last.seal(b"")
    assert last.over == "the session has used up its sequence numbers"
    [record] = records(last.close())
    assert (record.epoch, record.sequence) == (1, 2**48 - 1)


def test_a_client_s_last_number_is_taken_once():
    client, server = keys()
    here = AeadAssociation(DEVICE, Plain(client, 8), Plain(server, 8), 1)
    sealed = Plain(client, 8).seal(23, (2 << 48) - 1, b"last")
    assert list(here.receive(sealed)) == [b"last"]
    assert list(here.receive(sealed)) == []


def test_renegotiation_is_declined():
    here, there = pair()
    here.receive(handshake_message(there, 1))
    assert here.over is None
    assert len(here.outbox) == 1
    assert list(there.receive(here.outbox[0])) == []
    assert there.over is None
