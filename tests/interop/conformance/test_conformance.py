"""What one endpoint says the other hears: ours and aiocoap's, in both roles.

Every scenario runs between two of aiocoap's first, so that it is known to be right.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.lwm2m_server.coap.datagrams import ACK, CON, NON, RST, Sent, datagram

from .aiocoap_end import AiocoapEnd
from .ends import HOST, Answer, Client, Failed, Heard, Request
from .our_end import OurEnd
from .tap import TO_CLIENT, TO_SERVER, Tap, tapped

pytestmark = pytest.mark.interop

GET, POST, PUT, DELETE, FETCH, PATCH, IPATCH = range(1, 8)
CREATED, DELETED, VALID, CHANGED, CONTENT = range(0x41, 0x46)
PATIENCE = 15
BODY = bytes(range(251)) * 40

PAIRS = {
    "aiocoap to aiocoap": (AiocoapEnd, AiocoapEnd),
    "ours to aiocoap": (OurEnd, AiocoapEnd),
    "aiocoap to ours": (AiocoapEnd, OurEnd),
    "ours to ours": (OurEnd, OurEnd),
}


@dataclass
class Scene:
    """A client that asks through a tap, and what the server's resource hears and answers."""

    client: Client
    server: Any
    tap: Tap
    heard: Heard

    async def ask(self, request: Request) -> Answer:
        async with asyncio.timeout(PATIENCE):
            return await self.client.ask(self.tap.port, request)

    async def until(self, wanted: Callable[[Sent], bool]) -> Sent:
        async with asyncio.timeout(PATIENCE):
            return await self.tap.until(wanted)

    def kinds(self) -> list[tuple[str, int, int]]:
        """Return whither, type and code of all messages that passed."""
        ways = {TO_SERVER: "to server", TO_CLIENT: "to client"}
        return [(ways[sent.peer], sent.type, sent.code) for sent in self.tap.passed]


@pytest.fixture(params=PAIRS.values(), ids=PAIRS.keys())
async def scene(request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    client_kind, server_kind = request.param
    heard = Heard()
    async with (
        client_kind.opened(Heard()) as client,
        server_kind.opened(heard) as server,
        tapped(server.port) as tap,
    ):
        yield Scene(client, server, tap, heard)


async def assert_said(scene: Scene, request: Request, answer: Answer) -> None:
    """What the client says the server hears, and what that answers the client hears."""
    scene.heard.answer = answer
    assert await scene.ask(request) == answer
    assert scene.heard.requests == [request]


# --- what is said ----------------------------------------------------------------------------


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
    "if-match": Request(PUT, ("a",), payload=b"x", if_match=(b"tag",)),
    "if-none-match": Request(PUT, ("a",), payload=b"x", if_none_match=True),
    "no path": Request(GET),
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())
async def test_options_of_requests(scene: Scene, request_: Request) -> None:
    await assert_said(scene, request_, Answer(CONTENT, b"x"))


ANSWERS = {
    "nothing": Answer(CHANGED),
    "a format": Answer(CONTENT, b"\x00", content_format=42),
    "format 0": Answer(CONTENT, b"text", content_format=0),
    "a location": Answer(CREATED, location_path=("rd", "5a3f"), location_query=("a=1", "b")),
    "max-age": Answer(CONTENT, b"x", max_age=86400),
    "max-age 0": Answer(CONTENT, b"x", max_age=0),
    "an etag": Answer(CONTENT, b"x", etag=b"\x00\xff"),
    "valid": Answer(VALID, etag=b"tag"),
    "not found": Answer(0x84, b"no such thing", content_format=None),
    "a fault": Answer(0xA0),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
async def test_options_of_answers(scene: Scene, answer: Answer) -> None:
    await assert_said(scene, Request(GET, ("a",)), answer)


@pytest.mark.parametrize("size", [1024, 1025, 2048, len(BODY)])
async def test_large_bodies_both_ways(scene: Scene, size: int) -> None:
    request = Request(PUT, ("a",), payload=BODY[:size], content_format=42)
    await assert_said(scene, request, Answer(CHANGED, b"done"))
    scene.heard.requests.clear()
    scene.heard.answer = answer = Answer(CONTENT, BODY[:size], content_format=42)
    got = await scene.ask(Request(GET, ("a",)))
    assert replace(got, etag=None) == answer  # a body that is cut may have one
    ours = {TO_SERVER: scene.client, TO_CLIENT: scene.server}
    for sent in scene.tap.passed:  # aiocoap sends 1,124 bytes and less in one piece
        assert len(sent.payload) <= (1024 if isinstance(ours[sent.peer], OurEnd) else 1124)


@pytest.mark.parametrize("token", [b"\x01", b"\xfe\xdc", b"\x01\x02\x03\x04", b"\x81" + bytes(7)])
async def test_tokens_of_all_lengths(scene: Scene, token: bytes) -> None:
    await assert_said(scene, Request(GET, ("a",), token=token), Answer(CONTENT, b"x"))
    assert [sent.token for sent in scene.tap.passed] == [token, token]


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
    assert [request.path for request in scene.heard.requests] == [("a",), ("b",)]
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

    transport, _ = await loop.create_datagram_endpoint(
        Pinging, remote_addr=(HOST, scene.server.port)
    )
    transport.sendto(datagram(CON, 0, 0x1234))
    assert await answer == datagram(RST, 0, 0x1234), "RFC 7252 §4.3"
    transport.close()


# --- observation -----------------------------------------------------------------------------

OBSERVERS = {name: pair for name, pair in PAIRS.items() if pair[1] is AiocoapEnd}


@pytest.mark.parametrize("scene", OBSERVERS.values(), ids=OBSERVERS.keys(), indirect=True)
async def test_notifications_come_until_they_are_cancelled(scene: Scene) -> None:
    """RFC 7641; this server observes and is not observed."""
    counting = scene.server.counting
    async with scene.client.observe(scene.tap.port, Request(GET, ("counting",))) as bodies:
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
