"""Operations by command: a server, a device, and what a person types, over HTTP and CoAP."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from device_sim.board import board
from device_sim.device import SimulatedDevice
from device_sim.events import DeviceEvent, DeviceEventKind
from device_sim.habits import Habits, Sleep
from lwm2m_server.protocol.events import EventKind

from .shell import Shell, server_on

pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def shell_on(data: Path, habits: Habits, **settings: Any) -> AsyncIterator[Shell]:
    """Serve, with the device `dev`."""
    registered = asyncio.Event()

    def follow(event: DeviceEvent) -> None:
        if event.kind is DeviceEventKind.REGISTERED:
            registered.set()

    async with server_on(data, **settings) as shell:
        key = shell.running.store.keys.load().public_der
        uri = f"coap://127.0.0.1:{shell.running.coap_port}"
        kind = board("sim-tiny")
        async with SimulatedDevice(kind, "dev", uri, key, habits=habits, on_event=follow):
            await asyncio.wait_for(registered.wait(), 10)
            yield shell


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shell(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shell]:
    """One server and one device for all: each test puts back what it changes."""
    data = tmp_path_factory.mktemp("shell")
    async with shell_on(data, Habits(sense=0.05)) as one:
        yield one


async def test_203_read_by_name_and_by_number(shell: Shell) -> None:
    named = await shell.json("read", "dev", "device/firmware-version")
    assert named == await shell.json("read", "dev", "/3/0/3")
    assert (named[0]["path"], named[0]["value"]) == ("/3/0/3", "1.0.0")
    shown = await shell.told("read", "dev", "device")
    assert "Firmware Version" in shown
    assert "1.0.0" in shown


@pytest.mark.parametrize("form", ["text", "cbor", "tlv", "json", "senml-json", "senml-cbor", "112"])
async def test_each_format_tells_the_same(shell: Shell, form: str) -> None:
    (one,) = await shell.json("read", "dev", "3/0/0", "--format", form)
    assert one["value"] == "TinyMLaaS"


async def test_229_several_paths_are_read_at_once(shell: Shell) -> None:
    values = await shell.json("read", "dev", "device/manufacturer", "1/0/0")
    assert {one["path"]: one["value"] for one in values} == {"/3/0/0": "TinyMLaaS", "/1/0/0": 1}


async def test_205_230_values_are_written_one_and_several(shell: Shell) -> None:
    written = await shell.told("write", "dev", "lwm2m-server/0/lifetime=250")
    assert written == "written lwm2m-server/0/lifetime\n"
    assert await shell.value("1/0/1") == 250
    await shell.told("write", "dev", "1/0/1=300", "portfolio/0/identity/3=a=b")
    assert (await shell.value("1/0/1"), await shell.value("16/0/0/3")) == (300, "a=b")
    await shell.told("write", "dev", "--to", "portfolio/0", "--partial", "identity/3=c")
    assert {one["path"] for one in await shell.json("read", "dev", "16/0/0")} == {
        *("/16/0/0/0", "/16/0/0/1", "/16/0/0/3")
    }
    await shell.told("write", "dev", "--to", "16/0/0", "0=dev", "1=board")
    assert [one["value"] for one in await shell.json("read", "dev", "16")] == ["dev", "board"]


async def test_1630_1635_an_instance_is_created_and_deleted(shell: Shell) -> None:
    made = await shell.json("create", "dev", "portfolio", "identity/0=x", "--id", "4")
    assert made == {"path": "/16/4"}
    assert await shell.value("16/4/0/0") == "x"
    assert await shell.told("delete", "dev", "portfolio/4") == "deleted portfolio/4\n"
    assert "4.04" in await shell.refused("read", "dev", "16/4")


async def test_260_261_attributes_are_set_shown_and_taken_away(shell: Shell) -> None:
    where = "3303/0/5700"
    await shell.told("attributes", "dev", where, "pmin=7", "gt=24.5")
    (link,) = await shell.json("attributes", "dev", where)
    assert link == {"path": "/3303/0/5700", "attributes": {"pmin": "7", "gt": "24.5"}}
    assert "pmin=7 gt=24.5" in await shell.told("discover", "dev", "3303")
    await shell.told("attributes", "dev", where, "pmin=", "gt=")
    (link,) = await shell.json("attributes", "dev", where)
    assert link["attributes"] == {}
    assert "Sensor Value" in await shell.told("discover", "dev", "temperature/0")


async def test_a_resource_is_executed(shell: Shell) -> None:
    assert await shell.told("exec", "dev", "1/0/8") == "executed 1/0/8\n"


async def test_301_an_observation_is_followed_and_ended(shell: Shell) -> None:
    told = await shell.told("observe", "dev", "temperature/0/sensor-value", "--count", "3")
    assert len([line for line in told.splitlines() if "/3303/0/5700 " in line]) >= 3
    assert await shell.json("observe", "dev") == []
    lines = await shell.told("observe", "dev", "3303/0/5700", "1/0/1", "--count", "1", "--json")
    first, notification = (json.loads(line) for line in lines.splitlines())
    assert {one["path"] for one in first} == {"/3303/0/5700", "/1/0/1"}
    assert set(notification["data"]["values"]) == {"/3303/0/5700", "/1/0/1"}


async def test_an_observation_that_is_kept_is_listed_until_it_is_cancelled(shell: Shell) -> None:
    await shell.told("observe", "dev", "/1/0/1", "--keep", "--count", "0")
    # Who only looks does not end what another wants kept.
    await shell.told("observe", "dev", "/1/0/1", "--count", "0")
    assert await shell.told("observe", "dev") == "/1/0/1\n"
    await shell.told("observe", "dev", "/1/0/1", "--cancel")
    assert await shell.json("observe", "dev") == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["read", "nobody", "3/0"], "`tinymlaas devices list` shows what there is"),
        (["read", "dev", "toaster"], "no object is named 'toaster'"),
        (["read", "dev", "device/smell"], "no resource named 'smell'"),
        (["read", "dev", "3/0/99"], "`tinymlaas discover` shows what it has"),
        (["read", "dev", "3/0", "--format", "pigeon"], "none of text"),
        (["read", "dev", "3/0", "--format", "text"], "4.06"),
        (["write", "dev", "1/0/1=soon"], "Lifetime"),
        (["write", "dev", "3/0/0=x"], "it does not allow that there"),
        (["create", "dev", "portfolio", "smell=x"], "no resource named 'smell'"),
        (["attributes", "dev", "3/0", "pmin=9", "pmax=1"], "pmax 1 is below pmin 9"),
        (["attributes", "dev", "3/0", "pmim=9"], "pmim"),
        (["exec", "dev", "3/0/4", "x y"], "0='x',1"),
        (["exec", "dev", "1/0/9"], "knows no bootstrap server"),
        (["requests", "show", "none"], "no request 'none'"),
    ],
)
async def test_a_refusal_says_what_and_what_to_do(
    shell: Shell, words: list[str], says: str
) -> None:
    assert says in await shell.refused(*words)


async def fallen_asleep(shell: Shell) -> None:
    """Wait until the device next does."""
    events = shell.running.services.events
    async for event in events.follow(events.last):
        if event.kind is EventKind.SLEEPING:
            return


@pytest.mark.slow
async def test_109_what_is_asked_of_a_device_that_sleeps_waits(tmp_path: Path) -> None:
    sleep = Habits(sleep=Sleep(awake=0.2, every=1.5))
    async with shell_on(tmp_path, sleep, awake_window=0.1) as shell:
        answer: dict[str, Any] = {}
        async with asyncio.timeout(20):
            while "queued" not in answer:  # it may wake while the command starts
                await fallen_asleep(shell)
                answer = await shell.json("read", "dev", "3/0/0")
        request = answer["queued"]
        shown = await shell.told("requests", "show", request, "--wait")
        assert "answered 2.05" in shown
        assert "TinyMLaaS" in shown
        waited = await shell.json("read", "dev", "3/0/0", "--wait")
        assert [one["value"] for one in waited] == ["TinyMLaaS"]
        assert request in await shell.told("requests", "list", "dev")
