"""libcoap's own client, as Debian has it, against our message layer."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.lwm2m_server.coap.datagrams import ACK, CON, NON

from .ends import HOST, Answer, Heard, Request
from .our_end import OurEnd
from .tap import TO_CLIENT, TO_SERVER, Tap, tapped

pytestmark = pytest.mark.interop

CLIENT = "coap-client-notls"
PATIENCE = 20
BODY = bytes(range(33, 123)) * 60
METHODS = {"get": 1, "post": 2, "put": 3, "delete": 4, "fetch": 5, "patch": 6, "ipatch": 7}
CHANGED, CONTENT = 0x44, 0x45


@pytest.fixture(autouse=True)
def _installed() -> None:
    if shutil.which(CLIENT) is None:
        why = f"not installed: {CLIENT} (libcoap3-bin)"
        if os.environ.get("REQUIRE_PEERS"):
            pytest.fail(why)
        pytest.skip(why)


@pytest.fixture
def heard() -> Heard:
    return Heard(Answer(CONTENT, b"answer", content_format=0))


@pytest.fixture
async def tap(heard: Heard) -> AsyncIterator[Tap]:
    async with OurEnd.opened(heard) as server, tapped(server.port) as tap:
        yield tap


async def ask(tap: Tap, path: str, *options: str) -> bytes:
    """Run the client, and return the body that it prints."""
    command = (CLIENT, "-B", str(PATIENCE // 2), *options, f"coap://{HOST}:{tap.port}/{path}")
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(PATIENCE):
        out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return out.removesuffix(b"\n")


@pytest.mark.parametrize("method", METHODS)
async def test_methods(tap: Tap, heard: Heard, method: str) -> None:
    body = () if method in ("get", "delete") else ("-e", "body")
    assert await ask(tap, "a/b?k=v&l", "-m", method, *body) == b"answer"
    expected = Request(METHODS[method], ("a", "b"), ("k=v", "l"), b"body" if body else b"")
    assert heard.requests == [expected]


async def test_options(tap: Tap, heard: Heard) -> None:
    await ask(tap, "%C3%A4/%2F", "-m", "put", "-t", "42", "-A", "60", "-O", "4,tag", "-e", "x")
    assert heard.requests == [
        Request(3, ("ä", "/"), (), b"x", content_format=42, accept=60, etags=(b"tag",))
    ]


@pytest.mark.parametrize("token", ["1", "12345678"])
async def test_tokens(tap: Tap, token: str) -> None:
    assert await ask(tap, "a", "-T", token) == b"answer"
    request, response = tap.passed
    assert response.token == request.token
    assert len(request.token) == len(token)


async def test_what_is_not_confirmable(tap: Tap) -> None:
    assert await ask(tap, "a", "-N") == b"answer"
    assert [(sent.peer, sent.type) for sent in tap.passed] == [(TO_SERVER, NON), (TO_CLIENT, NON)]


async def test_a_separate_answer(tap: Tap, heard: Heard) -> None:
    heard.ready.clear()
    asked = asyncio.ensure_future(ask(tap, "a"))
    async with asyncio.timeout(PATIENCE):
        await tap.until(lambda sent: (sent.peer, sent.type, sent.code) == (TO_CLIENT, ACK, 0))
    heard.ready.set()
    assert await asked == b"answer"
    response = next(sent for sent in tap.passed if sent.code == CONTENT)
    assert response.type == CON
    async with asyncio.timeout(PATIENCE):
        await tap.until(lambda sent: (sent.peer, sent.id) == (TO_SERVER, response.id))


async def test_a_lost_request_is_answered(tap: Tap, heard: Heard) -> None:
    lost = iter([True])
    tap.lose = lambda _: next(lost, False)
    assert await ask(tap, "a") == b"answer"
    assert len(heard.requests) == 1


@pytest.mark.parametrize("size", ["16", "64", "1024"])
async def test_a_body_from_there_in_blocks(
    tap: Tap, heard: Heard, tmp_path: Path, size: str
) -> None:
    told = tmp_path / "body"
    told.write_bytes(BODY[:3000])
    heard.answer = Answer(CHANGED)
    await ask(tap, "a", "-m", "put", "-b", size, "-f", str(told), "-t", "42")
    assert heard.requests == [Request(3, ("a",), (), BODY[:3000], content_format=42)]


@pytest.mark.parametrize("size", ["16", "64", "1024"])
async def test_a_body_to_there_in_blocks(tap: Tap, heard: Heard, size: str) -> None:
    heard.answer = Answer(CONTENT, BODY, content_format=42)
    assert await ask(tap, "a", "-b", size) == BODY
    assert max(len(sent.payload) for sent in tap.passed) == int(size)


async def test_a_refusal_is_told(tap: Tap, heard: Heard) -> None:
    heard.answer = Answer(0x84, b"no such thing")
    command = (CLIENT, f"coap://{HOST}:{tap.port}/a")
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(PATIENCE):
        told = b"".join(await process.communicate())
    assert b"4.04" in told
    assert b"no such thing" in told
