"""Leshan's client, operated by command, in names as well as in numbers."""

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from lwm2m_server.__main__ import main
from tests.e2e.process import ServerProcess

from .clients import Client, proves

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="session")]

Command = Callable[..., Any]
LEVEL = "device/battery-level"


@pytest.fixture
def tinymlaas(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command in this process; returns the JSON that it prints, None for nothing."""
    monkeypatch.setenv("TINYMLAAS_SERVER", f"http://127.0.0.1:{server.http_port}")

    def run(*arguments: str) -> Any:
        monkeypatch.setattr(sys, "argv", ["tinymlaas", *arguments, "--json"])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        assert not left.value.code, said.err
        return json.loads(said.out) if said.out.strip() else None

    return run


@proves("cli-read", "cli-write", "cli-names")
async def test_read_and_write(client: Client, tinymlaas: Command) -> None:
    tinymlaas("write", client.endpoint, "3/0/14=+02:00")
    assert "+02:00" in str(tinymlaas("read", client.endpoint, "device/utc-offset"))
    tinymlaas("write", client.endpoint, "device/utc-offset=+03:00", "server/0/lifetime=600")
    both = tinymlaas("read", client.endpoint, "/3/0/14", "1/0/1")
    assert ("+03:00" in str(both), "600" in str(both)) == (True, True)


@proves("cli-exec")
async def test_exec(client: Client, tinymlaas: Command) -> None:
    tinymlaas("exec", client.endpoint, "device/reboot")
    assert (await client.event("executed"))["path"] == "/3/0/4"
    tinymlaas("exec", client.endpoint, "3442/0/3", "0='x',1")
    assert (await client.event("executed"))["arguments"] == "0='x',1"


@proves("cli-create", "cli-delete")
async def test_create_and_delete(client: Client, tinymlaas: Command) -> None:
    tinymlaas("create", client.endpoint, "3442", "110=created", "--id", "9")
    assert "created" in str(tinymlaas("read", client.endpoint, "3442/9/110"))
    tinymlaas("delete", client.endpoint, "3442/9")
    assert await client.refused("GET", "/3442/9") == "NOT_FOUND(404)"


@proves("cli-discover", "cli-attributes")
async def test_discover_and_attributes(client: Client, tinymlaas: Command) -> None:
    tinymlaas("attributes", client.endpoint, LEVEL, "pmin=10", "gt=50")
    found = {
        one["path"]: one["attributes"] for one in tinymlaas("discover", client.endpoint, "3/0")
    }
    assert found["/3/0/9"]["pmin"] == "10"
    assert "50" in str(tinymlaas("attributes", client.endpoint, LEVEL))


@proves("cli-observe")
async def test_observe(client: Client, tinymlaas: Command) -> None:
    first = tinymlaas("observe", client.endpoint, LEVEL, "--count", "0", "--keep")
    assert "0" in str(first)
    assert "/3/0/9" in str(tinymlaas("observe", client.endpoint))
    tinymlaas("observe", client.endpoint, LEVEL, "--cancel")
    assert "/3/0/9" not in str(tinymlaas("observe", client.endpoint))
