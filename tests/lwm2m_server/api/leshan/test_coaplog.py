"""Messages as Leshan's demo logs them, and that nothing looks at them while nobody does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.api.leshan.coaplog import to_json
from lwm2m_server.coap.block import Block
from lwm2m_server.coap.message import Message, Options, empty, encode
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.service.traffic import Traced, Tracer, TrafficService

HEAD = {"timestamp": 5000, "incoming": True, "ep": "dev"}


def shown(datagram: bytes) -> dict[str, Any]:
    return to_json(Traced(5.0, "dev", incoming=True, datagram=datagram))


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            Message(
                Code.GET,
                Options(uri_path=("3", "0"), accept=0, observe=0),
                id=7,
                token=b"\xab",
            ),
            {
                "type": "CON",
                "code": "GET",
                "options": 'Observe: 0 - Uri-Path: "3", "0" - Accept: 0',
            },
        ),
        (
            Message(
                Code.CONTENT,
                Options(content_format=112, block2=Block(1, more=True, exponent=2), etags=(b"\1",)),
                b"\x00",
                type=Type.NON,
                id=7,
                token=b"\xab",
            ),
            {
                "type": "NON",
                "code": "2.05",
                "options": "ETag: 0x01 - Content-Format: 112 - Block2: (size=64, m=true, num=1)",
                "payload": "Hex:00",
            },
        ),
        (
            Message(Code.POST, Options(other=((65000, b"\xff"),)), b"0='x'", id=7, token=b"\xab"),
            {
                "type": "CON",
                "code": "POST",
                "options": "Unknown (65000): 0xFF",
                "payload": "0='x'",
            },
        ),
    ],
)
def test_a_message_is_told_in_words(message: Message, told: dict[str, Any]) -> None:
    assert shown(encode(message)) == {**HEAD, "mId": 7, "token": "AB", **told}


def test_an_empty_message_has_no_code() -> None:
    told = shown(empty(Type.RST, 7))
    assert told == {**HEAD, "type": "RST", "mId": 7, "token": ""}


@given(st.binary(max_size=64))
def test_any_datagram_can_be_told(datagram: bytes) -> None:
    told = shown(datagram)
    assert (told["ep"], told["incoming"]) == ("dev", True)
    assert told["type"]


class Tap:
    """What a driver does: tells whoever it was given last."""

    def __init__(self) -> None:
        self.tracer: Tracer | None = None

    def __call__(self, tracer: Tracer | None) -> None:
        self.tracer = tracer


class Known:
    """Endpoints that have the names of their addresses."""

    def by_address(self, address: str) -> Any:
        return type("Registration", (), {"endpoint": address.removeprefix("coap://")})


class Clock:
    def now(self) -> float:
        return 5.0


def test_only_what_is_watched_is_traced() -> None:
    tap, told = Tap(), list[Traced]()
    traffic = TrafficService(Known(), Clock())  # type: ignore[arg-type] # as much as it asks
    leave = traffic.watch("dev", told.append)
    traffic.connect(tap)
    assert tap.tracer is traffic
    leave_other = traffic.watch("other", told.append)
    traffic.came("coap://dev", b"1")
    traffic.left("coap://stranger", b"2")
    traffic.left("coap://other", b"3")
    assert told == [
        Traced(5.0, "dev", incoming=True, datagram=b"1"),
        Traced(5.0, "other", incoming=False, datagram=b"3"),
    ]
    leave()
    assert (traffic.watched, tap.tracer) == (1, traffic)
    leave_other()
    assert (traffic.watched, tap.tracer) == (0, None)


def test_who_watches_twice_is_told_once_until_both_have_ended() -> None:
    tap, told = Tap(), list[Traced]()
    traffic = TrafficService(Known(), Clock())  # type: ignore[arg-type] # as much as it asks
    traffic.connect(tap)
    leave, leave_again = traffic.watch("dev", told.append), traffic.watch("dev", told.append)
    traffic.came("coap://dev", b"1")
    leave()
    traffic.came("coap://dev", b"2")
    assert [one.datagram for one in told] == [b"1", b"2"]
    leave_again()
    assert (traffic.watched, tap.tracer) == (0, None)
