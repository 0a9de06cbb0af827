"""The whole transport on the loopback interface, with aiocoap's own stack as the device."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from aiocoap import Message
from aiocoap.numbers.codes import Code

from lwm2m_server.coap.tuning import Tuning
from lwm2m_server.protocol.errors import InvalidRequest, UnknownRegistration
from lwm2m_server.protocol.operations import (
    CancelObservation,
    Execute,
    Observe,
    Read,
    Response,
    Write,
)
from lwm2m_server.protocol.registration import RegisterRequest, Registration, UpdateRequest
from lwm2m_server.service.ports import Unreachable
from lwm2m_server.transport.server import CoapServer
from objects.path import Path

from .scene import Device, World, device_at, serving


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with serving() as opened:
        yield opened


@pytest.fixture
async def device(world: World) -> AsyncIterator[Device]:
    async with device_at(f"coap://127.0.0.1:{world.port}") as opened:
        yield opened


async def test_register_is_told_as_it_came(world: World, device: Device) -> None:
    answer = await device.send(Code.POST, "/rd?ep=urn:dev:1&lt=60", payload=b"</1/0>")
    assert answer.code == Code.CREATED
    assert answer.opt.location_path == ("rd", "r1")
    (told,) = world.registry.requests
    assert isinstance(told, RegisterRequest)
    assert told.query == ("ep=urn:dev:1", "lt=60")
    assert told.payload == b"</1/0>"
    assert told.address.startswith("coap://127.0.0.1:")
    assert told.address.endswith("?local=127.0.0.1")


async def test_update_and_deregister_name_the_location(world: World, device: Device) -> None:
    assert (await device.send(Code.POST, "/rd/r1?lt=30")).code == Code.CHANGED
    assert (await device.send(Code.DELETE, "/rd/r1")).code == Code.DELETED
    update, deregistered = world.registry.requests
    assert isinstance(update, UpdateRequest)
    assert (update.registration_id, update.query) == ("r1", ("lt=30",))
    assert deregistered == "r1"


@pytest.mark.parametrize(
    ("fault", "code", "text"),
    [
        (InvalidRequest("lt: 'x' is no number"), Code.BAD_REQUEST, b"lt: 'x' is no number"),
        (UnknownRegistration("no registration r1"), Code.NOT_FOUND, b"no registration r1"),
    ],
)
async def test_a_bad_request_gets_its_code_and_the_reason(
    world: World, device: Device, fault: Exception, code: Code, text: bytes
) -> None:
    world.registry.fault = fault
    answer = await device.send(Code.POST, "/rd?ep=x&lt=x")
    assert (answer.code, answer.payload) == (code, text)


async def test_a_fault_of_ours_gives_away_nothing(world: World, device: Device) -> None:
    world.registry.fault = KeyError("secret")
    answer = await device.send(Code.POST, "/rd?ep=x")
    assert answer.code == Code.INTERNAL_SERVER_ERROR
    assert b"secret" not in answer.payload


async def test_a_payload_without_end_is_refused(world: World, device: Device) -> None:
    answer = await device.send(Code.POST, "/rd?ep=x", payload=bytes(100_000))
    assert answer.code == Code.REQUEST_ENTITY_TOO_LARGE
    assert world.registry.requests == []


async def test_requests_leave_from_the_port_that_was_registered_with(
    world: World, device: Device
) -> None:
    await device.send(Code.POST, "/rd?ep=urn:dev:1")
    downlink = world.server.downlink
    answer = await downlink.push(world.registration(), Path(5, 0, 0), bytes(3000), lambda *_: None)
    assert answer.code_text == "2.04"
    assert device.sink.body == bytes(3000)
    assert device.sink.remotes == {f"127.0.0.1:{world.port}"}


async def test_operations_and_their_answers(world: World, device: Device) -> None:
    await device.send(Code.POST, "/rd?ep=urn:dev:1")
    registration, downlink = world.registration(), world.server.downlink
    read = await downlink.request(registration, Read(Path(3, 0, 9)))
    assert read == Response(0x45, b"0", 0)
    refused = await downlink.request(registration, Execute(Path(5, 0, 0)))
    assert refused.code_text == "4.05"
    missing = await downlink.request(registration, Read(Path(9, 9, 9)))
    assert missing.code_text == "4.04"


async def test_long_values_go_and_come_in_blocks(world: World, device: Device) -> None:
    await device.send(Code.POST, "/rd?ep=urn:dev:1")
    registration, downlink = world.registration(), world.server.downlink
    value = bytes(range(256)) * 20
    written = await downlink.request(registration, Write(Path(5, 0, 0), value, 42))
    assert written.ok
    assert (await downlink.request(registration, Read(Path(5, 0, 0)))).payload == value


async def test_no_notification_is_lost(world: World, device: Device) -> None:
    await device.send(Code.POST, "/rd?ep=urn:dev:1")
    registration = world.registration()
    first = await world.server.downlink.request(registration, Observe(Path(3, 0, 9)))
    assert first.payload == b"0"
    heard = []
    for value in range(1, 11):
        device.counter.set(value)
        heard.append(await world.notifications.get())
    assert [int(response.payload) for _, _, response in heard] == list(range(1, 11))
    assert {(endpoint, path) for endpoint, path, _ in heard} == {("urn:dev:1", Path(3, 0, 9))}


async def test_a_cancelled_observation_is_over_on_both_sides(world: World, device: Device) -> None:
    await device.send(Code.POST, "/rd?ep=urn:dev:1")
    registration, downlink = world.registration(), world.server.downlink
    await downlink.request(registration, Observe(Path(3, 0, 9)))
    answer = await downlink.request(registration, CancelObservation(Path(3, 0, 9)))
    assert answer.ok
    device.counter.set(7)
    # Whatever was on its way has arrived once a later exchange is through.
    await downlink.request(registration, Read(Path(3, 0, 9)))
    assert world.notifications.empty()


async def test_a_new_registration_ends_what_was_observed_under_the_old_one(
    world: World, device: Device
) -> None:
    await device.send(Code.POST, "/rd?ep=urn:dev:1")
    downlink = world.server.downlink
    await downlink.request(world.registration("r1"), Observe(Path(3, 0, 9)))
    await downlink.request(world.registration("r2"), Observe(Path(3, 0, 9)))
    device.counter.set(5)
    await world.notifications.get()
    await downlink.request(world.registration("r2"), Read(Path(3, 0, 9)))
    assert world.notifications.empty()


async def test_nobody_there_is_unreachable_at_the_second_icmp_error() -> None:
    """One alone may be transient, or forged."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    gone = Registration(
        "r", "e", f"coap://127.0.0.1:{port}", 60, "1.1", "U", False, (), 0.0, 0.0, 60.0
    )
    async with serving(tuning=Tuning(ack_timeout=0.05)) as world:
        with pytest.raises(Unreachable, match="refused"):
            await world.server.downlink.request(gone, Read(Path(3)))


async def test_an_acknowledgement_that_nothing_follows_does_not_hang() -> None:
    async with serving(tuning=Tuning(response_timeout=0.2)) as world:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
            mute.setblocking(False)
            mute.bind(("127.0.0.1", 0))
            address = f"coap://127.0.0.1:{mute.getsockname()[1]}"
            registration = Registration(
                "r", "e", address, 60, "1.1", "U", False, (), 0.0, 0.0, 60.0
            )
            pending = asyncio.ensure_future(
                world.server.downlink.request(registration, Read(Path(3)))
            )
            loop = asyncio.get_running_loop()
            request, server = await loop.sock_recvfrom(mute, 2048)
            await loop.sock_sendto(mute, bytes((0x60, 0)) + request[2:4], server)
            with pytest.raises(Unreachable, match="acknowledged, but no response"):
                await pending


async def raw(port: int, packet: bytes) -> bytes:
    """Send one datagram and return the one that comes back."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.setblocking(False)
        peer.connect(("127.0.0.1", port))
        await loop.sock_sendall(peer, packet)
        return await loop.sock_recv(peer, 2048)


async def test_an_option_that_is_no_utf8_is_refused_in_peace(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    # CON POST, MID 0x1234, token 0xAA, Uri-Path of the bytes FF FE
    answer = await raw(world.port, bytes.fromhex("41021234aab2fffe"))
    assert answer[:5] == bytes.fromhex("61821234aa")  # ACK 4.02, same MID and token
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_header_that_is_no_coap_is_ignored(world: World, device: Device) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        for junk in (
            b"",
            b"\x40",
            b"\x4f\x01\x00\x01",
            b"\xc0\x01\x00\x01",
            bytes.fromhex("48010001aa"),
        ):
            peer.sendto(junk, ("127.0.0.1", world.port))
    assert (await device.send(Code.POST, "/rd?ep=x")).code == Code.CREATED


async def test_an_image_is_pulled_in_blocks_and_may_be_resumed(
    world: World, device: Device
) -> None:
    image = bytes(range(256)) * 10
    world.images.images["t0k"] = image
    whole = await device.send(Code.GET, "/p/t0k")
    assert whole.payload == image
    assert world.images.log == [("t0k", 1024, 2560), ("t0k", 2560, 2560)]
    block = Message(code=Code.GET, uri=f"{device.uri}/p/t0k/image.bin")
    block.opt.block2 = (5, False, 4)
    answer = await device.context.request(block, handle_blockwise=False).response
    assert answer.payload == image[5 * 256 : 6 * 256]
    assert answer.opt.size2 == 2560
    assert answer.opt.etag == whole.opt.etag
    assert tuple(answer.opt.block2) == (5, True, 4)


async def test_pulling_what_is_not_there(world: World, device: Device) -> None:
    assert (await device.send(Code.GET, "/p/none")).code == Code.NOT_FOUND
    world.images.images["t"] = bytes(10)
    beyond = Message(code=Code.GET, uri=f"{device.uri}/p/t")
    beyond.opt.block2 = (9, False, 6)
    answer = await device.context.request(beyond, handle_blockwise=False).response
    assert answer.code == Code.BAD_REQUEST


async def test_the_package_uri_is_the_address_that_the_device_used(
    world: World, device: Device
) -> None:
    await device.send(Code.POST, "/rd?ep=urn:dev:1")
    uri = world.server.downlink.package_uri(world.registration(), "t" * 22)
    assert uri == f"coap://127.0.0.1:{world.port}/p/{'t' * 22}"
    with pytest.raises(Unreachable, match="127 characters"):
        world.server.downlink.package_uri(world.registration(), "t" * 120)


async def test_a_port_that_is_taken_is_refused(world: World) -> None:
    other = CoapServer(world.registry, world.images, lambda *_: None, lambda *_: None)  # type: ignore[arg-type]
    with pytest.raises(OSError, match="in use"):
        await other.open("127.0.0.1", world.port)


async def answer_before_ping(port: int, data: bytes) -> bytes | None:
    """Return what comes back for one datagram before the answer to a ping does."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.connect(("127.0.0.1", port))
        ping = bytes.fromhex("4000fffe")
        for datagram in (data, ping):
            await loop.sock_sendall(sock, datagram)
        answer = await asyncio.wait_for(loop.sock_recv(sock, 2000), 5)
        return None if answer[2:4] == ping[2:4] else answer


# POST /rd?ep=x with option 65001, which is critical and nobody's; with Proxy-Uri "y"; alone.
UNKNOWN = "b27264 4465703d78 e1fccd 00".replace(" ", "")
PROXY = "b27264 4465703d78 d10779".replace(" ", "")


@pytest.mark.parametrize(
    ("header", "options", "code"),
    [
        ("40020001", UNKNOWN, Code.BAD_OPTION),
        ("40020001", PROXY, Code.PROXYING_NOT_SUPPORTED),
        ("50020001", UNKNOWN, None),  # RFC 7252 §5.4.1: a NON one is rejected, silently
        ("50020001", PROXY, None),
    ],
)
async def test_a_critical_option_that_nobody_understands_is_refused(
    world: World, header: str, options: str, code: Code | None
) -> None:
    answer = await answer_before_ping(world.port, bytes.fromhex(header + options))
    assert (answer and answer[1]) == code
    assert world.registry.requests == []


async def test_a_block_out_of_turn_is_told_so(world: World, device: Device) -> None:
    """RFC 7959 §2.9.2: 4.08, and the body may begin again."""
    codes = []
    for number in (0, 2, 0, 1):
        request = Message(code=Code.POST, uri=f"{device.uri}/rd?ep=x", payload=b"</1/0>,</3/0>,,,")
        request.opt.block1 = (number, number != 1, 0)
        answer = await device.context.request(request, handle_blockwise=False).response
        codes.append(answer.code)
    incomplete = Code.REQUEST_ENTITY_INCOMPLETE
    assert codes == [Code.CONTINUE, incomplete, Code.CONTINUE, Code.CREATED]
