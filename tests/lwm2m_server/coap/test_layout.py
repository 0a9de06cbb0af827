"""Whatever was read before, options are read as if they were the first (RFC 7252 §3.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.coap.errors import Malformed
from lwm2m_server.coap.layout import Layouts
from lwm2m_server.coap.message import Message, encode
from lwm2m_server.coap.options import Options

from .datagrams import BLOCK2, OBSERVE, URI_PATH, datagram
from .test_message import MESSAGES

Outcome = tuple[Options, int] | str
_TIMES = 100

CONTENT_FORMAT, MAX_AGE, URI_QUERY = 12, 14, 15


def options(*given: tuple[int, bytes], payload: bytes = b"") -> bytes:
    """What is behind the token of a message with these options."""
    return datagram(0, 2, 0, options=given, payload=payload)[4:]


REGISTER = options(
    (URI_PATH, b"rd"),
    (CONTENT_FORMAT, b"\x28"),
    (URI_QUERY, b"ep=urn:dev:0123456789"),
    (URI_QUERY, b"lt=300"),
    payload=b"</1/0>,</3/0>",
)


def outcome(layouts: Layouts, data: bytes) -> Outcome:
    try:
        return layouts.read(data, 0)
    except Malformed as fault:
        return f"{fault} {fault.code}"


def experienced(data: bytes) -> Layouts:
    """A reader that has read `data` again and again."""
    layouts = Layouts()
    for _ in range(_TIMES):
        outcome(layouts, data)
    return layouts


def assert_read_alike(before: bytes, data: bytes) -> None:
    assert outcome(experienced(before), data) == outcome(Layouts(), data)


@given(MESSAGES, st.data())
def test_experience_changes_nothing(message: Message, data: st.DataObject) -> None:
    behind = encode(message)[4 + len(message.token) :]
    other = bytearray(behind)
    for _ in range(data.draw(st.integers(0, 3)) if behind else 0):
        other[data.draw(st.integers(0, len(other) - 1))] = data.draw(st.integers(0, 255))
    assert_read_alike(behind, bytes(other))
    assert_read_alike(bytes(other), behind)


def test_devices_that_are_alike_share_a_layout() -> None:
    layouts = experienced(REGISTER)
    another = REGISTER.replace(b"0123456789", b"9876543210").replace(b"300", b"999")
    read, body = layouts.read(another, 0)
    assert read == Options(
        uri_path=("rd",), content_format=40, uri_query=("ep=urn:dev:9876543210", "lt=999")
    )
    assert another[body:] == b"</1/0>,</3/0>"
    assert len(layouts) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (REGISTER, REGISTER.replace(b"rd", b"\xff\xfe")),  # no UTF-8
        (REGISTER, options((URI_PATH, b"rd"), (CONTENT_FORMAT, bytes(len(REGISTER) - 6)))),
        (
            options((URI_PATH, b"a"), (URI_PATH, b"bc")),
            options((URI_PATH, b"ab"), (URI_PATH, b"c")),
        ),
        (options((URI_PATH, b"abc")), options((OBSERVE, b"abc"))),
        (options((URI_PATH, b"abc")), options((9999, b"a"))),
        (options((BLOCK2, b"\x06")), options((BLOCK2, b"\x07"))),  # a size that is reserved
        (options(payload=b"abc"), options((URI_PATH, b"abc"))),
        (
            options((URI_PATH, b""), payload=b"abc"),
            options((URI_PATH, b""), payload=b"\xff\xff\xff"),
        ),
    ],
)
def test_what_lies_otherwise_is_read_otherwise(before: bytes, after: bytes) -> None:
    assert len(experienced(before)) == 1, "a layout is known"
    assert_read_alike(before, after)
    assert_read_alike(after, before)


@pytest.mark.parametrize(
    "data",
    [
        options((MAX_AGE, bytes(5))),  # elective, too long: ignored (§5.4.3)
        options((MAX_AGE, b"1"), (MAX_AGE, b"2")),  # the first counts (§5.4.5)
        options((9998, b"elective, unknown")),
        options((9999, b"critical, unknown")),
        options((URI_PATH, b"\xff")),
        b"\xb5rd",  # cut short
        options((URI_PATH, b"rd"), payload=bytes(2000)),  # too long to be remembered
        b"",
    ],
)
def test_of_what_is_not_plain_no_layout_is_made(data: bytes) -> None:
    assert len(experienced(data)) == 0
    assert_read_alike(data, data)


def test_so_many_layouts_are_remembered_and_no_more() -> None:
    layouts = Layouts()
    for length in range(1000):
        for _ in range(_TIMES):
            layouts.read(options((URI_PATH, b"rd"), payload=bytes(1 + length)), 0)
    assert len(layouts) == 64
