"""Devices as operators see and touch them."""

import asyncio
from pathlib import Path as File

import pytest

from compiler.errors import UnknownHardware
from lwm2m_server.protocol.deployment import DeploymentRequest, Outcome, Via
from lwm2m_server.protocol.operations import Response
from lwm2m_server.service.answers import Answer
from lwm2m_server.service.errors import (
    EndpointUnreachable,
    InvalidInput,
    NotFound,
    NotRegistered,
    UnreadableAnswer,
)
from lwm2m_server.service.values import node_of, shown_values
from objects.codecs import ContentFormat
from objects.path import Path
from objects.registry import Registry
from objects.tree import ObjectInstance, Resource

from .fake_device import FakeDevice
from .test_deployments import ended, registered
from .world import World, settle, world


async def test_hardware_is_read_after_register(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        await registered(one)
        (view,) = await one.services.hardware.devices()
        assert view.target is not None
        assert view.target.name == "cortex-m4+dsp+fpv4-sp"
        assert view.hardware is not None
        assert len(view.hardware.slots) == 2
        assert view.registration is not None
        kinds = [event.kind.value for event in await one.services.events.recent(0, 10)]
        assert kinds == ["registered", "hardware"]


async def test_a_board_that_an_operator_assigns_is_shown_and_survives(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        await registered(one)
        view = await one.services.hardware.set_board("urn:dev:1", "sim-m33")
        assert view.target is not None
        assert view.target.source == "assigned sim-m33"
        assert one.storage.devices.stored["urn:dev:1"].board == "sim-m33"
        with pytest.raises(NotFound, match="no board 'nothing'"):
            await one.services.hardware.set_board("urn:dev:1", "nothing")
        with pytest.raises(NotFound, match="no endpoint 'other'"):
            await one.services.hardware.set_board("other", "sim-m4")


class Nameless(FakeDevice):
    """Says nothing by which its hardware could be known."""

    def answer(self, operation: object) -> Response:  # type: ignore[override]
        if getattr(operation, "path", None) in {Path(3, 0), Path(26241, 0)}:
            return Response(0x84)
        return super().answer(operation)  # type: ignore[arg-type]


async def test_hardware_that_cannot_be_known_ends_a_deployment_with_that(tmp_path: File) -> None:
    async with world(tmp_path, Nameless()) as one:
        await registered(one)
        asked = DeploymentRequest("urn:dev:1", Via.MODULE, "gesture")
        view = await one.services.deployments.deploy(asked)
        view = await ended(one, view.id)
        assert view.outcome is Outcome.UNKNOWN_HARDWARE
        device = await one.services.hardware.device("urn:dev:1")
        assert device.target is None
        assert device.target_problem == view.reason
        assert UnknownHardware.kind == view.outcome.value


async def test_values_are_read_typed_and_named(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        await registered(one)
        read = one.services.management.read
        device = await read("urn:dev:1", Path(3, 0))
        assert isinstance(device, Answer)
        assert isinstance(device.node, ObjectInstance)
        values = shown_values(Path(3, 0), device.node, Registry.standard())
        shown = {str(value.path): (value.name, value.type, value.value) for value in values}
        assert shown["/3/0/0"] == ("Manufacturer", "String", "TinyMLaaS")
        found = await read("urn:dev:1", Path(26241, 0, 9))
        assert isinstance(found, Answer)
        assert found.node == Resource(9, one.device.key_hash)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/1/0/1", "soon"),
        ("/1/0/1", None),
        ("/1/0/8", 1),
        ("/26242/1/12", "xyz"),
        ("/99/0/1", 1),
        ("/1/0", [1]),
        ("/1/0", {"x": 1}),
        ("/1/0", {"70000": 1}),
        ("/1", {"1": 1}),
    ],
)
def test_values_that_do_not_fit_are_refused(path: str, value: object) -> None:
    with pytest.raises(InvalidInput):
        node_of(Path.parse(path), value, Registry.standard())


async def test_an_endpoint_that_is_not_there_is_told_apart(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        read = one.services.management.read
        with pytest.raises(NotFound):
            await read("urn:dev:1", Path(3, 0))
        registration = await one.register()
        await one.run_until(lambda: "urn:dev:1" in one.storage.devices.stored)
        one.device.reachable = False
        with pytest.raises(EndpointUnreachable):
            await read("urn:dev:1", Path(3, 0))
        await asyncio.shield(one.services.registrations.deregister(registration))
        with pytest.raises(NotRegistered):
            await read("urn:dev:1", Path(3, 0))


class Garbled(FakeDevice):
    """Answers with a TLV that ends in the middle."""

    def answer(self, operation: object) -> Response:  # type: ignore[override]
        return Response(0x45, b"\xc8\x00\xff", ContentFormat.TLV)


async def test_an_answer_that_cannot_be_read_is_an_error_and_nothing_more(tmp_path: File) -> None:
    async with world(tmp_path, Garbled()) as one:
        await registered(one)
        with pytest.raises(UnreadableAnswer):
            await one.services.management.read("urn:dev:1", Path(3, 0))
        device = await one.services.hardware.device("urn:dev:1")
        assert device.target is None


async def test_an_error_of_the_endpoint_is_an_answer(tmp_path: File) -> None:
    async with world(tmp_path, Nameless()) as one:
        await registered(one)
        answer = await one.services.management.read("urn:dev:1", Path(3, 0))
        assert isinstance(answer, Answer)
        assert (answer.ok, answer.response.code_text, answer.node) == (False, "4.04", None)


async def test_a_notification_is_an_event(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        one.services.reporting.notified("urn:dev:1", Path(3, 0, 9), Response(0x45, b"100", 0))
        one.services.reporting.notified("urn:dev:1", Path(3, 0, 9), Response(0x45, b"x", 11542))
        good, bad = await one.services.events.recent(0, 10)
        assert good.data == {"path": "/3/0/9", "code": "2.05", "values": {"/3/0/9": 100}}
        assert "unreadable" in bad.data


async def deploy_to(one: World, endpoint: str) -> str:
    asked = DeploymentRequest(endpoint, Via.MODULE, "gesture")
    return (await one.services.deployments.deploy(asked)).id


async def test_a_build_that_two_ask_for_at_once_runs_once(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        one.runner.gate = asyncio.Event()
        ids = []
        for endpoint in ("urn:dev:1", "urn:dev:2"):
            one.device.endpoint = endpoint
            await registered(one)
            ids.append(await deploy_to(one, endpoint))
        await one.run_until(lambda: len(one.runner.runs) > 0)
        await settle()
        (build,) = await one.services.builds.builds()
        assert build.state.value == "running"
        assert build.progress == "compiling"
        one.runner.gate.set()
        for deployment in ids:
            await ended(one, deployment)
        assert len(one.runner.runs) == 1
        (build,) = await one.services.builds.builds()
        assert build.state.value == "succeeded"
        assert (build.flash, build.ram) == (300, 200)
        assert await one.services.builds.sources(build.key) == {"model.c": "int x;"}
