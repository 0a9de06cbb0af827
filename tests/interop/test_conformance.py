"""The message layer and two that are not ours, message by message: aiocoap both ways, and libcoap.

What is exercised, and where the rest is:

| | aiocoap asks us | we ask aiocoap | libcoap asks us |
| --- | --- | --- | --- |
| every option but OSCORE | here | here | here |
| answer in the ACK, separate, to a NON | here | here | here |
| tokens of 0, 1 and 8 bytes | | | here |
| unknown critical option: 4.02 | `test_loopback` | | here |
| Block1, Block2, 4.13 | `test_aiocoap_blocks` | `test_aiocoap_blocks` | here |
| ETag: 2.03 | here | | |
| Observe (nothing here is observed) | `test_context` | `test_loopback` | here |
| RST ends an observation | | `test_loopback` | |
| ping | | | here |

OSCORE is in `test_oscore`, DTLS in `test_libcoap_dtls`, over both of which these messages go.
"""

import asyncio
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiocoap
import pytest
from aiocoap.numbers import TransportTuning
from aiocoap.resource import Resource

from lwm2m_server.coap.endpoint import Incoming
from lwm2m_server.coap.message import Message, Options
from lwm2m_server.coap.numbers import Code, Option, Type, code_text
from lwm2m_server.coap.options import TABLE, encode_options
from lwm2m_server.coap.tuning import TUNING
from lwm2m_server.transport.handler import Pending
from tests.lwm2m_server.transport.asking import ask

from .test_aiocoap_blocks import client, ours, server
from .test_libcoap_dtls import PATIENCE, installed

pytestmark = pytest.mark.interop

# A request that has every option there is, but those that change what it is about.
SAID = Options(
    if_match=(b"", b"12345678"),
    uri_host="example.net",
    etags=(b"1", b"22"),
    if_none_match=True,
    uri_port=61616,
    uri_path=("body", "", "é"),
    content_format=11542,
    uri_query=("a=1", "", "ö" * 100),
    accept=60,
    size2=0,
    size1=70_000,
    echo=b"e" * 40,
    no_response=0,
    request_tags=(b"", b"tag"),
)
# And what a response may have besides.
ANSWERED = Options(
    etags=(b"tag",),
    location_path=("rd", "é"),
    location_query=("x=1",),
    content_format=65535,
    max_age=4_294_967_295,
    echo=b"e",
    size2=2,
)
ELSEWHERE = {Option.OBSERVE, Option.BLOCK1, Option.BLOCK2, Option.OSCORE}


def test_no_option_is_left_out() -> None:
    told = {field for said in (SAID, ANSWERED) for field, value in vars(said).items() if value}
    told.add("no_response")  # 0: nothing is unwanted
    assert {row.number for row in TABLE if row.field not in told} == ELSEWHERE


def pairs(options: Options) -> list[tuple[int, bytes]]:
    """The options as numbers and values, in order."""
    packed = bytearray()
    encode_options(options, packed)
    return flat(aiocoap_options(bytes(packed)).option_list())


def aiocoap_options(packed: bytes) -> Any:
    options = aiocoap.options.Options()
    options.decode(packed)
    return options


def flat(options: Iterable[Any]) -> list[tuple[int, bytes]]:
    return [(int(option.number), option.encode()) for option in options]


@dataclass
class Asked:
    """A handler of ours that keeps what it was asked."""

    answer: Message | Pending
    requests: list[Message] = field(default_factory=list)

    def __call__(self, incoming: Incoming) -> Message | Pending:
        incoming.proven = True
        self.requests.append(incoming.message)
        return self.answer


class Theirs(Resource):
    """A resource of theirs that keeps what it was asked, and may take its time."""

    def __init__(self, answer: Any, takes: float = 0.0) -> None:
        super().__init__()
        self.answer, self.takes = answer, takes
        self.requests: list[Any] = []

    def get_resources_as_linkheader(self) -> None:
        return None

    async def needs_blockwise_assembly(self, _request: Any) -> bool:
        return False

    async def render(self, request: Any) -> Any:
        self.requests.append(request)
        await asyncio.sleep(self.takes)
        return self.answer


def later(response: Message, seconds: float = TUNING.separate_after * 1.3) -> Pending:
    """An answer that has to be separate."""
    loop = asyncio.get_running_loop()
    until: asyncio.Future[Message] = loop.create_future()
    loop.call_later(seconds, until.set_result, response)
    return Pending(until)


# --- aiocoap asks us ----------------------------------------------------------------------------


async def test_every_option_of_theirs_is_read_as_they_meant_it() -> None:
    asked = Asked(Message(Code.CHANGED))
    async with ours(body=asked) as we, client() as they:
        request = aiocoap.Message(code=aiocoap.PUT, payload=b"x")
        request.unresolved_remote = f"[::1]:{we.socket.port}"
        packed = bytearray()
        encode_options(SAID, packed)
        request.opt.decode(bytes(packed))
        await they.request(request, handle_blockwise=False).response
    (told,) = asked.requests
    assert told.options == SAID


async def test_every_option_of_ours_is_read_as_we_meant_it() -> None:
    asked = Asked(Message(Code.CONTENT, ANSWERED, b"ok"))
    async with ours(body=asked) as we, client() as they:
        request = aiocoap.Message(code=aiocoap.GET, uri=we.uri("body"))
        response = await they.request(request, handle_blockwise=False).response
    assert flat(response.opt.option_list()) == pairs(ANSWERED)


@pytest.mark.parametrize("kind", [aiocoap.Reliable, aiocoap.Unreliable])
@pytest.mark.parametrize("separate", [False, True])
async def test_they_are_answered_in_each_way(kind: Any, separate: bool) -> None:
    content = Message(Code.CONTENT, payload=b"ok")
    asked = Asked(later(content) if separate else content)
    async with ours(body=asked) as we, client() as they:
        request = aiocoap.Message(code=aiocoap.GET, uri=we.uri("body"), transport_tuning=kind())
        response = await they.request(request).response
    confirmed = aiocoap.CON if separate else aiocoap.ACK
    way = confirmed if kind is aiocoap.Reliable else aiocoap.NON
    assert (response.mtype, response.payload, len(asked.requests)) == (way, b"ok", 1)


async def test_what_they_have_already_is_not_sent() -> None:
    async with (
        ours(body=lambda _: Message(Code.CONTENT, Options(etags=(b"tag",)), b"x" * 100)) as we,
        client() as they,
    ):
        request = aiocoap.Message(code=aiocoap.GET, uri=we.uri("body"), etags=[b"tag"])
        response = await they.request(request).response
    assert (response.code, response.payload) == (aiocoap.VALID, b"")


# --- we ask aiocoap -----------------------------------------------------------------------------


async def test_every_option_that_we_send_is_read_as_we_meant_it() -> None:
    said = SAID.but(uri_path=("body",))
    theirs = Theirs(aiocoap.Message(code=aiocoap.CHANGED))
    async with server(theirs) as port, ours() as we:
        await ask(we.driver, we.remote(port), Message(Code.PUT, said, b"x"))
    # Their site takes the path off as it goes down it.
    expected = [pair for pair in pairs(said) if pair[0] != Option.URI_PATH]
    assert flat(theirs.requests[0].opt.option_list()) == expected


async def test_every_option_that_they_answer_with_is_read_as_they_meant_it() -> None:
    answer = aiocoap.Message(code=aiocoap.CONTENT, payload=b"ok")
    packed = bytearray()
    encode_options(ANSWERED, packed)
    answer.opt.decode(bytes(packed))
    async with server(Theirs(answer)) as port, ours() as we:
        get = Message(Code.GET, Options(uri_path=("body",)))
        response = await ask(we.driver, we.remote(port), get)
    assert response.options == ANSWERED


@pytest.mark.parametrize("kind", [Type.CON, Type.NON])
@pytest.mark.parametrize("separate", [False, True])
async def test_we_are_answered_in_each_way(kind: Type, separate: bool) -> None:
    takes = 3 * TransportTuning.EMPTY_ACK_DELAY if separate else 0.0
    theirs = Theirs(aiocoap.Message(code=aiocoap.CONTENT, payload=b"ok"), takes)
    async with server(theirs) as port, ours() as we:
        get = Message(Code.GET, Options(uri_path=("body",)), type=kind)
        response = await ask(we.driver, we.remote(port), get)
        following = await ask(we.driver, we.remote(port), get)  # it is over: NSTART
    way = Type.ACK if kind == Type.CON and not separate else kind
    assert (response.type, response.payload, following.payload) == (way, b"ok", b"ok")
    assert len(theirs.requests) == 2


# --- libcoap asks us ----------------------------------------------------------------------------


@pytest.fixture
def program() -> str:
    return installed(
        "coap-client-notls" if shutil.which("coap-client-notls") else "coap-client-openssl"
    )


async def libcoap(program: str, uri: str, *options: str) -> str:
    """Run their client to its end and return what it printed."""
    process = await asyncio.create_subprocess_exec(
        program, *options, uri, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(PATIENCE):
        printed, _ = await process.communicate()
    return printed.decode(errors="replace")


VALUES: dict[Option, str] = {
    Option.IF_MATCH: "0x3132",
    Option.URI_HOST: "example.net",
    Option.ETAG: "0x3132",
    Option.IF_NONE_MATCH: "",
    Option.URI_PORT: "0xf0b0",
    Option.CONTENT_FORMAT: "0x2d16",
    Option.MAX_AGE: "0xffffffff",
    Option.URI_QUERY: "ep=1",
    Option.ACCEPT: "0x28",
    Option.SIZE2: "0x00",
    Option.ECHO: "0x3132",
    Option.REQUEST_TAG: "0x3132",
}


@pytest.mark.parametrize("number", VALUES, ids=lambda number: number.name)
async def test_each_option_of_theirs_is_read(program: str, number: Option) -> None:
    asked = Asked(Message(Code.CONTENT, payload=b"taken"))
    async with ours(body=asked) as we:
        said = f"{int(number)},{VALUES[number]}"
        await libcoap(program, we.uri("body"), "-O", said)
    value = VALUES[number]
    raw = bytes.fromhex(value[2:]) if value.startswith("0x") else value.encode()
    assert (number, raw.lstrip(b"\0") or raw[:0]) in [
        (told, was.lstrip(b"\0")) for told, was in pairs(asked.requests[0].options)
    ]


async def test_a_critical_option_of_theirs_that_nobody_knows_is_refused(program: str) -> None:
    asked = Asked(Message(Code.CONTENT, payload=b"taken"))
    async with ours(body=asked) as we:
        assert code_text(Code.BAD_OPTION) in await libcoap(program, we.uri("body"), "-O", "65001,x")
    assert asked.requests == []


@pytest.mark.parametrize("token", ["", "a", "12345678"])
@pytest.mark.parametrize("non", [(), ("-N",)])
@pytest.mark.parametrize("separate", [False, True])
async def test_libcoap_is_answered_in_each_way(
    program: str, token: str, non: tuple[str, ...], separate: bool
) -> None:
    content = Message(Code.CONTENT, payload=b"ok")
    asked = Asked(later(content) if separate else content)
    async with ours(body=asked) as we:
        assert "ok" in await libcoap(
            program, we.uri("body"), *non, *(("-T", token) if token else ())
        )
    (request,) = asked.requests
    assert request.type == (Type.NON if non else Type.CON)
    assert not token or len(request.token) == len(token)  # they count on from it


@pytest.mark.parametrize("size", [16, 64, 1024])
async def test_libcoap_sends_and_fetches_in_blocks(program: str, size: int, tmp_path: Path) -> None:
    body = bytes(range(32, 127)) * 60
    (tmp_path / "body").write_bytes(body)
    taking, giving = Asked(Message(Code.CHANGED)), Asked(Message(Code.CONTENT, payload=body))
    async with ours(taking=taking, giving=giving) as we:
        await libcoap(
            program, we.uri("taking"), "-m", "put", "-b", str(size), "-f", str(tmp_path / "body")
        )
        got = tmp_path / "got"
        await libcoap(program, we.uri("giving"), "-b", str(size), "-o", str(got))
    assert [bytes(request.payload) for request in taking.requests] == [body]
    assert got.read_bytes() == body


async def test_who_observes_what_is_not_observable_gets_its_value(program: str) -> None:
    asked = Asked(Message(Code.CONTENT, payload=b"value"))
    async with ours(body=asked) as we:
        assert "value" in await libcoap(program, we.uri("body"), "-s", "1")
    assert asked.requests[0].options.observe == 0


async def test_their_ping_is_answered(program: str) -> None:
    """§4.3; they ping while they wait for an answer."""
    content = Message(Code.CONTENT, payload=b"value")
    async with ours(body=lambda _: later(content, 2.5)) as we:
        printed = await libcoap(program, we.uri("body"), "-K", "1", "-v", "7")
    assert "value" in printed
    pings = re.findall(r"sent 4 bytes\nv:1 t:CON c:0.00 i:(\w+)", printed)
    assert pings
    assert re.findall(r"received 4 bytes\nv:1 t:RST c:0.00 i:(\w+)", printed) == pings
