"""The bootstrap server's API on its own port."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from lwm2m_server.api.leshan.configurations import from_json
from lwm2m_server.app import Running, serving
from lwm2m_server.protocol.events import EventKind
from lwm2m_server.settings import Settings

from .configuration import CONFIGURATION, KEY, SERVER

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Server:
    running: Running
    http: httpx.AsyncClient


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    settings = Settings(
        data=tmp_path_factory.mktemp("bootstrap"),
        http_port=0,
        coap_port=0,
        coaps_port=0,
        coap_host="127.0.0.1",
        bootstrap_port=0,
        bootstrap_coaps_port=0,
        bootstrap_http_port=0,
    )
    async with (
        serving(settings) as running,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.bootstrap_http_port}/api") as http,
    ):
        yield Server(running, http)


async def test_0_a_configuration_is_kept_shown_without_keys_and_forgotten(server: Server) -> None:
    http = server.http
    answer = await http.post("/bootstrap/dev?timeout=10", json=CONFIGURATION)
    assert (answer.status_code, answer.content) == (200, b"")
    kept = server.running.services.bootstrap.configurations
    assert kept.for_endpoint("dev") == from_json(CONFIGURATION)
    (view,) = kept.list()
    assert view.in_clear  # as there; NoSec itself is --allow-nosec's to admit
    listed = await http.get("/bootstrap")
    secret = json.dumps(KEY)
    assert secret.replace(" ", "") not in listed.text.replace(" ", "")
    (shown,) = listed.json().values()
    assert shown["security"]["1"]["secretKey"] == []
    assert shown["security"]["1"]["publicKeyOrId"] == list(b"dev")
    assert shown["servers"] == {"0": SERVER}
    assert shown["toDelete"] == ["/0", "/1"]
    assert (await http.delete("/bootstrap/dev")).status_code == 204
    gone = await http.delete("/bootstrap/dev")
    assert (gone.status_code, gone.text) == (404, "no config for dev")


async def test_its_credentials_are_not_those_of_the_other_server(server: Server) -> None:
    details = {"identity": "dev", "key": "5e" * 16}
    info = {"endpoint": "dev", "tls": {"mode": "psk", "details": details}}
    assert (await server.http.put("/security/clients/", json=info)).status_code == 200
    services = server.running.services
    assert services.bootstrap.credentials.psk("dev") == bytes.fromhex("5e" * 16)
    assert services.credentials.psk("dev") is None
    assert len((await server.http.get("/security/clients")).json()) == 1
    assert (await server.http.delete("/security/clients/dev")).status_code == 200


async def test_where_it_is_reached_and_known_by(server: Server) -> None:
    found = (await server.http.get("/server/endpoint")).json()
    assert [one["uri"]["port"] for one in found] == [
        server.running.bootstrap_port,
        server.running.bootstrap_coaps_port,
    ]
    assert found[0]["uri"]["full"] == f"coap://127.0.0.1:{server.running.bootstrap_port}"
    known = (await server.http.get("/server/security")).json()["certificate"]
    assert (known["pubkey"]["params"], len(known["pubkey"]["x"])) == ("secp256r1", 64)


async def test_bootstraps_are_told_of(server: Server) -> None:
    events = server.running.services.events
    async with server.http.stream("GET", "/event", params={"ep": "dev"}) as answer:
        for endpoint, phase in (("other", "failed"), ("dev", "beginning"), ("dev", "succeeded")):
            events.emit(EventKind.BOOTSTRAP, 5.0, endpoint, {"phase": phase, "address": "coap://x"})
        told = list[Any]()
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                told.append(json.loads(line.removeprefix("data: ")))
            if len(told) == 2:
                break
    assert told == [
        {
            "name": "new session",
            "endpoint": "dev",
            "time": 5000,
            "message": "Bootstrap Request from coap://x",
        },
        {
            "name": "finished",
            "endpoint": "dev",
            "time": 5000,
            "message": "Bootstrap session finished with success",
        },
    ]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("GET", "/bootstrap/dev", None, 404, "bad URL"),
        ("POST", "/bootstrap/", CONFIGURATION, 400, "endpoint name should be specified"),
        ("POST", "/bootstrap/a/b", CONFIGURATION, 400, "nothing more"),
        ("POST", f"/bootstrap/{'x' * 256}", CONFIGURATION, 400, "an endpoint's name"),
        ("POST", "/bootstrap/dev", [], 400, "no JSON object"),
        ("POST", "/bootstrap/dev", {"toDelete": ["/0"] * 65}, 400, "at most 64"),
        ("POST", "/bootstrap/dev", {"servers": {"0": {"shortId": 0}}}, 400, "short server id"),
    ],
)
async def test_a_refusal_says_what_and_why(
    server: Server, method: str, path: str, body: Any, status: int, words: str
) -> None:
    answer = await server.http.request(method, path, json=body)
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
