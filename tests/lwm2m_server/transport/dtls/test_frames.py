"""The frames to the process that terminates DTLS: what is written is read, however it is cut."""

from ipaddress import IPv6Address
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.transport.dtls.frames import Frame, Frames, Kind, encode, path_text

frames = st.builds(Frame, st.sampled_from(Kind), st.integers(0, 2**64 - 1), st.binary(max_size=40))


@given(st.lists(frames, max_size=5), st.lists(st.integers(0, 200), max_size=6))
def test_reads_what_was_written_however_it_is_cut(told: list[Frame], cuts: list[int]) -> None:
    stream = b"".join(encode(*frame) for frame in told)
    edges = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
    reader = Frames()
    read = [frame for a, b in pairwise(edges) for frame in reader.feed(stream[a:b])]
    assert read == told


@pytest.mark.parametrize(
    "bad", [b"\x00\x10\x00\x01\x40" + bytes(8), b"\x00\x00\x00\x00\x00" + bytes(8)]
)
def test_refuses_what_is_no_frame(bad: bytes) -> None:
    with pytest.raises(ValueError, match="no frame"):
        Frames().feed(bad)


@pytest.mark.parametrize(
    ("peer", "scope", "own", "text"),
    [
        ("::ffff:192.0.2.7", 0, "::ffff:192.0.2.1", "coaps://192.0.2.7:5684?local=192.0.2.1"),
        ("2001:db8::7", 0, "2001:db8::1", "coaps://[2001:db8::7]:5684?local=2001:db8::1"),
        ("fe80::7", 3, "::", "coaps://[fe80::7%3]:5684"),
    ],
)
def test_writes_a_path_as_the_address_of_a_registration(
    peer: str, scope: int, own: str, text: str
) -> None:
    body = IPv6Address(peer).packed + (5684).to_bytes(2, "big") + scope.to_bytes(4, "big")
    assert path_text(body + IPv6Address(own).packed + b"rest") == (text, b"rest")
