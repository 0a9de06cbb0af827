"""A cookie before any state: who cannot receive at the address it claims gets nothing kept."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.transport.dtls.hello import ClientHello, Cookies, is_client_hello

from .client import Client

HERE, THERE = b"here", b"there"


def first_hello() -> bytes:
    [datagram] = Client().step()
    return datagram


def hellos() -> tuple[Client, bytes, ClientHello]:
    client = Client()
    [datagram] = client.step()
    hello = ClientHello.parse(datagram)
    assert hello is not None
    return client, datagram, hello


def returned(cookies: Cookies, now: float = 0.0) -> ClientHello:
    client, _, hello = hellos()
    [second] = client.step(cookies.request(hello, HERE, now))
    parsed = ClientHello.parse(second)
    assert parsed is not None
    return parsed


def test_a_client_brings_back_the_cookie_that_it_was_sent():
    cookies = Cookies(os.urandom)
    assert cookies.right(returned(cookies), HERE, 0.0)


def test_a_cookie_is_of_one_address_and_of_one_hello():
    cookies = Cookies(os.urandom)
    mine, other = returned(cookies), returned(cookies)
    assert not cookies.right(mine, THERE, 0.0)
    stolen = ClientHello(other.sequence, other.random, mine.cookie, b"", other.parameters)
    assert not cookies.right(stolen, HERE, 0.0)
    assert not Cookies(os.urandom).right(mine, HERE, 0.0)
    _, _, without = hellos()
    assert not cookies.right(without, HERE, 0.0)


@pytest.mark.parametrize(
    ("age", "right"), [(0.0, True), (149.0, True), (150.0, True), (299.0, True), (300.0, False)]
)
def test_a_cookie_is_good_for_one_period_at_least_and_for_two_at_most(age, right):
    cookies = Cookies(os.urandom)
    mine = returned(cookies, 1000.0)
    # Whether the server was busy meanwhile makes no difference.
    busy = returned(cookies, 1000.0 + age / 2)
    assert cookies.right(busy, HERE, 1000.0 + age / 2)
    assert cookies.right(mine, HERE, 1000.0 + age) is right
    silent = Cookies(os.urandom)
    mine = returned(silent, 1000.0)
    assert silent.right(mine, HERE, 1000.0 + age) is right


def test_the_answer_is_shorter_than_the_question():
    _, datagram, hello = hellos()
    assert len(Cookies(os.urandom).request(hello, HERE, 0.0)) < min(len(datagram), 67)


def test_a_hello_is_whole_or_nothing():
    datagram = first_hello()
    assert is_client_hello(datagram)
    for size in range(len(datagram)):
        assert ClientHello.parse(datagram[:size]) is None
    assert ClientHello.parse(datagram + b"more") is not None  # further records are not looked at


def with_byte(datagram: bytes, at: int, value: int) -> bytes:
    return datagram[:at] + bytes((value,)) + datagram[at + 1 :]


@pytest.mark.parametrize(
    ("what", "at", "value"),
    [
        ("another content type", 0, 21),
        ("TLS", 1, 3),
        ("another epoch", 4, 1),
        ("another handshake message", 13, 2),
        ("a fragment that is not the first", 21, 1),
        ("a fragment of something longer", 16, 255),
        ("DTLS 1.0", 26, 0xFF),
        ("a session id that is too long", 59, 33),
        ("a cookie that is too long", 60, 255),
        ("an odd length of cipher suites", 62, 3),
        ("no cipher suites", 62, 0),
    ],
)
def test_what_is_malformed_is_no_hello(what, at, value):
    assert ClientHello.parse(with_byte(first_hello(), at, value)) is None, what


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_no_hello_and_raise_nothing(data):
    parsed = ClientHello.parse(data)
    assert parsed is None or is_client_hello(data)


@given(st.data())
def test_a_damaged_hello_raises_nothing_and_its_cookie_is_not_right(data):
    cookies = Cookies(os.urandom)
    client, _, hello = hellos()
    [second] = client.step(cookies.request(hello, HERE, 0.0))
    # The version of the record and the last of its extensions are not under the cookie.
    end = 13 + 12 + 2 + 32 + 1 + 1 + 16
    at = data.draw(st.integers(13 + 12, end - 1))
    value = data.draw(st.integers(0, 255).filter(lambda value: value != second[at]))
    damaged = ClientHello.parse(with_byte(second, at, value))
    assert damaged is None or not cookies.right(damaged, HERE, 0.0)
