"""Records in datagrams: what lies whole is found, and runs of records are cut at their edges."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.transport.dtls.record import HEADER, VERSION, datagrams, records


def record(kind: int, epoch: int, sequence: int, fragment: bytes) -> bytes:
    return HEADER.pack(kind, VERSION, epoch << 48 | sequence, len(fragment)) + fragment


fragments = st.binary(max_size=600)


@given(st.lists(st.tuples(st.integers(20, 25), fragments)), st.binary(max_size=12))
def test_each_whole_record_is_found_in_order_and_what_follows_is_not(given_records, rest):
    stream = b"".join(record(kind, 1, n, f) for n, (kind, f) in enumerate(given_records))
    found = list(records(stream + rest))
    assert [(r.type, (stream + rest)[r.start : r.end]) for r in found] == given_records
    assert [(r.epoch, r.sequence) for r in found] == [(1, n) for n in range(len(found))]


def test_a_record_that_is_cut_off_is_none():
    whole = record(23, 1, 5, b"abcdef")
    for size in range(len(whole)):
        assert list(records(whole[:size])) == []


@given(st.lists(fragments), st.integers(700, 1232))
def test_datagrams_hold_whole_records_in_order_and_no_more_than_the_path_carries(all_of, mtu):
    stream = b"".join(record(22, 0, n, f) for n, f in enumerate(all_of))
    cut = datagrams([record(22, 0, n, f) for n, f in enumerate(all_of)], mtu)
    assert b"".join(cut) == stream
    assert all(len(d) <= mtu for d in cut)
    assert sum(len(list(records(d))) for d in cut) == len(all_of)
    # As few as may be: no datagram would have had room for the first record of the next.
    for this, following in pairwise(cut):
        assert len(this) + next(iter(records(following))).end > mtu


@given(st.binary(max_size=100))
def test_arbitrary_bytes_are_read_within_their_bounds(data):
    assert all(13 <= r.start <= r.end <= len(data) for r in records(data))
