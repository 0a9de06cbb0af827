"""Queue mode from the API to the air and back: a server, a device on aiocoap's stack, and HTTP."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiocoap.numbers.codes import Code

from lwm2m_server.app import Running, serving
from lwm2m_server.protocol.events import EventKind
from lwm2m_server.settings import Settings

from .transport.scene import Device, device_at

pytestmark = pytest.mark.asyncio(loop_scope="module")
PATIENCE = 10.0


@dataclass
class Scene:
    """A device in queue mode, and who asks for it."""

    running: Running
    api: httpx.AsyncClient
    device: Device
    endpoint: str
    location: str = ""

    @property
    def value(self) -> str:
        return f"/v1/devices/{self.endpoint}/resources/3/0/9"

    async def registers(self) -> None:
        query = f"/rd?ep={self.endpoint}&lt=600&lwm2m=1.1&b=U&Q"
        answer = await self.device.send(Code.POST, query, payload=b"</3/0>", content_format=40)
        assert answer.code == Code.CREATED
        self.location = "/" + "/".join(answer.opt.location_path)

    async def updates(self) -> None:
        assert (await self.device.send(Code.POST, self.location)).code == Code.CHANGED

    async def responses(self) -> list[dict[str, Any]]:
        """Return what the API tells of requests that have ended."""
        events = await self.get("/v1/events?limit=1000")
        own = [one for one in events if one["endpoint"] == self.endpoint]
        return [event["data"] for event in own if event["kind"] == "response"]

    async def comes(self, kind: EventKind, **data: Any) -> None:
        """Wait for an event of the endpoint, which may have come already."""
        async with asyncio.timeout(PATIENCE):
            async for event in self.running.services.events.follow(0):
                if (event.kind, event.endpoint) == (kind, self.endpoint) and (
                    data.items() <= event.data.items()
                ):
                    return

    async def sleeps(self) -> None:
        await self.comes(EventKind.SLEEPING)

    async def get(self, path: str) -> Any:
        answer = await self.api.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def together(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    settings = Settings(
        data=tmp_path_factory.mktemp("queue"),
        http_port=0,
        coap_port=0,
        coaps_port=0,
        coap_host="127.0.0.1",
        allow_nosec=True,
        awake_window=0.2,
    )
    async with (
        serving(settings) as running,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.http_port}") as api,
        device_at(f"coap://127.0.0.1:{running.coap_port}") as device,
    ):
        yield Scene(running, api, device, "")


@pytest_asyncio.fixture(loop_scope="module")
async def scene(together: Scene, request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    """The device under a name that nobody else has, registered and asleep."""
    one = replace(together, endpoint=request.node.name)
    await one.registers()
    await one.sleeps()
    yield one
    await one.device.send(Code.DELETE, one.location)


async def test_109_a_request_waits_for_the_device_and_its_outcome_is_told(scene: Scene) -> None:
    assert (await scene.get(f"/v1/devices/{scene.endpoint}"))["awake"] is False
    scene.device.counter.value = 42
    accepted = await scene.api.get(scene.value)
    assert accepted.status_code == 202
    request = accepted.json()["queued"]
    waiting = await scene.get(f"/v1/requests/{request}")
    assert (waiting["state"], waiting["operation"], waiting["path"]) == ("queued", "Read", "/3/0/9")
    await scene.updates()
    await scene.comes(EventKind.RESPONSE)
    (event,) = await scene.responses()
    assert event["id"] == request
    assert event["values"] == {"/3/0/9": 42}
    ended = await scene.get(f"/v1/requests/{request}")
    assert (ended["state"], ended["code"], ended["attempts"]) == ("answered", "2.05", 1)
    assert [value["value"] for value in ended["values"]] == [42]
    late = await scene.api.post(f"/v1/requests/{request}/cancel")
    assert (late.status_code, "has ended" in late.json()["detail"]) == (409, True)


async def test_what_waits_is_listed_and_can_be_cancelled(scene: Scene) -> None:
    ids = [(await scene.api.get(scene.value)).json()["queued"] for _ in range(2)]
    listed = await scene.get(f"/v1/requests?endpoint={scene.endpoint}")
    assert [one["id"] for one in listed] == ids[::-1]
    assert await scene.get("/v1/requests?endpoint=other") == []
    cancelled = (await scene.api.post(f"/v1/requests/{ids[0]}/cancel")).json()
    assert cancelled["state"] == "cancelled"
    await scene.updates()
    await scene.comes(EventKind.RESPONSE, id=ids[1])
    states = [event["state"] for event in await scene.responses()]
    assert states == ["cancelled", "answered"]
    assert (await scene.api.get("/v1/requests/none")).status_code == 404


async def test_whatever_is_asked_of_a_device_that_sleeps_waits(scene: Scene) -> None:
    offset, reboot = scene.value.replace("/9", "/14"), scene.value.replace("/9", "/4")
    answers = [
        await scene.api.get(scene.value),
        await scene.api.put(offset, json={"value": "+02"}),
        await scene.api.post(reboot),
        await scene.api.post(f"/v1/bootstrap/sessions/{scene.endpoint}"),
    ]
    assert [answer.status_code for answer in answers] == [202] * 4
    waiting = await scene.get(f"/v1/requests?endpoint={scene.endpoint}")
    assert [one["id"] for one in waiting[::-1]] == [one.json()["queued"] for one in answers]
    told = [(one["operation"], one["path"]) for one in waiting[::-1]]
    assert told == [
        ("Read", "/3/0/9"),
        ("Write", "/3/0/14"),
        ("Execute", "/3/0/4"),
        ("Execute", "/1/0/9"),
    ]
    hardware = await scene.api.post(f"/v1/devices/{scene.endpoint}/hardware")
    assert (hardware.status_code, "wakes" in hardware.json()["detail"]) == (504, True)
