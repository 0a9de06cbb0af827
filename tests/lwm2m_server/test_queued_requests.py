"""Queue mode from the API to the air and back: a server, a device on aiocoap's stack, and HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiocoap.numbers.codes import Code

from lwm2m_server.api.errors import status_of
from lwm2m_server.app import serving
from lwm2m_server.service.errors import EndpointAsleep, QueueFull
from lwm2m_server.settings import Settings

from .transport.scene import Device, device_at

VALUE = "/v1/devices/dev/resources/3/0/9"


@dataclass
class Scene:
    """A device in queue mode, and who asks for it."""

    api: httpx.AsyncClient
    device: Device
    location: str = ""

    async def registers(self) -> None:
        query = "/rd?ep=dev&lt=600&lwm2m=1.1&b=U&Q"
        answer = await self.device.send(Code.POST, query, payload=b"</3/0>", content_format=40)
        assert answer.code == Code.CREATED
        self.location = "/" + "/".join(answer.opt.location_path)

    async def updates(self) -> None:
        assert (await self.device.send(Code.POST, self.location)).code == Code.CHANGED

    async def told(self, kind: str) -> list[dict[str, Any]]:
        events = (await self.api.get("/v1/events", params={"limit": 1000})).json()
        return [event["data"] for event in events if event["kind"] == kind]

    async def sleeps(self) -> None:
        async def asleep() -> bool:
            slept = await self.told("sleeping")
            return bool(slept) and len(slept) == len(await self.told("awake"))

        await until(asleep)

    async def get(self, path: str) -> Any:
        answer = await self.api.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


async def until(look: Callable[[], Awaitable[Any]]) -> Any:
    """Return what `look` finds once it finds anything; each look is a round trip."""
    for _ in range(2000):
        if found := await look():
            return found
    raise AssertionError("it did not happen")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    settings = Settings(
        data=tmp_path,
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
        yield Scene(api, device)


async def test_109_a_request_waits_for_the_device_and_its_outcome_is_told(scene: Scene) -> None:
    await scene.registers()
    await scene.sleeps()
    assert (await scene.get("/v1/devices/dev"))["awake"] is False
    scene.device.counter.value = 42
    accepted = await scene.api.get(VALUE)
    assert accepted.status_code == 202
    request = accepted.json()["queued"]
    waiting = await scene.get(f"/v1/requests/{request}")
    assert (waiting["state"], waiting["operation"], waiting["path"]) == ("queued", "Read", "/3/0/9")
    await scene.updates()
    (event,) = await until(lambda: scene.told("response"))
    assert event["id"] == request
    assert event["values"] == {"/3/0/9": 42}
    ended = await scene.get(f"/v1/requests/{request}")
    assert (ended["state"], ended["code"], ended["attempts"]) == ("answered", "2.05", 1)
    assert [value["value"] for value in ended["values"]] == [42]
    late = await scene.api.post(f"/v1/requests/{request}/cancel")
    assert (late.status_code, "has ended" in late.json()["detail"]) == (409, True)


async def test_what_waits_is_listed_and_can_be_cancelled(scene: Scene) -> None:
    await scene.registers()
    await scene.sleeps()
    ids = [(await scene.api.get(VALUE)).json()["queued"] for _ in range(2)]
    listed = await scene.get("/v1/requests?endpoint=dev")
    assert [one["id"] for one in listed] == ids[::-1]
    assert await scene.get("/v1/requests?endpoint=other") == []
    cancelled = (await scene.api.post(f"/v1/requests/{ids[0]}/cancel")).json()
    assert cancelled["state"] == "cancelled"
    await scene.updates()
    await until(lambda: answered(scene, ids[1]))
    states = [event["state"] for event in await scene.told("response")]
    assert states == ["cancelled", "answered"]
    assert (await scene.api.get("/v1/requests/none")).status_code == 404


async def test_whatever_is_asked_of_a_device_that_sleeps_waits(scene: Scene) -> None:
    await scene.registers()
    await scene.sleeps()
    offset, reboot = VALUE.replace("/9", "/14"), VALUE.replace("/9", "/4")
    answers = [
        await scene.api.get(VALUE),
        await scene.api.put(offset, json={"value": "+02"}),
        await scene.api.post(reboot),
        await scene.api.post("/v1/bootstrap/sessions/dev"),
    ]
    assert [answer.status_code for answer in answers] == [202] * 4
    waiting = await scene.get("/v1/requests?endpoint=dev")
    assert [one["id"] for one in waiting[::-1]] == [one.json()["queued"] for one in answers]
    told = [(one["operation"], one["path"]) for one in waiting[::-1]]
    assert told == [
        ("Read", "/3/0/9"),
        ("Write", "/3/0/14"),
        ("Execute", "/3/0/4"),
        ("Execute", "/1/0/9"),
    ]
    hardware = await scene.api.post("/v1/devices/dev/hardware")
    assert (hardware.status_code, "wakes" in hardware.json()["detail"]) == (504, True)


async def answered(scene: Scene, request: str) -> bool:
    return bool((await scene.get(f"/v1/requests/{request}"))["state"] == "answered")


def test_refusals_have_statuses_of_their_own() -> None:
    assert status_of(QueueFull("at most 64 requests wait for dev")) == 429
    assert status_of(EndpointAsleep("dev", "ask later")) == 504
