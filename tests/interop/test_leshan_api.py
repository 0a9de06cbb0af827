"""Leshan's own client, bootstrapped and managed through the API that Leshan's demos have.

What suites made for those demos do with a device, from its keys to its end.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from lwm2m_server.app import serving
from lwm2m_server.settings import Settings

from .java import LESHAN, JavaPeer, java_peer

pytestmark = [
    pytest.mark.interop,
    pytest.mark.proves(peer=LESHAN),
    pytest.mark.asyncio(loop_scope="module"),
]

ENDPOINT = "client_ab"
PATIENCE = 20.0
BOOTSTRAP_KEY, KEY = b"b" * 16, b"p" * 16
EVERY_FORMAT = ("TEXT", "CBOR", "TLV", "SENML_CBOR", "SENML_JSON", "JSON")


@dataclass
class Scene:
    api: httpx.AsyncClient
    peer: JavaPeer

    async def ask(self, method: str, path: str, **told: Any) -> Any:
        """Carry out an operation and return what the API tells of it."""
        url = f"/clients/{ENDPOINT}/{path}"
        answer = await self.api.request(method, url, **told)
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.content else None

    async def event(self, stream: httpx.Response, name: str) -> Any:
        """Return the data of the next event of that name."""
        found = False
        async with asyncio.timeout(PATIENCE):
            async for line in stream.aiter_lines():
                if line.startswith("data: ") and found:
                    return json.loads(line.removeprefix("data: "))
                found = line == f"event: {name}" or (found and not line.startswith("event: "))
        raise AssertionError("the stream has ended")


def info(key: bytes) -> dict[str, Any]:
    details = {"identity": ENDPOINT, "key": key.hex()}
    return {"endpoint": ENDPOINT, "tls": {"mode": "psk", "details": details}}


def configuration(port: int) -> dict[str, Any]:
    security = {
        "bootstrapServer": False,
        "publicKeyOrId": list(ENDPOINT.encode()),
        "secretKey": list(KEY),
        "securityMode": "PSK",
        "serverId": 1,
        "uri": f"coaps://127.0.0.1:{port}",
    }
    server = {"binding": "U", "lifetime": 86400, "notifIfDisabled": False, "shortId": 1}
    return {"servers": {"0": server}, "security": {"1": security}, "toDelete": ["/0", "/1"]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory, java_peers: Path) -> AsyncIterator[Scene]:
    ports = dict.fromkeys(
        ("http_port", "coap_port", "coaps_port", "bootstrap_port", "bootstrap_coaps_port"), 0
    )
    settings = Settings(
        data=tmp_path_factory.mktemp("leshan-api"),
        coap_host="127.0.0.1",
        bootstrap_http_port=0,
        **ports,
    )
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(serving(settings))
        api, bootstrap = [
            await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=PATIENCE))
            for url in (
                f"http://127.0.0.1:{running.http_port}/api",
                f"http://127.0.0.1:{running.bootstrap_http_port}/api",
            )
        ]
        await bootstrap.put("/security/clients/", json=info(BOOTSTRAP_KEY))
        told = configuration(running.coaps_port)
        await bootstrap.post(f"/bootstrap/{ENDPOINT}", json=told)
        await api.put("/security/clients/", json=info(KEY))
        options = {
            "bootstrap": f"coaps://127.0.0.1:{running.bootstrap_coaps_port}",
            "endpoint": ENDPOINT,
            "identity": ENDPOINT,
            "key": BOOTSTRAP_KEY.hex(),
        }
        async with java_peer(java_peers, "LeshanPeer", **options) as peer:
            await peer.ask("register", event="registered")
            yield Scene(api, peer)


@pytest.mark.proves("api-bootstrap", "api-security", peer=LESHAN)
async def test_1_401_bootstrapped_and_registered_with_a_key(scene: Scene) -> None:
    shown = await scene.ask("GET", "")
    assert (shown["secure"], shown["lifetime"], shown["lwM2mVersion"]) == (True, 86400, "1.1")
    assert {"1", "3"} <= set(shown["availableInstances"])


@pytest.mark.parametrize("name", EVERY_FORMAT)
async def test_205_212_215_220_233_234_write_and_read(scene: Scene, name: str) -> None:
    data = {"id": 2, "kind": "singleResource", "value": 7, "type": "integer"}
    query = {"format": name, "timeout": 10}
    assert (await scene.ask("PUT", "1/0/2", params=query, json=data))["status"] == "CHANGED(204)"
    shown = await scene.ask("GET", "1/0/2", params=query)
    assert shown["content"] == {**data, "type": "INTEGER", "value": "7"}


async def test_222_237_read_on_an_object(scene: Scene) -> None:
    for query in ({}, {"format": "TLV"}, {"format": "SENML_JSON"}):
        (instance,) = (await scene.ask("GET", "1", params=query))["content"]["instances"]
        found = {one["id"]: one["value"] for one in instance["resources"]}
        assert (found[0], found[1], found[7]) == ("1", "86400", "U")


async def test_221_what_is_not_the_servers_is_refused_by_the_client(scene: Scene) -> None:
    shown = await scene.ask("GET", "0/0")
    assert (shown["success"], shown["valid"], "content" in shown) == (False, True, False)


async def test_256_a_write_that_fails(scene: Scene) -> None:
    data = {"id": 0, "kind": "singleResource", "value": 123, "type": "integer"}
    shown = await scene.ask("PUT", "1/0/0", json=data)
    assert shown["status"] == "METHOD_NOT_ALLOWED(405)"


async def test_260_discover_and_write_attributes(scene: Scene) -> None:
    shown = await scene.ask("PUT", "3/attributes?pmin=10&pmax=200")
    assert shown["status"] == "CHANGED(204)"
    links = (await scene.ask("GET", "3/discover"))["objectLinks"]
    assert {"/3", "/3/0"} <= {link["url"] for link in links}


async def test_241_execute(scene: Scene) -> None:
    assert (await scene.ask("POST", "1/0/8"))["status"] == "CHANGED(204)"


@pytest.mark.parametrize("name", ["SENML_CBOR", "SENML_JSON"])
async def test_229_230_composite(scene: Scene, name: str) -> None:
    formats = {"pathformat": name, "nodeformat": name}
    data = {"/1/0/6": {"id": 6, "kind": "singleResource", "value": True, "type": "boolean"}}
    shown = await scene.ask("PUT", "composite", params=formats, json=data)
    assert shown["status"] == "CHANGED(204)"
    paths = {**formats, "paths": "/1/0/6,/3,/3339/0/5522"}
    found = (await scene.ask("GET", "composite", params=paths))["content"]
    assert sorted(found) == ["/1/0/6", "/3"]
    assert found["/1/0/6"]["value"] is True


async def test_301_303_observe_and_cancel(scene: Scene) -> None:
    assert (await scene.ask("POST", "1/0/2/observe", content=b""))["success"]
    async with scene.api.stream("GET", "/event", params={"ep": ENDPOINT}) as stream:
        data = {"id": 2, "kind": "singleResource", "value": 11, "type": "integer"}
        await scene.ask("PUT", "1/0/2", json=data)
        told = await scene.event(stream, "NOTIFICATION")
    assert (told["kind"], told["res"], told["val"]["value"]) == ("single", "/1/0/2", "11")
    assert (await scene.ask("DELETE", "1/0/2/observe?active"))["success"]


async def test_304_305_observe_composite_and_cancel(scene: Scene) -> None:
    paths = "paths=/1/0/2,/1/0/6"
    assert len((await scene.ask("POST", f"composite/observe?{paths}"))["content"]) == 2
    async with scene.api.stream("GET", "/event") as stream:
        data = {"id": 2, "kind": "singleResource", "value": 12, "type": "integer"}
        await scene.ask("PUT", "1/0/2", json=data)
        told = await scene.event(stream, "NOTIFICATION")
    assert (told["kind"], told["paths"]) == ("composite", ["/1/0/2", "/1/0/6"])
    assert told["val"]["/1/0/2"]["value"] == "12"
    assert (await scene.ask("DELETE", f"composite/observe?{paths}&active"))["success"]


async def test_306_send(scene: Scene) -> None:
    async with scene.api.stream("GET", "/event", params={"ep": ENDPOINT}) as stream:
        await scene.peer.ask("send /1/0/1", event="sent")
        told = await scene.event(stream, "SEND")
    assert told["val"]["/1/0/1"]["value"] == "86400"


async def test_a_device_that_is_deleted_is_registered_no_more(scene: Scene) -> None:
    async with scene.api.stream("GET", "/event", params={"ep": ENDPOINT}) as stream:
        await scene.api.delete(f"/security/clients/{ENDPOINT}")
        told = await scene.event(stream, "DEREGISTRATION")
    assert told["endpoint"] == ENDPOINT
    gone = await scene.api.get(f"/clients/{ENDPOINT}")
    assert gone.text == f"No registered client with id '{ENDPOINT}'"
