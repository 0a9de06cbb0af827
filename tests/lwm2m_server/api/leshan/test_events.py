"""`/api/event` and requests that wait, on a whole server with a device on aiocoap's own stack."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiocoap.numbers.codes import Code

from lwm2m_server.app import Running, serving
from lwm2m_server.protocol.operations import Response
from lwm2m_server.settings import Settings
from objects.codecs import ContentFormat, encode_values
from objects.path import Path
from objects.registry import Registry
from objects.value import Value

from ...transport.scene import Device, device_at

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATIENCE = 10.0
LINKS = b"</3/0>,</5/0>"


@dataclass
class Scene:
    running: Running
    http: httpx.AsyncClient
    device: Device

    async def register(self, name: str, *more: str) -> str:
        """Register the device under a name; return the location."""
        query = "&".join((f"ep={name}", "lwm2m=1.1", "lt=300", *more))
        answer = await self.device.send(Code.POST, f"/rd?{query}", payload=LINKS, content_format=40)
        assert answer.code == Code.CREATED
        return "/" + "/".join(answer.opt.location_path)

    @asynccontextmanager
    async def following(self, name: str | None = None) -> AsyncIterator["Follower"]:
        params = {} if name is None else {"ep": name}
        async with self.http.stream("GET", "/api/event", params=params) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield Follower(answer.aiter_lines())


@dataclass
class Follower:
    lines: AsyncIterator[str]

    async def event(self) -> tuple[str, Any]:
        """Return the next event: its name, and its data."""
        name = ""
        async with asyncio.timeout(PATIENCE):
            async for line in self.lines:
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    return name, json.loads(line.removeprefix("data: "))
        raise AssertionError("the stream has ended")

    async def next(self, name: str) -> Any:
        """Return the data of the next event of that name."""
        while True:
            found, data = await self.event()
            if found == name:
                return data


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    settings = Settings(
        data=tmp_path_factory.mktemp("events"),
        http_port=0,
        coap_port=0,
        coaps_port=0,
        coap_host="127.0.0.1",
        allow_nosec=True,
    )
    async with (
        serving(settings) as running,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.http_port}") as http,
        device_at(f"coap://127.0.0.1:{running.coap_port}") as device,
    ):
        yield Scene(running, http, device)


def composite(values: dict[str, Value]) -> tuple[int, bytes]:
    told = {Path.parse(path): value for path, value in values.items()}
    form = ContentFormat.SENML_CBOR
    return form, encode_values(form, told, Registry.standard())


async def test_101_102_103_registrations_are_told(scene: Scene) -> None:
    async with scene.following() as follower:
        location = await scene.register("one")
        registered = await follower.next("REGISTRATION")
        assert (registered["endpoint"], registered["lifetime"]) == ("one", 300)
        shown = await scene.http.get("/api/clients/one")
        assert shown.json() == registered
        await scene.device.send(Code.POST, f"{location}?lt=120")
        updated = await follower.next("UPDATED")
        assert updated["registration"]["lifetime"] == updated["update"]["lifetime"] == 120
        assert updated["update"]["registrationId"] == registered["registrationId"]
        # What changes nothing is told of, too: it is by this that scripts know who is there.
        await scene.device.send(Code.POST, location)
        assert (await follower.next("UPDATED"))["registration"]["endpoint"] == "one"
        await scene.device.send(Code.DELETE, location)
        assert (await follower.next("DEREGISTRATION"))["endpoint"] == "one"


async def test_a_register_in_the_place_of_another_ends_that(scene: Scene) -> None:
    async with scene.following() as follower:
        former = await scene.register("again")
        latter = await scene.register("again")
        told = [await follower.event() for _ in range(3)]
    assert [(name, f"/rd/{one['registrationId']}") for name, one in told] == [
        ("REGISTRATION", former),
        ("DEREGISTRATION", former),
        ("REGISTRATION", latter),
    ]


async def test_301_notifications_are_told(scene: Scene) -> None:
    await scene.register("two")
    async with scene.following("two") as follower:
        answer = await scene.http.post("/api/clients/two/3/0/9/observe", content=b"")
        assert answer.json()["content"]["value"] == "0"
        scene.device.counter.set(42)
        assert await follower.next("NOTIFICATION") == {
            "ep": "two",
            "kind": "single",
            "res": "/3/0/9",
            "val": {"id": 9, "kind": "singleResource", "type": "INTEGER", "value": "42"},
        }
    await scene.http.delete("/api/clients/two/3/0/9/observe")


async def test_304_composite_notifications_are_told(scene: Scene) -> None:
    await scene.register("three")
    async with scene.following("three") as follower:
        form, payload = composite({"/3/0/9": 42, "/3/0/6/0": 1})
        target = (Path(3, 0, 9), Path(3, 0, 6), Path(5))
        told = Response(0x45, payload, form)
        scene.running.services.reporting.notified("three", target, told)
        shown = await follower.next("NOTIFICATION")
        assert (shown["kind"], shown["paths"]) == ("composite", ["/3/0/9", "/3/0/6", "/5"])
        assert {path: node["kind"] for path, node in shown["val"].items()} == {
            "/3/0/9": "singleResource",
            "/3/0/6": "multiResource",
        }


async def test_306_send_is_told(scene: Scene) -> None:
    await scene.register("four")
    async with scene.following("four") as follower:
        form, payload = composite({"/3/0/6/0": 1, "/5/0/0": b"\x00\xff"})
        answer = await scene.device.send(Code.POST, "/dp", payload=payload, content_format=form)
        assert answer.code == Code.CHANGED
        assert await follower.next("SEND") == {
            "ep": "four",
            "val": {
                "/3/0/6/0": {"id": 0, "kind": "resourceInstance", "type": "INTEGER", "value": "1"},
                "/5/0/0": {"id": 0, "kind": "singleResource", "type": "OPAQUE", "value": "00ff"},
            },
        }


async def test_109_a_request_waits_until_the_endpoint_wakes(scene: Scene) -> None:
    services = scene.running.services
    async with scene.following("five") as follower:
        location = await scene.register("five", "Q")
        assert await follower.next("AWAKE") == {"ep": "five"}
        services.presence.silent("five", services.presence.now() + 1)
        assert await follower.next("SLEEPING") == {"ep": "five"}
        shown = (await scene.http.get("/api/clients/five")).json()
        assert (shown["queuemode"], shown["sleeping"]) == (True, True)
        asked = await scene.http.get("/api/clients/five/3/0/9")
        request = asked.json()["requestId"]
        delayed = {"ep": "five", "path": "/3/0/9", "requestId": request, "delayed": True}
        assert (asked.status_code, asked.json()) == (200, delayed)
        await scene.device.send(Code.POST, location)
        told = await follower.next("REQUEST_RESPONSE")
        response = told.pop("response")
        assert told == delayed
        assert (response["status"], response["content"]["id"]) == ("CONTENT(205)", 9)


async def test_messages_are_told_to_who_follows_their_endpoint(scene: Scene) -> None:
    await scene.register("six")
    async with scene.following("six") as follower:
        await scene.http.get("/api/clients/six/3/0/9?format=TEXT")
        request, answer = await follower.next("COAPLOG"), await follower.next("COAPLOG")
    mid, token = request["mId"], request["token"]
    assert request == {
        "timestamp": request["timestamp"],
        "incoming": False,
        "type": "CON",
        "code": "GET",
        "mId": mid,
        "token": token,
        "options": 'Uri-Path: "3", "0", "9" - Accept: 0',
        "ep": "six",
    }
    told = {name: answer[name] for name in ("incoming", "type", "code", "mId", "token")}
    assert told == {"incoming": True, "type": "ACK", "code": "2.05", "mId": mid, "token": token}
    assert answer["payload"].isdigit()


async def test_a_message_is_told_once_to_each_who_follows(scene: Scene) -> None:
    await scene.register("seven")
    async with scene.following("seven") as one, scene.following("seven") as other:
        await scene.http.get("/api/clients/seven/3/0/9")
        for follower in (one, other):
            told = [await follower.next("COAPLOG") for _ in range(2)]
            assert [message["incoming"] for message in told] == [False, True]


async def test_what_is_of_others_is_not_told(scene: Scene) -> None:
    await scene.register("eight")
    async with scene.following("nine") as follower:
        await scene.register("eight")
        await scene.register("nine")
        assert (await follower.next("REGISTRATION"))["endpoint"] == "nine"


async def test_who_follows_all_does_not_have_messages_traced(scene: Scene) -> None:
    await scene.register("ten")
    async with scene.following() as follower:
        await scene.http.get("/api/clients/ten/3/0/9")
        await scene.register("eleven")
        told = [await follower.event()]
        while told[-1][1].get("endpoint") != "eleven":
            told.append(await follower.event())
    assert "COAPLOG" not in {name for name, _ in told}


async def test_nothing_is_kept_or_traced_while_nobody_follows(scene: Scene) -> None:
    traffic = scene.running.services.traffic
    async with scene.following("twelve"):
        assert traffic.watched == 1
    async with asyncio.timeout(PATIENCE):
        while traffic.watched:  # noqa: ASYNC110 - the server notices when it does
            await asyncio.sleep(0)


async def test_a_follower_does_not_hold_the_server_up(tmp_path: File) -> None:
    settings = Settings(
        data=tmp_path, http_port=0, coap_port=0, coaps_port=0, coap_host="127.0.0.1"
    )
    async with httpx.AsyncClient() as client, AsyncExitStack() as following:
        async with serving(settings) as running:
            url = f"http://127.0.0.1:{running.http_port}/api/event?ep=dev"
            answer = await following.enter_async_context(client.stream("GET", url))
        # A connection that the server had to break would raise.
        assert await answer.aread() == b""
