"""libcoap's clients register over DTLS with a server that runs as it is shipped."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.process import ServerProcess
from tests.lwm2m_server.transport.dtls.keyring import KEY

from .secured import CLIENTS, client, psk, run

pytestmark = pytest.mark.interop

LIBCOAP = "libcoap"


@pytest.fixture(params=CLIENTS)
def program(request: pytest.FixtureRequest) -> str:
    return client(request.param)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    """A server that knows the keys of `dev1` and `dev2`, and admits nobody unproven."""
    process = ServerProcess(tmp_path / "data", allow_nosec=False)
    await process.start()
    try:
        async with process.client() as api:
            for endpoint in ("dev1", "dev2"):
                new = {"endpoint": endpoint, "key": KEY.hex()}
                assert (await api.post("/v1/credentials", json=new)).is_success
        yield process
    finally:
        await process.stop()


async def register(
    program: str,
    server: ServerProcess,
    who: tuple[str, ...],
    name: str,
    query: str = "ep={name}&lt=300&lwm2m=1.1&b=U",
    links: str = '</>;rt="oma.lwm2m",</1/0>,</3/0>',
) -> Any:
    """Register as `name`; return what the server knows of it then, None for nothing."""
    to = "rd?" + query.format(name=name)
    words = ("-m", "post", "-t", "40", "-e", links, "-B", "2")
    await run(program, server.coaps_port, *words, *who, host="127.0.0.1", path=to)
    known = {device["endpoint"]: device for device in await server.get("devices")}
    return known.get(name)


@pytest.mark.proves("register-raw", peer=LIBCOAP)
async def test_who_has_the_key_of_an_endpoint_registers_as_it(program, server) -> None:
    known = await register(program, server, psk("dev1"), "dev1")
    registration = known["registration"]
    assert registration["address"].startswith("coaps://127.0.0.1:")
    assert registration["identity"] == {"mode": "psk", "name": "dev1"}


async def test_nobody_registers_as_another_or_without_the_key(program, server) -> None:
    assert await register(program, server, psk("dev2"), "dev1") is None
    assert await register(program, server, psk("dev1", b"another key 0123"), "dev1") is None
    assert await register(program, server, psk("nobody"), "dev1") is None


@pytest.mark.proves("register-ep-absent", "register-sms", "register-root", peer=LIBCOAP)
async def test_what_a_register_may_say_is_kept(program, server) -> None:
    links = '</lwm2m>;rt="oma.lwm2m",</lwm2m/1/0>,</lwm2m/3/0>'
    query = "lt=300&lwm2m=1.1&b=U&sms=4711&vendor=x"
    assert await register(program, server, psk("dev1"), "dev1", query, links) is not None
    async with server.client() as api:
        shown = (await api.get("/api/clients/dev1")).json()
    assert shown["smsNumber"] == "4711"
    assert shown["additionalRegistrationAttributes"] == {"vendor": "x"}
    assert shown["rootPath"] == "/lwm2m/"


@pytest.mark.proves("register-other-version", peer=LIBCOAP)
async def test_a_version_that_nobody_speaks_registers_nobody(program, server) -> None:
    query = "ep={name}&lt=300&lwm2m=1.3&b=U"
    assert await register(program, server, psk("dev1"), "dev1", query) is None
