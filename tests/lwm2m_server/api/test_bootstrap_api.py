"""Bootstrap configurations over HTTP and by command: keys go in and are never seen again."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from typer.testing import CliRunner, Result

from lwm2m_server.app import Running, serving
from lwm2m_server.cli import app
from lwm2m_server.settings import Settings
from objects.path import Path as LwM2MPath

KEY = "5e" * 32
SECURE = "coaps://lwm2m.example.org:5684"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Server:
    running: Running
    api: httpx.AsyncClient


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def serving_all(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    settings = Settings(
        data=tmp_path_factory.mktemp("bootstrap"),
        http_port=0,
        coap_port=0,
        coaps_port=0,
        coap_host="127.0.0.1",
    )
    async with (
        serving(settings) as running,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.http_port}/v1") as client,
    ):
        yield Server(running, client)


@pytest_asyncio.fixture(loop_scope="module")
async def server(serving_all: Server) -> AsyncIterator[Server]:
    """The server as if it were new: what a test has left is forgotten after it."""
    yield serving_all
    bootstrap = serving_all.running.services.bootstrap
    for view in bootstrap.configurations.list():
        await bootstrap.configurations.remove(view.name)
    for credential in bootstrap.credentials.list():
        await bootstrap.credentials.revoke(credential.id)


async def put(server: Server, name: str = "dev", **told: Any) -> httpx.Response:
    return await server.api.put(f"/bootstrap/configurations/{name}", json=told)


async def test_a_configuration_is_kept_shown_without_keys_and_forgotten(server: Server) -> None:
    account = {"uri": SECURE, "key": KEY, "lifetime": 60}
    made = await put(server, accounts=[account], instances={"/3/0": {"14": "+02:00"}})
    assert made.status_code == 200
    row = made.json()
    assert row["keys"] == ["/0/1/5"]
    assert row["values"]["/1/0/1"] == 60
    assert row["values"]["/3/0/14"] == "+02:00"
    assert bytes.fromhex(row["values"]["/0/1/3"]) == b"{endpoint}"
    shown = await server.api.get("/bootstrap/configurations/dev")
    listed = await server.api.get("/bootstrap/configurations")
    events = await server.api.get("/events")
    assert (shown.json(), listed.json()) == (row, [row])
    for said in (made, shown, listed, events):
        assert KEY not in said.text
    kept = server.running.services.bootstrap.configurations.for_endpoint("dev")
    assert kept is not None
    assert dict(kept.instances)[LwM2MPath(0, 1)].value(5, bytes) == bytes.fromhex(KEY)
    for status in (204, 404):
        gone = await server.api.delete("/bootstrap/configurations/dev")
        assert gone.status_code == status


async def test_the_default_has_a_star_for_a_name(server: Server) -> None:
    made = await put(server, "*", accounts=[{"uri": SECURE}])
    assert made.json()["own"] == [{"instance": 1, "uri": SECURE, "short_server_id": 1}]
    assert (await server.api.get("/bootstrap/configurations/*")).status_code == 200


@pytest.mark.parametrize(
    ("told", "status", "why"),
    [
        ({"accounts": [{"uri": "http://x"}]}, 400, "coap[s]"),
        ({"accounts": [{"uri": SECURE, "key": KEY[:6]}]}, 400, "16 to 64 bytes, not 3"),
        ({"accounts": [{"uri": SECURE, "key": "secret"}]}, 400, "not hexadecimal"),
        ({"accounts": [{"uri": SECURE, "key": KEY}], "delete": ["/x"]}, 400, "'x'"),
        ({"accounts": [{"uri": SECURE, "short_server_id": 0}]}, 400, "1 to 65534"),
        ({"accounts": [{}]}, 422, "uri"),
        ({"accounts": [{"uri": SECURE, "key": 5}]}, 422, "key"),
        ({"instances": {"/0/1": {"5": KEY + "x"}}}, 400, "/0/1/5"),
        ({"instances": {"/0/1": KEY}}, 422, "instances"),
        ({}, 400, "no server is left"),
    ],
)
async def test_what_cannot_be_is_refused_by_name_and_not_repeated(
    server: Server, told: dict[str, Any], status: int, why: str
) -> None:
    refused = await put(server, **told)
    assert (refused.status_code, why in refused.text) == (status, True)
    assert KEY not in refused.text
    assert "secret" not in refused.text
    assert (await server.api.get("/bootstrap/configurations")).json() == []


async def test_credentials_of_one_use_are_not_those_of_the_other(server: Server) -> None:
    use = {"use": "bootstrap"}
    made = await server.api.post("/credentials", params=use, json={"endpoint": "dev"})
    issued = made.json()["credential"]
    assert (await server.api.get("/credentials")).json() == []
    assert (await server.api.get("/credentials", params=use)).json() == [issued]
    assert (await server.api.delete(f"/credentials/{issued['id']}")).status_code == 404
    gone = await server.api.delete(f"/credentials/{issued['id']}", params=use)
    assert gone.status_code == 204
    assert (await server.api.get("/credentials", params={"use": "x"})).status_code == 422


async def test_sessions_are_listed_ended_and_asked_for(server: Server) -> None:
    assert (await server.api.get("/bootstrap/sessions")).json() == []
    assert (await server.api.delete("/bootstrap/sessions/dev")).status_code == 404
    assert (await server.api.post("/bootstrap/sessions/dev")).status_code == 409


@pytest_asyncio.fixture(loop_scope="module")
async def command(server: Server) -> Callable[..., Result]:
    """Runs `tinymlaas` against the server, which goes on beside it."""
    url = f"http://127.0.0.1:{server.running.http_port}"

    async def run(*words: str, given: str | None = None) -> Result:
        told = [*words, "--server", url]
        return await asyncio.to_thread(CliRunner().invoke, app, told, input=given)

    return run


@pytest.mark.proves("cli-bootstrap")
async def test_commands_set_show_list_and_remove(
    command: Callable[..., Result], server: Server, tmp_path: Path
) -> None:
    done = await command("bootstrap", "set", "--all", "--uri", SECURE)
    assert (done.exit_code, "own credential" in done.stdout) == (0, True)
    told = ("--uri", SECURE, "--psk-key-hex", "-", "--ssid", "7")
    done = await command("bootstrap", "set", "dev", *told, given=KEY)
    assert (done.exit_code, KEY in done.output) == (0, False)
    shown = json.loads((await command("bootstrap", "show", "dev")).stdout)
    assert shown["values"]["/1/0/0"] == 7
    whole = tmp_path / "whole.json"
    whole.write_text(json.dumps({"accounts": [{"uri": "coap://127.0.0.1"}]}))
    done = await command("bootstrap", "set", "dev", "--file", str(whole), "--json")
    assert json.loads(done.stdout)["values"]["/0/1/0"] == "coap://127.0.0.1"
    listed = await command("bootstrap", "list")
    assert ("(all others)" in listed.stdout, "coap://127.0.0.1" in listed.stdout) == (True, True)
    assert (await command("bootstrap", "remove", "dev")).exit_code == 0
    assert (await command("bootstrap", "trigger", "dev")).exit_code == 1
    names = [view.name for view in server.running.services.bootstrap.configurations.list()]
    assert names == ["*"]


@pytest.mark.parametrize(
    "words",
    [
        ["set", "dev"],
        ["set", "--uri", SECURE],
        ["set", "dev", "--all", "--uri", SECURE],
        ["set", "dev", "--uri", SECURE, "--file", "x"],
        ["show"],
        ["remove"],
    ],
)
async def test_commands_that_name_nobody_or_nothing_are_refused(
    command: Callable[..., Result], server: Server, words: list[str]
) -> None:
    assert (await command("bootstrap", *words)).exit_code == 2
    assert server.running.services.bootstrap.configurations.list() == []


async def test_commands_tell_credentials_by_their_use(
    command: Callable[..., Result], server: Server
) -> None:
    done = await command("credentials", "add", "dev", "--bootstrap", "--json")
    key = bytes.fromhex(json.loads(done.stdout)["key"])
    services = server.running.services
    assert (services.bootstrap.credentials.psk("dev"), services.credentials.psk("dev")) == (
        *(key, None),
    )
    assert json.loads((await command("credentials", "list", "--json")).stdout) == []
    assert (await command("credentials", "rotate", "dev", "--bootstrap")).exit_code == 0
    listed = await command("credentials", "list", "--bootstrap", "--json")
    assert len(json.loads(listed.stdout)) == 2
    assert (await command("credentials", "revoke", "dev", "--bootstrap")).exit_code == 0
