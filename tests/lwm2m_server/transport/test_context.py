"""aiocoap above our message layer: its requests leave by our socket, its resources are served."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiocoap import Message, error
from aiocoap.numbers.codes import Code
from aiocoap.resource import Resource, Site

from lwm2m_server.coap.tuning import Tuning

from .scene import Device, World, device_at, serving


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with serving(tuning=Tuning(ack_timeout=0.05)) as opened:
        opened.server.application.mount.site = Site()
        yield opened


@pytest.fixture
async def device(world: World) -> AsyncIterator[Device]:
    async with device_at(f"coap://127.0.0.1:{world.port}") as opened:
        yield opened


async def port_of(world: World, device: Device) -> int:
    """The port that the device speaks from, as the server sees it."""
    await device.send(Code.POST, "/rd?ep=urn:dev:1")
    return int(world.registration().address.partition("?")[0].rpartition(":")[2])


def request(world: World, **told: Any) -> Any:
    return world.server.application.context.request(Message(**told))


async def test_a_request_leaves_from_the_port_that_devices_know(
    world: World, device: Device
) -> None:
    uri = f"coap://127.0.0.1:{await port_of(world, device)}"
    body = bytes(range(256)) * 20
    answer = await request(world, code=Code.PUT, uri=f"{uri}/5/0/0", payload=body).response
    assert answer.code == Code.CHANGED
    assert device.sink.body == body
    assert device.sink.remotes == {f"127.0.0.1:{world.port}"}
    assert (await request(world, code=Code.GET, uri=f"{uri}/5/0/0").response).payload == body


async def test_names_are_resolved(world: World, device: Device) -> None:
    uri = f"coap://localhost:{await port_of(world, device)}/3/0/9"
    asked = request(world, code=Code.GET, uri=uri)
    # Of the two addresses of that name the device listens on one.
    try:
        assert (await asked.response).payload == b"0"
    except error.NetworkError:
        assert asked.response.done()
    nowhere = request(world, code=Code.GET, uri="coap://nowhere.invalid/")
    with pytest.raises(error.ResolutionError):
        await nowhere.response


async def test_a_resource_is_observed_through_it(world: World, device: Device) -> None:
    uri = f"coap://127.0.0.1:{await port_of(world, device)}/3/0/9"
    asked = request(world, code=Code.GET, uri=uri, observe=0)
    assert (await asked.response).payload == b"0"
    came = aiter(asked.observation)
    for value in (b"1", b"2"):
        device.counter.set(int(value))
        assert (await asyncio.wait_for(anext(came), 5)).payload == value
    asked.observation.cancel()


async def test_nobody_there_is_an_error_of_aiocoap(world: World) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        uri = f"coap://127.0.0.1:{probe.getsockname()[1]}/"
    with pytest.raises(error.NetworkError):
        await request(world, code=Code.GET, uri=uri).response


async def test_a_dtls_session_is_not_begun_from_here(world: World) -> None:
    with pytest.raises(error.NetworkError) as fault:
        await request(world, code=Code.GET, uri="coaps://127.0.0.1/").response
    assert "only a peer begins" in repr(fault.value)


class Echo(Resource):
    """Gives back what was put there, tells who asked, and can fail."""

    def __init__(self) -> None:
        super().__init__()
        self.remote: Any = None
        self.body = b""

    async def render_put(self, request: Message) -> Message:
        self.remote, self.body = request.remote, request.payload
        return Message(code=Code.CHANGED)

    async def render_get(self, request: Message) -> Message:
        return Message(payload=self.body)

    async def render_post(self, request: Message) -> Message:
        raise KeyError("secret")


@pytest.fixture
def echo(world: World) -> Echo:
    resource = Echo()
    world.server.application.mount.site.add_resource(["echo"], resource)
    return resource


@pytest.mark.parametrize("size", [0, 10, 5000])
async def test_what_no_route_of_ours_takes_is_given_to_the_site(
    world: World, device: Device, echo: Echo, size: int
) -> None:
    assert (await device.send(Code.PUT, "/echo", payload=bytes(size))).code == Code.CHANGED
    assert (await device.send(Code.GET, "/echo")).payload == bytes(size)
    assert (await device.send(Code.GET, "/other")).code == Code.NOT_FOUND
    assert (await device.send(Code.POST, "/rd?ep=urn:dev:1")).code == Code.CREATED


async def test_a_fault_of_a_resource_gives_away_nothing(device: Device, echo: Echo) -> None:
    answer = await device.send(Code.POST, "/echo")
    assert answer.code == Code.INTERNAL_SERVER_ERROR
    assert b"secret" not in answer.payload


async def test_who_asked_can_be_asked_back(world: World, device: Device, echo: Echo) -> None:
    await device.send(Code.PUT, "/echo")
    back = Message(code=Code.GET, uri_path=("3", "0", "9"))
    back.remote = echo.remote
    answer = await world.server.application.context.request(back).response
    assert answer.payload == b"0"
    assert echo.remote.uri_base.startswith("coap://127.0.0.1:")
    assert echo.remote.authenticated_claims == ()


async def test_an_observer_of_a_resource_here_gets_its_value_and_no_more(
    device: Device, echo: Echo
) -> None:
    echo.body = b"hello"
    asked = Message(code=Code.GET, uri=f"{device.uri}/echo", observe=0)
    answer = await device.context.request(asked).response
    assert (answer.payload, answer.opt.observe) == (b"hello", None)


async def test_without_a_site_there_is_nothing(world: World, device: Device) -> None:
    world.server.application.mount.site = None
    assert (await device.send(Code.GET, "/echo")).code == Code.NOT_FOUND
