"""CoAP over TCP (RFC 8323) end to end, with aiocoap's client as the device."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiocoap import Message
from aiocoap.numbers.codes import Code
from aiocoap.resource import Resource, Site

from lwm2m_server.coap.limits import Limits
from lwm2m_server.coap.tuning import Tuning
from lwm2m_server.protocol.errors import InvalidRequest
from lwm2m_server.protocol.operations import CancelObservation, Execute, Observe, Read, Write
from lwm2m_server.protocol.registration import RegisterRequest, Registration
from lwm2m_server.service.ports import Unreachable
from objects.path import Path

from .scene import Device, World, device_at, serving

CSM = bytes.fromhex("00e1")
IMAGE = bytes(range(256)) * 400


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with serving() as opened:
        opened.tcp = await opened.server.open_tcp("127.0.0.1", 0)
        yield opened


@pytest.fixture
async def device(world: World) -> AsyncIterator[Device]:
    async with device_at(f"coap+tcp://127.0.0.1:{world.tcp}", "tcpclient") as opened:
        yield opened


@pytest.fixture
async def registration(world: World, device: Device) -> Registration:
    await device.send(Code.POST, "/rd?ep=urn:dev:1", payload=b"</1/0>")
    return world.registration()


async def test_register_is_told_as_it_came(world: World, device: Device) -> None:
    payload = b"</1/0>" * 1000
    answer = await device.send(Code.POST, "/rd?ep=urn:dev:1&lt=60", payload=payload)
    assert (answer.code, answer.opt.location_path) == (Code.CREATED, ("rd", "r1"))
    (told,) = world.registry.requests
    assert isinstance(told, RegisterRequest)
    assert (told.query, told.payload) == (("ep=urn:dev:1", "lt=60"), payload)
    assert told.address.startswith("coap+tcp://127.0.0.1:")
    assert told.address.endswith("?local=127.0.0.1")


async def test_a_refusal_has_its_code_and_the_reason(world: World, device: Device) -> None:
    world.registry.fault = InvalidRequest("lt: 'x' is no number")
    answer = await device.send(Code.POST, "/rd?ep=x&lt=x")
    assert (answer.code, answer.payload) == (Code.BAD_REQUEST, b"lt: 'x' is no number")


async def test_a_payload_without_end_is_refused(world: World, device: Device) -> None:
    answer = await device.send(Code.POST, "/rd?ep=x", payload=bytes(100_000))
    assert answer.code == Code.REQUEST_ENTITY_TOO_LARGE
    assert world.registry.requests == []


async def test_operations_and_their_answers(world: World, registration: Registration) -> None:
    downlink = world.server.downlink
    assert (await downlink.request(registration, Read(Path(3, 0, 9)))).payload == b"0"
    assert (await downlink.request(registration, Execute(Path(5, 0, 0)))).code_text == "4.05"
    assert (await downlink.request(registration, Read(Path(9, 9, 9)))).code_text == "4.04"


async def test_images_are_pushed_and_long_values_read(
    world: World, device: Device, registration: Registration
) -> None:
    downlink = world.server.downlink
    told: list[tuple[int, int]] = []
    answer = await downlink.push(registration, Path(5, 0, 0), IMAGE, lambda *one: told.append(one))
    assert answer.code_text == "2.04"
    assert device.sink.body == IMAGE
    assert told[-1] == (len(IMAGE), len(IMAGE))
    assert (await downlink.request(registration, Read(Path(5, 0, 0)))).payload == IMAGE
    assert (await downlink.request(registration, Write(Path(5, 0, 0), bytes(5000), 42))).ok
    assert device.sink.body == bytes(5000)


async def test_an_image_is_pulled_under_the_uri_that_is_told(
    world: World, device: Device, registration: Registration
) -> None:
    world.images.images["t0k"] = IMAGE
    uri = world.server.downlink.package_uri(registration, "t0k")
    assert uri == f"{device.uri}/p/t0k"
    assert (await device.send(Code.GET, "/p/t0k")).payload == IMAGE
    assert world.images.log[-1] == ("t0k", len(IMAGE), len(IMAGE))


async def test_notifications_come_in_order_until_they_are_cancelled(
    world: World, device: Device, registration: Registration
) -> None:
    downlink, path = world.server.downlink, Path(3, 0, 9)
    assert (await downlink.request(registration, Observe(path))).payload == b"0"
    heard = []
    for value in range(1, 6):
        device.counter.set(value)
        heard.append((await world.notifications.get())[2].payload)
    assert heard == [b"1", b"2", b"3", b"4", b"5"]
    assert (await downlink.request(registration, CancelObservation(path))).ok
    device.counter.set(9)
    await downlink.request(registration, Read(path))
    assert world.notifications.empty()


async def test_a_connection_that_is_gone_is_unreachable(
    world: World, device: Device, registration: Registration
) -> None:
    pending = asyncio.ensure_future(world.server.downlink.request(registration, Read(Path(3, 9))))
    device.context.serversite = Silent()
    await asyncio.sleep(0)
    await device.context.shutdown()
    with pytest.raises(Unreachable):
        await pending
    with pytest.raises(Unreachable, match="only the device can begin another"):
        await world.server.downlink.request(registration, Read(Path(3)))


class Silent(Resource):
    async def render_to_pipe(self, _: object) -> None:
        await asyncio.Event().wait()


async def test_silence_is_bounded() -> None:
    async with serving(tuning=Tuning(response_timeout=0.1)) as world:
        port = await world.server.open_tcp("127.0.0.1", 0)
        async with device_at(f"coap+tcp://127.0.0.1:{port}", "tcpclient") as device:
            await device.send(Code.POST, "/rd?ep=urn:dev:1")
            device.context.serversite = Silent()
            with pytest.raises(Unreachable, match=r"within 0\.1 s"):
                await world.server.downlink.request(world.registration(), Read(Path(3)))


async def test_resources_of_an_application_are_served_beside_ours(
    world: World, device: Device
) -> None:
    class Hello(Resource):
        async def render_get(self, _: Message) -> Message:
            return Message(payload=b"hello")

    assert (await device.send(Code.GET, "/hello")).code == Code.NOT_FOUND
    world.server.application.mount.site = site = Site()
    site.add_resource(["hello"], Hello())
    assert (await device.send(Code.GET, "/hello")).payload == b"hello"


PING, PONG = bytes.fromhex("00e2"), bytes.fromhex("00e3")


async def answer_to(port: int, data: bytes, last: bytes = PONG) -> bytes:
    """Return what comes back on a connection until it is closed or `last` came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    came = b""
    async with asyncio.timeout(5):
        while last not in came and (more := await reader.read(4096)):
            came += more
    writer.close()
    await writer.wait_closed()
    return came


@pytest.mark.parametrize(
    "data",
    [
        bytes.fromhex("0001"),  # a request before the CSM
        CSM + bytes.fromhex("30 02 b2 ff fe".replace(" ", "")),  # Uri-Path that is no UTF-8
        CSM + bytes.fromhex("0f02") + bytes(15),  # a token of 15 bytes
        CSM + bytes.fromhex("ff02ffffffff"),  # a message of 4 GiB
        CSM + bytes.fromhex("00ff"),  # a signal that there is none of
        CSM + bytes.fromhex("10e110"),  # a critical option in a CSM
    ],
)
async def test_what_is_no_coap_ends_the_connection_and_nothing_else(
    world: World, device: Device, data: bytes
) -> None:
    assert PONG not in await answer_to(world.tcp, data)
    assert (await device.send(Code.POST, "/rd?ep=x")).code == Code.CREATED


@pytest.mark.parametrize("data", [CSM, CSM + b"\x00\x00", CSM + bytes.fromhex("0045")])
async def test_what_means_nothing_is_ignored(world: World, data: bytes) -> None:
    assert PONG in await answer_to(world.tcp, data + PING)


async def test_a_critical_option_that_nobody_understands_is_refused(world: World) -> None:
    # POST /rd?ep=x with option 65001, token 01
    request = bytes.fromhex("c102 01 b27264 4465703d78 e1fccd00".replace(" ", ""))
    request = bytes((len(request) - 3 << 4 | 1,)) + request[1:]
    refusal = bytes((Code.BAD_OPTION, 1))
    assert refusal in await answer_to(world.tcp, CSM + request, refusal)
    assert world.registry.requests == []


async def test_the_connection_that_was_silent_longest_makes_room() -> None:
    async with serving(limits=Limits(sessions=2)) as world:
        port = await world.server.open_tcp("127.0.0.1", 0)
        open_ones = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for reader, writer in open_ones:
            writer.write(CSM + PING)
            await reader.readuntil(PONG)
        last = await asyncio.open_connection("127.0.0.1", port)
        assert await open_ones[0][0].read() == b""
        assert not open_ones[1][0].at_eof()
        for _, writer in [*open_ones, last]:
            writer.close()


async def test_a_port_that_is_taken_is_refused(world: World) -> None:
    with pytest.raises(OSError, match="in use"):
        await world.server.open_tcp("127.0.0.1", world.tcp)
