"""libcoap's own client, as Debian has it, against our message layer."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.lwm2m_server.coap.datagrams import ACK, CON, NON, OBSERVE, RST
from tests.peers import installed

from .ends import LOOPBACK, LOOPBACK_6, Answer, Heard, Request
from .our_end import OurEnd
from .tap import TO_CLIENT, TO_SERVER, Tap, tapped

pytestmark = pytest.mark.interop

PATIENCE = 20
BODY = bytes(range(33, 123)) * 60
METHODS = {"get": 1, "post": 2, "put": 3, "delete": 4, "fetch": 5, "patch": 6, "ipatch": 7}
CHANGED, CONTENT = 0x44, 0x45


@pytest.fixture(scope="module")
def program() -> str:
    plain, secured = "coap-client-notls", "coap-client-openssl"
    return installed(plain if shutil.which(plain) else secured, "libcoap3-bin")


@pytest.fixture
def heard() -> Heard:
    return Heard(Answer(CONTENT, b"answer", content_format=0))


class Theirs:
    """Their client, and what passes between it and a server of ours."""

    def __init__(self, program: str, tap: Tap) -> None:
        self._program = program
        self.tap = tap

    async def ask(self, path: str, *options: str) -> bytes:
        """Run the client, and return the body that it prints."""
        out, errors = await self.run(path, "-B", str(PATIENCE // 2), *options)
        assert not errors, errors.decode()
        return out.removesuffix(b"\n")

    async def run(self, path: str, *options: str) -> tuple[bytes, bytes]:
        """Run the client, and return all that it prints."""
        command = (self._program, *options, f"coap://{self.tap.at.authority}/{path}")
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(PATIENCE):
            printed = await process.communicate()
        assert process.returncode == 0
        return printed

    def request(self, *said: Any, **options: Any) -> Request:
        """Return what they say: with the port, as it is not the usual one."""
        return Request(*said, **{"uri_port": self.tap.at.port, **options})

    def kinds(self) -> list[tuple[Any, int, int]]:
        """Return whither, type and code of all messages that passed."""
        return [(sent.peer, sent.type, sent.code) for sent in self.tap.passed]


@pytest.fixture
def host() -> str:
    return LOOPBACK


@pytest.fixture
async def theirs(program: str, heard: Heard, host: str) -> AsyncIterator[Theirs]:
    async with OurEnd.opened(heard, host) as server, tapped(server.at) as tap:
        yield Theirs(program, tap)


@pytest.mark.parametrize("host", [LOOPBACK, LOOPBACK_6])
@pytest.mark.parametrize("method", METHODS)
async def test_methods(theirs: Theirs, heard: Heard, host: str, method: str) -> None:
    body = () if method in ("get", "delete") else ("-e", "body")
    assert await theirs.ask("a/b?k=v&l", "-m", method, *body) == b"answer"
    expected = theirs.request(METHODS[method], ("a", "b"), ("k=v", "l"), b"body" if body else b"")
    assert heard.requests == [expected]


async def test_options(theirs: Theirs, heard: Heard) -> None:
    await theirs.ask("%C3%A4/%2F", "-m", "put", "-t", "42", "-A", "60", "-O", "4,tag", "-e", "x")
    assert heard.requests == [
        theirs.request(3, ("ä", "/"), (), b"x", content_format=42, accept=60, etags=(b"tag",))
    ]


EACH: dict[str, dict[str, Any]] = {
    "1,0x3132": {"if_match": (b"12",)},
    "3,example.net": {"uri_host": "example.net"},
    "4,0x3132": {"etags": (b"12",)},
    "5,": {"if_none_match": True},
    "7,0xf0b0": {"uri_port": 61616},
    "12,0x2d16": {"content_format": 11542},
    "14,0xffffffff": {"max_age": 4_294_967_295},
    "15,ep=1": {"uri_query": ("ep=1",)},
    "17,0x28": {"accept": 40},
    "28,0x00": {"size2": 0},
    "252,0x3132": {"echo": b"12"},
    "292,0x3132": {"request_tags": (b"12",)},
}


@pytest.mark.parametrize("said", EACH)
async def test_each_option(theirs: Theirs, heard: Heard, said: str) -> None:
    await theirs.run("a", "-O", said)  # a condition may not hold: then it prints a refusal
    assert heard.requests == [theirs.request(1, ("a",), **EACH[said])]


async def test_a_critical_option_that_nobody_knows_is_refused(theirs: Theirs, heard: Heard) -> None:
    assert b"4.02" in b"".join(await theirs.run("a", "-O", "65001,x"))
    assert heard.requests == []


TO, BACK = TO_SERVER, TO_CLIENT


@pytest.mark.parametrize("token", ["", "1", "12345678"])
async def test_a_prompt_answer(theirs: Theirs, token: str) -> None:
    assert await theirs.ask("a", *with_token(token)) == b"answer"
    assert theirs.kinds() == [(TO, CON, 1), (BACK, ACK, CONTENT)]
    assert_one_token(theirs, token)


@pytest.mark.parametrize("token", ["", "1", "12345678"])
async def test_a_late_answer(theirs: Theirs, heard: Heard, token: str) -> None:
    heard.ready.clear()
    asked = asyncio.ensure_future(theirs.ask("a", *with_token(token)))
    async with asyncio.timeout(PATIENCE):
        await theirs.tap.until(lambda sent: (sent.peer, sent.type, sent.code) == (BACK, ACK, 0))
        heard.ready.set()
        assert await asked == b"answer"
        response = next(sent for sent in theirs.tap.passed if sent.code == CONTENT)
        await theirs.tap.until(lambda sent: (sent.peer, sent.id) == (TO, response.id))
    assert theirs.kinds() == [(TO, CON, 1), (BACK, ACK, 0), (BACK, CON, CONTENT), (TO, ACK, 0)]
    assert_one_token(theirs, token)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("token", ["", "1", "12345678"])
async def test_what_is_not_confirmable(
    theirs: Theirs, heard: Heard, token: str, late: bool
) -> None:
    if late:
        heard.ready.clear()
        asyncio.get_running_loop().call_later(0.2, heard.ready.set)
    assert await theirs.ask("a", "-N", *with_token(token)) == b"answer"
    assert theirs.kinds() == [(TO, NON, 1), (BACK, NON, CONTENT)]
    assert_one_token(theirs, token)


def with_token(token: str) -> tuple[str, ...]:
    return ("-T", token) if token else ()


def assert_one_token(theirs: Theirs, token: str) -> None:
    """As long as they were told, which count on from it; where they were not, as they like it."""
    (used,) = {sent.token for sent in theirs.tap.passed if sent.code}
    assert not token or len(used) == len(token)


async def test_a_lost_request_is_answered(theirs: Theirs, heard: Heard) -> None:
    lost = iter([True])
    theirs.tap.lose = lambda _: next(lost, False)
    assert await theirs.ask("a") == b"answer"
    assert len(heard.requests) == 1


@pytest.mark.parametrize("size", ["16", "64", "1024"])
async def test_a_body_from_there_in_blocks(
    theirs: Theirs, heard: Heard, tmp_path: Path, size: str
) -> None:
    told = tmp_path / "body"
    told.write_bytes(BODY)
    heard.answer = Answer(CHANGED)
    await theirs.ask("a", "-m", "put", "-b", size, "-f", str(told), "-t", "42")
    (got,) = heard.requests
    assert len(got.request_tags) == 1  # theirs to choose
    assert replace(got, request_tags=()) == theirs.request(
        3, ("a",), (), BODY, content_format=42, size1=len(BODY)
    )


@pytest.mark.parametrize("size", ["16", "64", "1024"])
async def test_a_body_to_there_in_blocks(theirs: Theirs, heard: Heard, size: str) -> None:
    heard.answer = Answer(CONTENT, BODY, content_format=42)
    assert await theirs.ask("a", "-b", size) == BODY
    assert max(len(sent.payload) for sent in theirs.tap.passed) == int(size)


async def test_a_refusal_is_told(theirs: Theirs, heard: Heard) -> None:
    heard.answer = Answer(0x84, b"no such thing")
    told = b"".join(await theirs.run("a"))
    assert b"4.04" in told
    assert b"no such thing" in told


async def test_who_observes_what_is_not_observable_gets_its_value(theirs: Theirs) -> None:
    """RFC 7641 §4.1."""
    assert b"answer" in await theirs.ask("a", "-s", "1")
    request, response = theirs.tap.passed[:2]
    assert request.option(OBSERVE) == b""
    assert response.option(OBSERVE) is None


async def test_a_ping_is_reset(theirs: Theirs, heard: Heard) -> None:
    """RFC 7252 §4.3; they ping while they wait for an answer."""
    heard.ready.clear()
    asked = asyncio.ensure_future(theirs.ask("a", "-K", "1"))
    async with asyncio.timeout(PATIENCE):
        ping = await theirs.tap.until(
            lambda sent: (sent.peer, sent.type, sent.code) == (TO, CON, 0)
        )
        reset = await theirs.tap.until(lambda sent: (sent.peer, sent.id) == (BACK, ping.id))
    assert (reset.type, reset.code, reset.token, reset.payload) == (RST, 0, b"", b"")
    heard.ready.set()
    assert await asked == b"answer"
