"""OSCORE (RFC 8613) above our sockets and connections, with aiocoap's own as the device."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

import pytest
from aiocoap import Message, error, oscore
from aiocoap.credentials import CredentialsMap
from aiocoap.numbers.codes import Code
from aiocoap.oscore_sitewrapper import OscoreSiteWrapper
from aiocoap.transports.oscore import TransportOSCORE

from lwm2m_server.protocol.identity import NOSEC, Identity, SecurityMode
from lwm2m_server.protocol.operations import CancelObservation, Observe, Read
from lwm2m_server.protocol.registration import RegisterRequest
from lwm2m_server.service.ports import Unreachable
from lwm2m_server.storage.sequences import FileSequences
from objects.path import Path

from .scene import Device, World, device_at, serving

KEY = bytes(range(16))
DEV1 = Identity(SecurityMode.OSCORE, "0a0b")


@dataclass
class Keys:
    """Implements `Keyring`, for OSCORE alone."""

    secrets: dict[str, bytes] = field(default_factory=lambda: {DEV1.name: KEY})

    def oscore(self, sender: str) -> bytes | None:
        return self.secrets.get(sender)


@asynccontextmanager
async def protected(folder: File, keys: Keys) -> AsyncIterator[World]:
    async with serving() as opened:
        opened.server.protect(keys, FileSequences(folder / "sequences"))  # type: ignore[arg-type] # all it asks
        opened.tcp = await opened.server.open_tcp("127.0.0.1", 0)
        yield opened


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
async def world(tmp_path: File, keys: Keys) -> AsyncIterator[World]:
    async with protected(tmp_path, keys) as opened:
        yield opened


@contextmanager
def security(folder: File, secret: bytes = KEY, sender: str = "0a0b") -> Iterator[Any]:
    """A device's security context, of aiocoap's own, kept in a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "settings.json").write_text(
        f'{{"sender-id_hex": "{sender}", "recipient-id_hex": "00", "secret_hex": "{secret.hex()}"}}'
    )
    context = oscore.FilesystemSecurityContext(str(folder))
    yield context
    context._destroy()


@asynccontextmanager
async def device_with(
    security: Any, world: World, transport: str = "udp6"
) -> AsyncIterator[Device]:
    """A device that protects all that it says to the server, and opens what it is told."""
    port, scheme = (world.tcp, "coap+tcp") if transport == "tcpclient" else (world.port, "coap")
    async with device_at(f"{scheme}://127.0.0.1:{port}", transport) as opened:
        context = opened.context
        credentials = CredentialsMap({f"{opened.uri}/*": security})
        context.client_credentials = context.server_credentials = credentials
        context.serversite = OscoreSiteWrapper(context.serversite, credentials)
        context.request_interfaces.insert(0, TransportOSCORE(context, context))
        yield opened


@asynccontextmanager
async def device(world: World, folder: File, transport: str = "udp6") -> AsyncIterator[Device]:
    with security(folder / "device") as context:
        async with device_with(context, world, transport) as opened:
            yield opened


def told(world: World) -> RegisterRequest:
    request = world.registry.requests[-1]
    assert isinstance(request, RegisterRequest)
    return request


@pytest.mark.parametrize("transport", ["udp6", "tcpclient"])
async def test_a_device_is_known_and_reached_by_its_security_context(
    world: World, tmp_path: File, transport: str
) -> None:
    async with device(world, tmp_path, transport) as dev1:
        answer = await dev1.send(Code.POST, "/rd?ep=dev1", payload=b"</1/0>" * 500)
        assert answer.code == Code.CREATED
        assert (told(world).identity, told(world).payload) == (DEV1, b"</1/0>" * 500)
        registration, downlink = world.registration(), world.server.downlink
        assert (await downlink.request(registration, Read(Path(3, 0, 9)))).payload == b"0"
        image = bytes(range(256)) * 20
        done = await downlink.push(registration, Path(5, 0, 0), image, lambda *_: None)
        assert (done.code_text, dev1.sink.body) == ("2.04", image)


async def test_an_image_is_pulled_under_protection(world: World, tmp_path: File) -> None:
    world.images.images["t"] = bytes(range(256)) * 20
    async with device(world, tmp_path) as dev1:
        assert (await dev1.send(Code.GET, "/p/t")).payload == world.images.images["t"]


async def test_notifications_come_under_protection(world: World, tmp_path: File) -> None:
    async with device(world, tmp_path) as dev1:
        await dev1.send(Code.POST, "/rd?ep=dev1")
        registration, downlink = world.registration(), world.server.downlink
        first = await downlink.request(registration, Observe(Path(3, 0, 9)))
        assert first.payload == b"0"
        for value in (1, 2, 3):
            dev1.counter.set(value)
            _, _, heard = await asyncio.wait_for(world.notifications.get(), 5)
            assert heard.payload == str(value).encode()
        await downlink.request(registration, CancelObservation(Path(3, 0, 9)))
        dev1.counter.set(9)
        await downlink.request(registration, Read(Path(3, 0, 9)))
        assert world.notifications.empty()


async def test_after_a_restart_a_device_repeats_an_echo(tmp_path: File, keys: Keys) -> None:
    """Appendix B.1.2: what was seen before is not known, and no number of ours comes again."""
    numbers = []
    for _ in range(2):
        async with protected(tmp_path, keys) as world, device(world, tmp_path) as dev1:
            assert (await dev1.send(Code.POST, "/rd?ep=dev1")).code == Code.CREATED
            await world.server.downlink.request(world.registration(), Read(Path(3, 0, 9)))
            numbers.append(int((tmp_path / "sequences" / DEV1.name).read_text()))
    assert numbers == [256, 512]


@pytest.mark.parametrize(
    ("secret", "sender"), [(bytes(16), "0a0b"), (KEY, "0c")], ids=["wrong key", "stranger"]
)
async def test_who_has_no_context_gets_nothing(
    world: World, tmp_path: File, secret: bytes, sender: str
) -> None:
    with security(tmp_path / "other", secret, sender) as context:
        async with device_with(context, world) as other:
            with pytest.raises(error.Error):
                await other.send(Code.POST, "/rd?ep=dev1")
    assert world.registry.requests == []


async def test_a_replayed_message_does_nothing(world: World, tmp_path: File) -> None:
    with security(tmp_path / "device") as context:
        request = Message(code=Code.POST, uri_path=("rd",), uri_query=("ep=dev1",))
        sealed, _ = context.protect(request)
    async with device_at(f"coap://127.0.0.1:{world.port}") as plain:
        codes = []
        for _ in range(2):
            again = Message(code=sealed.code, payload=sealed.payload, uri=f"{plain.uri}/")
            again.opt.oscore = sealed.opt.oscore
            codes.append((await plain.context.request(again).response).code)
    assert codes == [Code.CHANGED, Code.UNAUTHORIZED]
    assert len(world.registry.requests) == 1


@pytest.mark.parametrize("option", ["", "09", "0f0000000000", "10", "1805", "e0", "090a", "0701"])
async def test_an_option_that_is_broken_is_refused_in_peace(
    world: World, option: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with device_at(f"coap://127.0.0.1:{world.port}") as plain:
        request = Message(code=Code.POST, uri=f"{plain.uri}/rd?ep=dev1", payload=b"x" * 20)
        request.opt.oscore = bytes.fromhex(option)
        assert not (await plain.context.request(request).response).code.is_successful()
    assert world.registry.requests == []
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_protected_request_is_refused_where_oscore_is_not_served() -> None:
    async with serving() as world, device_at(f"coap://127.0.0.1:{world.port}") as plain:
        request = Message(code=Code.POST, uri=f"{plain.uri}/rd?ep=dev1", payload=b"x" * 20)
        request.opt.oscore = b"\x09\x00\x0a"
        assert (await plain.context.request(request).response).code == Code.BAD_OPTION
        assert world.registry.requests == []


async def test_requests_to_who_registered_by_oscore_never_go_out_unprotected(
    world: World, keys: Keys
) -> None:
    async with device_at(f"coap://127.0.0.1:{world.port}") as plain:
        await plain.send(Code.POST, "/rd?ep=dev1")
        assert told(world).identity == NOSEC
        claimed = world.registration(identity=DEV1)
        with pytest.raises(Unreachable):
            await world.server.downlink.request(claimed, Read(Path(3, 0, 9)))
        keys.secrets.clear()
        with pytest.raises(Unreachable, match="credential of this endpoint is gone"):
            await world.server.downlink.request(claimed, Read(Path(3, 0, 9)))
    async with serving() as bare:
        with pytest.raises(Unreachable, match="OSCORE, which is not served"):
            await bare.server.downlink.request(claimed, Read(Path(3, 0, 9)))


def test_numbers_are_given_out_once_whatever_happens(tmp_path: File) -> None:
    given = [FileSequences(tmp_path / "s").reserve("0a", 10) for _ in range(3)]
    assert given == [0, 10, 20]
    assert FileSequences(tmp_path / "s").reserve("0b", 1) == 0
    (tmp_path / "s" / "0a").write_text("")
    with pytest.raises(ValueError, match="invalid literal"):
        FileSequences(tmp_path / "s").reserve("0a", 10)
