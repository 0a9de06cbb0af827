"""CoAP over TLS (RFC 8323 §8.2): who a device is, and what strangers get."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path as File

import pytest
from aiocoap import error
from aiocoap.numbers.codes import Code
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from lwm2m_server.protocol.identity import NOSEC, Identity, SecurityMode
from lwm2m_server.protocol.operations import Read
from lwm2m_server.protocol.registration import RegisterRequest
from lwm2m_server.service.ports import Unreachable
from lwm2m_server.transport.tls import NoCertificate
from objects.path import Path

from .dtls.certificates import certificate, der, pem
from .scene import Device, World, device_at, serving

Pair = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


@cache
def pair(name: str) -> Pair:
    return certificate(name)


@dataclass
class Keys:
    """Implements `Keyring`, for certificates alone: each that is pinned is its name's."""

    own: tuple[bytes, bytes] | None
    pinned: dict[bytes, str] = field(default_factory=dict)
    denied: set[bytes] = field(default_factory=set)

    def own_certificate(self) -> tuple[bytes, bytes] | None:
        return self.own

    def trusted(self) -> tuple[bytes, ...]:
        return tuple(self.pinned)

    def peer_of_certificate(self, told: bytes) -> Identity | None:
        if told in self.denied:
            return None
        return Identity(SecurityMode.X509, self.pinned[told])

    def psk(self, identity: str) -> bytes | None:
        raise NotImplementedError

    def peer_of_public_key(self, spki: bytes) -> Identity | None:
        raise NotImplementedError


@pytest.fixture
def keys() -> Keys:
    return Keys(pem(*pair("server")), {der(pair("dev1")[0]): "dev1"})


@pytest.fixture
async def world(keys: Keys) -> AsyncIterator[World]:
    async with serving() as opened:
        opened.tcp = await opened.server.open_tcp("127.0.0.1", 0, keys)
        yield opened


@asynccontextmanager
async def device(world: World, folder: File, name: str | None) -> AsyncIterator[Device]:
    """A device that knows the server's certificate, and may have one of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cadata=der(pair("server")[0]))
    if name is not None:
        (folder / name).write_bytes(b"".join(pem(*pair(name))))
        context.load_cert_chain(folder / name)
    async with device_at(f"coaps+tcp://127.0.0.1:{world.tcp}", "tlsclient", context) as opened:
        yield opened


def told(world: World) -> RegisterRequest:
    request = world.registry.requests[-1]
    assert isinstance(request, RegisterRequest)
    return request


async def test_a_certificate_says_who_registers(world: World, tmp_path: File) -> None:
    async with device(world, tmp_path, "dev1") as dev1:
        assert (await dev1.send(Code.POST, "/rd?ep=dev1")).code == Code.CREATED
        assert told(world).identity == Identity(SecurityMode.X509, "dev1")
        assert told(world).address.startswith("coaps+tcp://127.0.0.1:")
        answer = await world.server.downlink.request(world.registration(), Read(Path(3, 0, 9)))
        assert answer.payload == b"0"
        uri = world.server.downlink.package_uri(world.registration(), "t")
        assert uri == f"coaps+tcp://127.0.0.1:{world.tcp}/p/t"


async def test_without_a_certificate_a_device_is_nobody(world: World, tmp_path: File) -> None:
    async with device(world, tmp_path, None) as nobody:
        assert (await nobody.send(Code.POST, "/rd?ep=dev1")).code == Code.CREATED
    assert told(world).identity == NOSEC


async def test_a_stranger_gets_no_connection(world: World, tmp_path: File) -> None:
    async with device(world, tmp_path, "stranger") as stranger:
        with pytest.raises((error.NetworkError, OSError)):
            await stranger.send(Code.POST, "/rd?ep=dev1")
    assert world.registry.requests == []


async def test_the_keyring_has_the_last_word(world: World, keys: Keys, tmp_path: File) -> None:
    keys.denied.add(der(pair("dev1")[0]))
    async with device(world, tmp_path, "dev1") as dev1:
        await dev1.send(Code.POST, "/rd?ep=dev1")
    assert told(world).identity == NOSEC


async def test_what_is_trusted_later_counts_from_the_next_handshake(
    world: World, keys: Keys, tmp_path: File
) -> None:
    keys.pinned[der(pair("dev2")[0])] = "dev2"
    async with device(world, tmp_path, "dev2") as dev2:
        await dev2.send(Code.POST, "/rd?ep=dev2")
    assert told(world).identity == Identity(SecurityMode.X509, "dev2")


async def test_requests_go_to_nobody_but_who_registered(world: World, tmp_path: File) -> None:
    async with device(world, tmp_path, None) as nobody:
        await nobody.send(Code.POST, "/rd?ep=dev1")
        claimed = world.registration(identity=Identity(SecurityMode.X509, "dev1"))
        with pytest.raises(Unreachable):
            await world.server.downlink.request(claimed, Read(Path(3)))


async def test_a_server_without_a_certificate_serves_no_tls() -> None:
    async with serving() as world:
        with pytest.raises(NoCertificate):
            await world.server.open_tcp("127.0.0.1", 0, Keys(None))


async def test_the_connections_of_an_identity_end_with_its_certificate(
    world: World, keys: Keys, tmp_path: File
) -> None:
    keys.pinned[der(pair("dev2")[0])] = "dev2"
    async with device(world, tmp_path, "dev1") as dev1, device(world, tmp_path, "dev2") as dev2:
        for name, one in (("dev1", dev1), ("dev2", dev2)):
            await one.send(Code.POST, f"/rd?ep={name}")
            assert told(world).identity == Identity(SecurityMode.X509, name)
        gone = world.registry.requests[0].address
        world.server.end(NOSEC)
        world.server.end(Identity(SecurityMode.X509, "dev1"))
        with pytest.raises(Unreachable):
            await world.server.downlink.request(
                world.registration(identity=Identity(SecurityMode.X509, "dev1"), address=gone),
                Read(Path(3)),
            )
        await dev2.send(Code.POST, "/rd?ep=dev2")
        assert told(world).address == world.registry.requests[1].address
