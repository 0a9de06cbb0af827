"""Who has not finished a handshake cannot have much kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.transport.dtls.bounds import within_bounds
from lwm2m_server.transport.dtls.openssl import OpensslEngine
from lwm2m_server.transport.dtls.record import HEADER, VERSION, records

from .cid_client import CID_TYPE, CidClient
from .client import Client
from .keyring import MemoryKeyring, begin, join, take


def fragment(kind: int, declared: int, sequence: int, body: bytes = bytes(20)) -> bytes:
    return (
        bytes((kind,))
        + declared.to_bytes(3, "big")
        + sequence.to_bytes(2, "big")
        + bytes(3)
        + len(body).to_bytes(3, "big")
        + body
    )


def record(*messages: bytes, epoch: int = 0) -> bytes:
    joined = b"".join(messages)
    return HEADER.pack(22, VERSION, epoch << 48, len(joined)) + joined


SMALL = fragment(16, 20, 2)


def within(datagram: bytes) -> bool:
    return all(within_bounds(datagram, found) for found in records(datagram))


@pytest.mark.parametrize(
    ("datagram", "expected"),
    [
        (b"", True),
        (record(SMALL), True),
        (record(fragment(16, 1024, 8)), True),
        (record(fragment(16, 1025, 2)), False),
        (record(fragment(16, 20, 9)), False),
        (record(fragment(11, 8192, 2)), True),
        (record(fragment(11, 8193, 2)), False),
        (record(SMALL, fragment(16, 100_000, 3)), False),
        (record(SMALL) + record(fragment(1, 100_000, 3)), False),
    ],
    ids=lambda value: value.hex() if isinstance(value, bytes) else None,
)
def test_what_is_declared_is_bounded(datagram, expected):
    assert within(datagram) is expected


@given(st.binary(max_size=200))
def test_any_bytes_are_within_bounds_or_not(data):
    assert within(b"\x16\xfe\xfd" + data) in (True, False)


LARGE = record(fragment(16, 1100, 2, bytes(1100)))  # in the place of the ClientKeyExchange


@pytest.fixture(scope="module")
def engine() -> OpensslEngine:
    return OpensslEngine(MemoryKeyring())


def ends_well(handshake, flight: list[bytes]) -> bool:
    for datagram in flight:
        handshake.receive(datagram, 0.0)
    return handshake.association is not None


def test_a_message_beyond_the_bounds_is_dropped_and_the_handshake_goes_on(engine):
    client = Client()
    handshake = begin(engine, client)
    flight = client.step(*take(handshake.outbox))
    for sequence in range(2, 12):
        handshake.receive(record(fragment(11, 100_000, sequence)), 0.0)
    handshake.receive(LARGE, 0.0)
    assert ends_well(handshake, flight)
    assert join(engine, Client()).association is not None


def test_nothing_is_taken_along_with_a_hello(engine):
    client = Client()
    handshake = begin(engine, client, along=LARGE)
    assert ends_well(handshake, client.step(*take(handshake.outbox)))


def test_no_record_hides_another_by_its_connection_id(engine):
    """Without the Connection ID in mind its length would be read elsewhere, far beyond the end."""
    client = CidClient()
    handshake = begin(engine, client)
    flight = client.step(*take(handshake.outbox))
    hiding = bytes((CID_TYPE,)) + b"\xfe\xfd" + bytes(8) + b"\xff" * 8 + b"\0\4" + bytes(4)
    handshake.receive(hiding + LARGE, 0.0)
    assert ends_well(handshake, flight)


@pytest.mark.parametrize("kind", [0, 23, 24, CID_TYPE, 255])
def test_what_no_handshake_has_in_plaintext_is_dropped(engine, kind):
    """RFC 6347 §4.1.2.7: anybody can send it from a client's address."""
    client = Client()
    handshake = begin(engine, client)
    flight = client.step(*take(handshake.outbox))
    handshake.receive(HEADER.pack(kind, VERSION, 9, 4) + bytes(4), 0.0)
    assert ends_well(handshake, flight)


def test_protected_records_that_come_too_early_cost_nothing(engine):
    client = Client()
    handshake = begin(engine, client)
    flight = client.step(*take(handshake.outbox))
    for number in range(200):
        handshake.receive(HEADER.pack(22, VERSION, 1 << 48 | number, 40) + bytes(40), 0.0)
    assert len(handshake._early) == 53
    assert ends_well(handshake, flight)
