"""Who has not finished a handshake cannot have much kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.transport.dtls.bounds import within_bounds
from lwm2m_server.transport.dtls.openssl import OpensslEngine
from lwm2m_server.transport.dtls.record import HEADER, VERSION

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


@pytest.mark.parametrize(
    ("datagram", "within"),
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
        (record(fragment(16, 100_000, 2), epoch=1), True),  # protected: no message to read
    ],
)
def test_what_is_declared_is_bounded(datagram, within):
    assert within_bounds(datagram) is within


@given(st.binary(max_size=200))
def test_any_bytes_are_within_bounds_or_not(data):
    assert within_bounds(b"\x16\xfe\xfd" + data) in (True, False)


def test_a_message_beyond_the_bounds_is_dropped_and_the_handshake_goes_on():
    engine = OpensslEngine(MemoryKeyring())
    client = Client()
    handshake = begin(engine, client)
    flight = client.step(*take(handshake.outbox))
    for sequence in range(2, 12):
        handshake.receive(record(fragment(11, 100_000, sequence)), 0.0)
    for datagram in flight:
        handshake.receive(datagram, 0.0)
    assert handshake.association is not None
    assert join(engine, Client()).association is not None
