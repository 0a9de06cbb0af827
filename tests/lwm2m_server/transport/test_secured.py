"""The server behind DTLS: what outlives a session, and what does not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from lwm2m_server.coap.message import Message, Options, decode, encode
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.protocol.operations import Observe, Read
from lwm2m_server.service.ports import Unreachable
from lwm2m_server.transport.dtls.shell import DtlsPort
from objects.path import Path

from .dtls.client import Client
from .dtls.keyring import MemoryKeyring
from .dtls.test_shell import Device
from .scene import World, serving

HERE = Path(3, 0, 9)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with serving() as opened:
        yield opened


@pytest.fixture
async def port(world: World) -> AsyncIterator[DtlsPort]:
    server = world.server
    port = await DtlsPort.open(
        "::1",
        0,
        MemoryKeyring(),  # type: ignore[no-untyped-call]
        server.driver.received,
        server.lost,
        unreachable=server.driver.unreachable,
    )
    server.secured_by(port)
    yield port
    port.close()


@contextlib.asynccontextmanager
async def connected(port: DtlsPort) -> AsyncIterator[Device]:
    device = Device(port.port, Client())
    await device.connect()
    yield device
    device.close()


async def told(device: Device) -> Message:
    """What the server says next."""
    while True:
        for datagram in device.client.read(await device.receive()):
            return decode(datagram)


def say(device: Device, message: Message) -> None:
    device.send(device.client.seal(encode(message)))


async def register(device: Device) -> None:
    options = Options(uri_path=("rd",), uri_query=("ep=urn:dev:1",))
    say(device, Message(Code.POST, options, b"</3/0>", Type.CON, 1, b"t"))
    assert (await told(device)).code == Code.CREATED


def value(token: bytes, kind: Type, number: int, observe: int) -> Message:
    return Message(Code.CONTENT, Options(observe=observe), b"%d" % observe, kind, number, token)


async def test_an_observation_goes_on_over_the_next_session_and_a_request_does_not(
    world: World, port: DtlsPort
) -> None:
    """NAT rebinding without a Connection ID: the device begins anew from another port."""
    downlink = world.server.downlink
    async with connected(port) as device:
        await register(device)
        observing = asyncio.ensure_future(downlink.request(world.registration(), Observe(HERE)))
        request = await told(device)
        say(device, value(request.token, Type.ACK, request.id, 0))
        assert (await observing).payload == b"0"
        reading = asyncio.ensure_future(downlink.request(world.registration(), Read(HERE)))
        await told(device)
        device.send(device.client.close())
        with pytest.raises(Unreachable):
            await reading
        with pytest.raises(Unreachable, match="session is gone"):
            await downlink.request(world.registration(), Read(HERE))
    async with connected(port) as device:
        say(device, value(request.token, Type.CON, 7, 1))
        assert (await told(device)).type == Type.ACK
        assert (await world.notifications.get())[2].payload == b"1"
