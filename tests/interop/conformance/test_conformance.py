"""What one endpoint says the other hears: ours and aiocoap's, in both roles.

Every scenario runs between two of aiocoap's first, so that it is known to be right.
Beside this: libcoap in `test_libcoap`, OSCORE in `test_oscore`, DTLS in `test_libcoap_dtls` and
`test_pion`.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiocoap.numbers.constants import TransportTuning

from lwm2m_server.coap.options import TABLE
from lwm2m_server.service.ports import Package
from lwm2m_server.transport.pull import PackageHandler
from tests.lwm2m_server.coap.datagrams import ACK, CON, NON, RST, Sent, datagram

from .aiocoap_end import AiocoapEnd
from .ends import (
    LOOPBACK,
    LOOPBACK_6,
    SEPARATE_AFTER,
    Answer,
    Client,
    Failed,
    Heard,
    Request,
    options_of,
)
from .our_end import OurEnd
from .tap import TO_CLIENT, TO_SERVER, Tap, tapped

pytestmark = pytest.mark.interop

GET, POST, PUT, DELETE, FETCH, PATCH, IPATCH = range(1, 8)
CREATED, DELETED, VALID, CHANGED, CONTENT = range(0x41, 0x46)
TOO_LARGE = 0x8D
PATIENCE = 30
LATE = max(SEPARATE_AFTER, TransportTuning.EMPTY_ACK_DELAY) * 2
BODY = bytes(range(251)) * 400  # 98 blocks, the last not full
SIZES = (0, 1, 1023, 1024, 1025, 2048, len(BODY))
LARGEST = 64 * 1024  # of what our server takes

PAIRS = {
    "aiocoap to aiocoap": (AiocoapEnd, AiocoapEnd),
    "ours to aiocoap": (OurEnd, AiocoapEnd),
    "aiocoap to ours": (AiocoapEnd, OurEnd),
    "ours to ours": (OurEnd, OurEnd),
}
OURS_SERVES = {name: pair for name, pair in PAIRS.items() if pair[1] is OurEnd}
THEIRS_SERVES = {name: pair for name, pair in PAIRS.items() if pair[1] is AiocoapEnd}


@dataclass
class Scene:
    """A client that asks through a tap, and what the server's resource hears and answers."""

    client: Client
    server: Any
    tap: Tap
    heard: Heard

    async def ask(self, request: Request) -> Answer:
        async with asyncio.timeout(PATIENCE):
            return await self.client.ask(self.tap.at, request)

    async def until(self, wanted: Callable[[Sent], bool]) -> Sent:
        async with asyncio.timeout(PATIENCE):
            return await self.tap.until(wanted)

    def kinds(self) -> list[tuple[str, int, int]]:
        """Return whither, type and code of all messages that passed."""
        ways = {TO_SERVER: "to server", TO_CLIENT: "to client"}
        return [(ways[sent.peer], sent.type, sent.code) for sent in self.tap.passed]


@pytest.fixture
def host() -> str:
    """Where it happens, unless a test says otherwise."""
    return LOOPBACK


both_families = pytest.mark.parametrize("host", [LOOPBACK, LOOPBACK_6])


@pytest.fixture(params=PAIRS.values(), ids=PAIRS.keys())
async def scene(request: pytest.FixtureRequest, host: str) -> AsyncIterator[Scene]:
    client_kind, server_kind = request.param
    heard = Heard()
    async with (
        client_kind.opened(Heard(), host) as client,
        server_kind.opened(heard, host) as server,
        tapped(server.at) as tap,
    ):
        yield Scene(client, server, tap, heard)


async def assert_said(scene: Scene, request: Request, answer: Answer) -> None:
    """What the client says the server hears, and what that answers the client hears."""
    scene.heard.answer = answer
    assert await scene.ask(request) == answer
    assert scene.heard.requests == [request]


# --- what is said ----------------------------------------------------------------------------


@both_families
@pytest.mark.parametrize("code", [GET, POST, PUT, DELETE, FETCH, PATCH, IPATCH])
async def test_methods(scene: Scene, code: int) -> None:
    body = b"" if code in (GET, DELETE) else b"body"
    answer = Answer({GET: CONTENT, FETCH: CONTENT, DELETE: DELETED}.get(code, CHANGED), b"answer")
    await assert_said(scene, Request(code, ("a",), payload=body), answer)


REQUESTS = {
    "a long path": Request(GET, ("a",) * 20),
    "a segment of 255 bytes": Request(GET, ("x" * 255,)),
    "characters of all sizes": Request(GET, ("ä", "水", "🌡", "%2F", "a b"), ("k=ä", "=", "&")),
    "an empty segment": Request(GET, ("a", "", "b")),
    "queries": Request(GET, ("rd",), ("ep=urn:dev:1", "lt=86400", "lwm2m=1.1", "b=U", "Q")),
    "formats": Request(POST, ("a",), payload=b"x", content_format=11542, accept=112),
    "format 0": Request(POST, ("a",), payload=b"x", content_format=0, accept=0),
    "etags": Request(GET, ("a",), etags=(b"1", b"22", b"88888888")),
    "if-match": Request(PUT, ("a",), payload=b"x", if_match=(b"", b"12345678")),
    "if-none-match": Request(PUT, ("a",), payload=b"x", if_none_match=True),
    "another host": Request(GET, ("a",), uri_host="example.net", uri_port=61616),
    "a long query": Request(GET, ("a",), ("", "ö" * 100)),
    "a size": Request(PUT, ("a",), payload=b"x", size1=70_000),
    "what is elective": Request(GET, ("a",), max_age=4_294_967_295, no_response=0),
    "an echo": Request(PUT, ("a",), payload=b"x", echo=b"e" * 40),
    "request tags": Request(PUT, ("a",), payload=b"x", request_tags=(b"", b"tag")),
    "no path": Request(GET),
}
ALL = {
    name: value for each in REQUESTS.values() for name, value in options_of(each).items() if value
}
REQUESTS["all at once"] = Request(PUT, payload=b"x", **ALL)

# RFC 7252 §12.2, RFC 7959 §6, RFC 7967 §6, RFC 9175 §7
NUMBERS = {
    "if_match": 1, "uri_host": 3, "etags": 4, "if_none_match": 5, "uri_port": 7,
    "location_path": 8, "uri_path": 11, "content_format": 12, "max_age": 14, "uri_query": 15,
    "accept": 17, "location_query": 20, "size2": 28, "size1": 60, "echo": 252,
    "no_response": 258, "request_tags": 292,
}  # fmt: skip
ELSEWHERE = {"observe": 6, "oscore": 9, "block2": 23, "block1": 27}


def test_no_option_is_left_out() -> None:
    assert {row.field: row.number for row in TABLE} == NUMBERS | ELSEWHERE
    said = [options_of(each) for each in (*REQUESTS.values(), *ANSWERS.values())]
    told = {
        name for options in said for name, value in options.items()
        if value not in (None, ()) and value is not False
    }  # fmt: skip
    assert told == set(NUMBERS)


def assert_on_the_wire(sent: Sent, said: Request | Answer) -> None:
    """These options and no others, as often as they are said."""
    count: Counter[int] = Counter()
    for name, value in options_of(said).items():
        if isinstance(value, tuple):
            count[NUMBERS[name]] = len(value)
        elif value is not None and value is not False:
            count[NUMBERS[name]] = 1
    assert Counter(number for number, _ in sent.options) == +count


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())
async def test_options_of_requests(scene: Scene, request_: Request) -> None:
    await assert_said(scene, request_, Answer(CONTENT, b"x"))
    assert_on_the_wire(scene.tap.passed[0], request_)


ANSWERS = {
    "nothing": Answer(CHANGED),
    "a format": Answer(CONTENT, b"\x00", content_format=42),
    "format 0": Answer(CONTENT, b"text", content_format=0),
    "a location": Answer(CREATED, location_path=("rd", "5a3f"), location_query=("a=1", "b")),
    "max-age": Answer(CONTENT, b"x", max_age=86400),
    "max-age 0": Answer(CONTENT, b"x", max_age=0),
    "an etag": Answer(CONTENT, b"x", etags=(b"\x00\xff",)),
    "valid": Answer(VALID, etags=(b"tag",)),
    "not found": Answer(0x84, b"no such thing", content_format=None),
    "a fault": Answer(0xA0),
    "everything": Answer(
        CONTENT, b"ok", 65535, 4_294_967_295, (b"tag",), ("rd", "é"), ("a=1", ""), 2, b"e"
    ),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
async def test_options_of_answers(scene: Scene, answer: Answer) -> None:
    await assert_said(scene, Request(GET, ("a",)), answer)
    assert_on_the_wire(scene.tap.passed[-1], answer)


async def test_who_asks_for_the_size_of_an_answer_may_be_told(scene: Scene) -> None:
    """RFC 7959 §4."""
    scene.heard.answer = answer = Answer(CONTENT, b"xyz")
    request = Request(GET, ("a",), size2=0)
    told = 3 if isinstance(scene.server, OurEnd) else None
    assert await scene.ask(request) == replace(answer, size2=told)
    assert scene.heard.requests == [request]


@pytest.mark.parametrize("scene", OURS_SERVES.values(), ids=OURS_SERVES.keys(), indirect=True)
async def test_what_they_have_already_is_not_sent(scene: Scene) -> None:
    scene.heard.answer = Answer(CONTENT, b"x" * 100, etags=(b"tag",))
    answer = await scene.ask(Request(GET, ("a",), etags=(b"other", b"tag")))
    assert answer == Answer(VALID, etags=(b"tag",))


@pytest.mark.parametrize("token", [b"\x01", b"\xfe\xdc", b"\x01\x02\x03\x04", b"\x81" + bytes(7)])
async def test_tokens_of_all_lengths(scene: Scene, token: bytes) -> None:
    await assert_said(scene, Request(GET, ("a",), token=token), Answer(CONTENT, b"x"))
    assert [sent.token for sent in scene.tap.passed] == [token, token]


# --- bodies in blocks ------------------------------------------------------------------------


@both_families
@pytest.mark.parametrize("size", SIZES)
async def test_a_body_is_taken(scene: Scene, host: str, size: int) -> None:
    ours = isinstance(scene.server, OurEnd)
    body = BODY[: min(size, LARGEST) if ours else size]
    request = Request(PUT, ("a",), payload=body, content_format=42, as_body=True)
    scene.heard.answer = answer = Answer(CHANGED, b"done")
    assert await scene.ask(request) == answer
    (heard,) = scene.heard.requests
    assert replace(heard, size1=None) == request
    assert max(len(sent.payload) for sent in scene.tap.passed) <= largest_piece(scene.client)
    if isinstance(scene.client, OurEnd):
        assert scene.client.uploaded[-1] == len(body)


@both_families
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("exponent", [None, 4])
async def test_a_body_is_given(scene: Scene, host: str, size: int, exponent: int | None) -> None:
    scene.heard.answer = answer = Answer(CONTENT, BODY[:size], content_format=42)
    got = await scene.ask(Request(GET, ("a",), exponent=exponent))
    assert replace(got, etags=(), size2=None) == answer  # a body that is cut may have them
    piece = largest_piece(scene.server) if exponent is None else 16 << exponent
    assert max(len(sent.payload) for sent in scene.tap.passed) <= piece


def largest_piece(end: Client) -> int:
    """Return how much of a body one message has; aiocoap sends 1,124 bytes and less in one."""
    return 1024 if isinstance(end, OurEnd) else 1124


@pytest.mark.parametrize("scene", OURS_SERVES.values(), ids=OURS_SERVES.keys(), indirect=True)
async def test_a_body_that_is_too_large_is_refused(scene: Scene) -> None:
    request = Request(PUT, ("a",), payload=BODY, as_body=True)
    assert (await scene.ask(request)).code == TOO_LARGE
    assert scene.heard.requests == []


@dataclass
class Source:
    """The port behind `/p`."""

    image: bytes
    told: list[int] = field(default_factory=list)

    def package(self, token: str) -> Package | None:
        return Package(self.image, b"etag") if token == "token" else None

    def pulled(self, token: str, done: int, total: int) -> None:
        self.told.append(done)


@both_families
@pytest.mark.parametrize("kind", [AiocoapEnd, OurEnd])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("exponent", [None, 4])
async def test_a_package_is_pulled(kind: Any, host: str, size: int, exponent: int | None) -> None:
    source = Source(BODY[:size])
    handler = PackageHandler(source, asyncio.get_running_loop().time)
    async with (
        kind.opened(Heard(), host) as client,
        OurEnd.opened(Heard(), host, p=handler) as server,
    ):
        answer = await client.ask(server.at, Request(GET, ("p", "token"), exponent=exponent))
    assert (answer.code, answer.payload) == (CONTENT, source.image)
    assert source.told[-1] == size


# --- in which messages -----------------------------------------------------------------------


async def test_a_prompt_answer_is_in_the_acknowledgement(scene: Scene) -> None:
    await scene.ask(Request(GET, ("a",)))
    assert scene.kinds() == [("to server", CON, GET), ("to client", ACK, CONTENT)]


async def test_a_late_answer_is_separate(scene: Scene) -> None:
    scene.heard.ready.clear()
    asked = asyncio.ensure_future(scene.ask(Request(GET, ("a",))))
    await scene.until(lambda sent: (sent.peer, sent.type, sent.code) == (TO_CLIENT, ACK, 0))
    scene.heard.ready.set()
    assert (await asked).code == CONTENT
    await scene.until(lambda sent: (sent.peer, sent.type, sent.code) == (TO_SERVER, ACK, 0))
    assert scene.kinds() == [
        ("to server", CON, GET),
        ("to client", ACK, 0),
        ("to client", CON, CONTENT),
        ("to server", ACK, 0),
    ]
    request, _, response, acknowledgement = scene.tap.passed
    assert response.token == request.token
    assert acknowledgement.id == response.id
    assert (await scene.ask(Request(GET, ("a",)))).code == CONTENT, "it is over: NSTART"


async def test_a_late_answer_to_what_is_not_confirmable_is_neither(scene: Scene) -> None:
    scene.heard.ready.clear()
    asyncio.get_running_loop().call_later(LATE, scene.heard.ready.set)
    await assert_said(scene, Request(GET, ("a",), confirmable=False), Answer(CONTENT, b"x"))
    assert scene.kinds() == [("to server", NON, GET), ("to client", NON, CONTENT)]
    assert (await scene.ask(Request(GET, ("a",)))).code == CONTENT, "it is over: NSTART"


async def test_what_is_not_confirmable_is_not_acknowledged(scene: Scene) -> None:
    await assert_said(scene, Request(POST, ("a",), confirmable=False), Answer(CHANGED, b"x"))
    assert scene.kinds() == [("to server", NON, POST), ("to client", NON, CHANGED)]


async def test_what_is_lost_is_sent_again(scene: Scene) -> None:
    lost = iter([True, False, True])
    scene.tap.lose = lambda _: next(lost, False)
    await assert_said(scene, Request(POST, ("a",)), Answer(CHANGED, b"x"))
    requests = [sent for sent in scene.tap.passed if sent.peer == TO_SERVER]
    assert len(requests) == 3
    assert len(set(requests)) == 1, "the same message each time (RFC 7252 §4.2)"


async def test_what_comes_twice_is_done_once(scene: Scene) -> None:
    scene.tap.copies = 2
    await assert_said(scene, Request(POST, ("a",)), Answer(CHANGED, b"x"))
    await scene.ask(Request(POST, ("b",)))  # by then the copies have arrived
    assert [request.uri_path for request in scene.heard.requests] == [("a",), ("b",)]
    answers = {sent.id: sent for sent in scene.tap.passed if sent.peer == TO_CLIENT}
    for sent in scene.tap.passed:
        assert sent.peer == TO_SERVER or sent == answers[sent.id], "§4.5: the same answer"


async def test_nobody_there_ends(scene: Scene) -> None:
    scene.tap.lose = lambda _: True
    with pytest.raises(Failed):
        await scene.ask(Request(GET, ("a",)))
    # MAX_RETRANSMIT is 4 (RFC 7252 §4.8); ours backs off faster where it begins so early, and
    # gives up at MAX_TRANSMIT_WAIT with one less.
    assert len(scene.tap.passed) in (4, 5)
    assert len(set(scene.tap.passed)) == 1


async def test_a_ping_is_reset(scene: Scene) -> None:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()

    class Pinging(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, _: Any) -> None:
            answer.set_result(data)

    transport, _ = await loop.create_datagram_endpoint(Pinging, remote_addr=scene.server.at)
    transport.sendto(datagram(CON, 0, 0x1234))
    assert await answer == datagram(RST, 0, 0x1234), "RFC 7252 §4.3"
    transport.close()


# --- observation -----------------------------------------------------------------------------


@pytest.mark.parametrize("scene", THEIRS_SERVES.values(), ids=THEIRS_SERVES.keys(), indirect=True)
async def test_notifications_come_until_they_are_cancelled(scene: Scene) -> None:
    """RFC 7641; this server observes and is not observed."""
    counting = scene.server.counting
    async with scene.client.observe(scene.tap.at, Request(GET, ("counting",))) as bodies:
        for number in range(4):
            assert await anext(bodies) == str(number).encode()
            counting.next()
        assert await anext(bodies) == b"4"
        assert not counting.unobserved.is_set()

    # §3.6: what nobody wants is rejected, by which the server learns of it; aiocoap takes
    # one more notification before it does.
    for number in (5, 6):
        counting.next()
        body = str(number).encode()
        last = await scene.until(lambda sent, body=body: sent.payload == body)
        reply = await scene.until(lambda sent, of=last: (sent.peer, sent.id) == (TO_SERVER, of.id))
        if reply.type == RST:
            break
    assert reply.type == RST
    async with asyncio.timeout(PATIENCE):
        await counting.unobserved.wait()
