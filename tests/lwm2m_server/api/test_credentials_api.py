"""Credentials over HTTP and by command: keys are shown where they are made, once."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from typer.testing import CliRunner, Result

from lwm2m_server.app import Running, serving
from lwm2m_server.cli import app
from lwm2m_server.settings import Settings

from ..pki import authority, spki

KEY = "5e" * 32


@dataclass
class Server:
    running: Running
    api: httpx.AsyncClient


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    settings = Settings(
        data=tmp_path, http_port=0, coap_port=0, coaps_port=0, coap_host="127.0.0.1"
    )
    async with (
        serving(settings) as running,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.http_port}/v1") as client,
    ):
        yield Server(running, client)


async def test_a_key_is_made_and_shown_once(server: Server) -> None:
    answer = await server.api.post("/credentials", json={"endpoint": "dev"})
    assert answer.status_code == 201
    issued = answer.json()
    assert bytes.fromhex(issued["key"]) == server.running.services.credentials.psk("dev")
    listed = await server.api.get("/credentials")
    assert listed.json() == [issued["credential"]]
    events = await server.api.get("/events")
    assert [event["kind"] for event in events.json()] == ["credential"]
    for said in (listed, events):
        assert issued["key"] not in said.text


async def test_a_key_that_is_given_is_not_repeated(server: Server) -> None:
    new = {"endpoint": "dev", "identity": "who", "key": KEY}
    answer = await server.api.post("/credentials", json=new)
    assert (answer.status_code, KEY in answer.text) == (201, False)
    assert answer.json()["credential"]["identity"] == "who"
    assert server.running.services.credentials.psk("who") == bytes.fromhex(KEY)


@pytest.mark.parametrize("mode", ["rpk", "x509"])
async def test_a_key_pair_is_made_as_pem(server: Server, mode: str) -> None:
    answer = await server.api.post("/credentials", json={"endpoint": "dev", "mode": mode})
    issued = answer.json()
    key = load_pem_private_key(issued["private_key"].encode(), None).public_key()
    if mode == "x509":
        assert load_pem_x509_certificate(issued["public"].encode()).public_key() == key
    again = {"endpoint": "other", "mode": mode, "public": issued["public"]}
    taken = await server.api.post("/credentials", json=again)
    assert (taken.status_code, "is taken" in taken.text) == (400, True)


async def test_rotation_and_revocation(server: Server) -> None:
    first = (await server.api.post("/credentials", json={"endpoint": "dev"})).json()["credential"]
    answer = await server.api.post(f"/credentials/{first['id']}/rotate", json={"keep": 60})
    assert answer.status_code == 201
    second = answer.json()["credential"]
    assert (second["replaces"], second["identity"]) == (first["id"], "dev~2")
    old, _ = (await server.api.get("/credentials", params={"endpoint": "dev"})).json()
    assert old["retires_at"] - second["created_at"] == pytest.approx(60, abs=1)
    again = await server.api.post(f"/credentials/{first['id']}/rotate")
    assert again.status_code == 409
    for gone in (second, first):
        assert (await server.api.delete(f"/credentials/{gone['id']}")).status_code == 204
    assert (await server.api.get("/credentials")).json() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"endpoint": "dev", "key": "5e5e5e5e"}, 400),
        ({"endpoint": "dev", "key": f"{KEY}5"}, 400),
        ({"endpoint": "dev", "key": KEY, "mode": "x509"}, 400),
        ({"endpoint": "dev", "key": KEY, "mode": "pigeon"}, 422),
        ({"endpoint": 7, "key": KEY}, 422),
        ({"endpoint": "dev", "key": [KEY]}, 422),
        (KEY, 422),
    ],
)
async def test_a_refusal_does_not_repeat_a_key(server: Server, body: object, status: int) -> None:
    answer = await server.api.post("/credentials", json=body)
    assert (answer.status_code, "5e5e" in answer.text) == (status, False)
    assert answer.json()["detail"]


# --- by command ---------------------------------------------------------------------------


@pytest.fixture
async def command(server: Server) -> Callable[..., Result]:
    """Runs `tinymlaas credentials` against the server, which goes on beside it."""
    url = f"http://127.0.0.1:{server.running.http_port}"

    async def run(*words: str, given: str | None = None) -> Result:
        told = ["credentials", *words, "--server", url]
        return await asyncio.to_thread(CliRunner().invoke, app, told, input=given)

    return run


async def test_commands_add_list_rotate_and_revoke(
    command: Callable[..., Result], server: Server, tmp_path: Path
) -> None:
    made = json.loads((await command("add", "dev", "--json")).stdout)
    assert bytes.fromhex(made["key"]) == server.running.services.credentials.psk("dev")
    shown = await command("add", "other", "--psk-identity", "who", "--psk-key-hex", "-", given=KEY)
    assert (shown.exit_code, KEY in shown.output) == (0, False)
    assert server.running.services.credentials.psk("who") == bytes.fromhex(KEY)
    file = tmp_path / "ca.der"
    file.write_bytes(authority("fleet").der)
    assert "all endpoints" in (await command("add", "--all", "--x509", str(file))).output
    file.write_bytes(spki("dev").der)
    assert (await command("add", "dev", "--rpk", str(file))).exit_code == 0
    listed = (await command()).output
    for words in ("who", "CN=fleet", "x509 CA", spki("dev").name[:16]):
        assert words in listed
    several = await command("rotate", "dev")
    assert "name one by its id" in str(several.exception)
    rotated = json.loads((await command("rotate", "other", "--keep", "1", "--json")).stdout)
    assert rotated["credential"]["identity"] == "who~2"
    gone = await command("revoke", made["credential"]["id"])
    assert gone.output.startswith("revoked")
    assert server.running.services.credentials.psk("dev") is None
