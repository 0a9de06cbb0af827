"""DTLS with libcoap's clients, one over OpenSSL and one over GnuTLS, and with both engines."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from lwm2m_server.coap.limits import LIMITS
from lwm2m_server.protocol.identity import Identity, SecurityMode
from lwm2m_server.transport.dtls.shell import DtlsPort
from tests.lwm2m_server.transport.dtls.certificates import certificate, der, pem
from tests.lwm2m_server.transport.dtls.keyring import MemoryKeyring

from .relay import TO_SERVER, Relay
from .secured import (
    CLIENTS,
    IDENTITIES,
    PATIENCE,
    Serving,
    certificate_options,
    client,
    free_port,
    holding,
    psk,
    run,
    serving,
)

pytestmark = pytest.mark.interop

LEFT = "the peer closed the session"
REPLACED = "a new handshake took the place of the session"


@pytest.fixture(params=CLIENTS)
def program(request: pytest.FixtureRequest) -> str:
    return client(request.param)


@pytest.fixture(params=["openssl", "pion"])
def serve(request: pytest.FixtureRequest) -> Serving:
    """How to serve with an engine: within the process, or in one beside it."""
    return serving(request.getfixturevalue("pion") if request.param == "pion" else None)


async def test_a_client_asks_and_is_answered(serve: Serving, program: str) -> None:
    async with serve() as served:
        assert "first" in await run(program, served.port.port, *psk())
        session = await served.next()
        assert session.identity == Identity(SecurityMode.PSK, "dev1")
        assert session.address.startswith("coaps://[::1]:")
        assert session.address.endswith("?local=::1")
        assert await served.end() == LEFT
        await served.empty()
        assert served.requests.empty()
        assert served.ended.empty()
        assert served.disproved.empty()


async def test_a_client_observes_and_is_notified(serve: Serving, program: str) -> None:
    async with serve() as served:
        printed = await run(program, served.port.port, *psk(), "-s", "1")
        assert printed.strip() == "first then 2 then 3"


async def test_a_wrong_key_is_refused_and_nothing_is_left_of_it(
    serve: Serving, program: str
) -> None:
    async with serve(limits=replace(LIMITS, handshake_time=2.5)) as served:
        wrong = psk(key=b"another key 0123")
        assert "first" not in await run(program, served.port.port, *wrong, "-B", "2")
        assert (await served.counts())[0] == 0
        await served.empty()
        assert served.requests.empty()
        async with asyncio.timeout(PATIENCE):
            who, address = await served.disproved.get()
        assert who == Identity(SecurityMode.PSK, "dev1")
        assert address.startswith("coaps://[::1]:")


async def test_an_unknown_identity_is_refused_and_nothing_is_left_of_it(
    serve: Serving, program: str
) -> None:
    async with serve() as served:
        assert "first" not in await run(program, served.port.port, *psk("nobody"), "-B", "2")
        if isinstance(served.port, DtlsPort):
            assert served.port.counts.failed >= 1
            assert await served.counts() == (0, 0)
        await served.empty()
        assert served.requests.empty()
        assert served.disproved.empty()


def flipped(datagram: bytes) -> bytes:
    return datagram[:-1] + bytes((datagram[-1] ^ 0x40,))


MEDDLING = {
    "replayed": lambda d: [d, d, d],
    "truncated copies before each": lambda d: [d[: len(d) // 2], d[:-1], d[:13], d],
    # A handshake message with a wrong bit may be refused: only what is protected is damaged.
    "damaged copies before each": lambda d: [flipped(d), d] if d[0] == 23 else [d],
    "garbage before each": lambda d: [b"", b"\x16", bytes(100), b"\x17\xfe\xfd" + bytes(60), d],
}


@pytest.mark.parametrize("meddle", MEDDLING.values(), ids=MEDDLING)
async def test_what_is_replayed_or_damaged_is_dropped_and_leaves_nothing(
    serve: Serving, program: str, meddle
) -> None:
    def meddling(towards: str, datagram: bytes) -> list[bytes]:
        return meddle(datagram) if towards == TO_SERVER else [datagram]

    async with serve() as served, Relay(served.port.port, "::1", meddling) as relay:
        assert "first" in await run(program, relay.port, *psk())
        await served.next()
        assert await served.end() == LEFT
        await served.empty()
        assert served.requests.empty()


@pytest.mark.parametrize("identity", IDENTITIES)
async def test_a_device_that_restarts_begins_anew_from_its_port(
    serve: Serving, program: str, identity: str
) -> None:
    """RFC 6347 §4.2.8: the server has a session with that address, the device knows of none."""
    async with serve() as served:
        source = ("-p", str(free_port()))
        async with holding(program, served.port.port, *psk(), *source):
            first = await served.next()
        assert "first" in await run(program, served.port.port, *psk(identity), *source)
        second = await served.next()
        assert (first.identity.name, second.identity.name) == ("dev1", identity)
        assert second.address == first.address
        assert await served.end() == REPLACED


@pytest.fixture(scope="module")
def device():
    return certificate("device")


async def test_a_certificate_opens_a_session(
    serve: Serving, program: str, device, tmp_path: Path
) -> None:
    keyring = MemoryKeyring(own=pem(*certificate("server")), trusted=[der(device[0])])
    options = certificate_options(tmp_path, *pem(*device))
    async with serve(keyring) as served:
        assert "first" in await run(program, served.port.port, *options)
        assert (await served.next()).identity == Identity(SecurityMode.X509, "device")
        keyring.trusted.clear()
        assert "first" not in await run(program, served.port.port, *options, "-B", "2")
        await served.empty()
        assert served.requests.empty()
