"""A whole device against a scripted server, over loopback."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiocoap
import pytest
from aiocoap import Code, Message

from device_sim.board import board
from device_sim.device import SimulatedDevice
from device_sim.events import DeviceEvent, DeviceEventKind
from device_sim.faults import Faults, FlashFaults, LinkFaults
from device_sim.link import Link
from objects.model_slot import Result, State
from tests.device_sim.images import (
    THUMB,
    THUMB_HANG,
    Model,
    firmware_image,
    module,
    trusted,
)
from tests.device_sim.images import (
    Code as Machine,
)
from tests.device_sim.peer import OPAQUE, TEXT, Peer, serving

M4 = board("sim-m4")


def device(peer: Peer, **options: object) -> SimulatedDevice:
    return SimulatedDevice(
        M4,
        "m4",
        peer.uri,
        trusted().public,
        reset_delay=0.01,
        **options,  # type: ignore[arg-type]
    )


async def test_it_registers_as_a_lwm2m_client_and_leaves() -> None:
    async with serving() as peer:
        async with device(peer):
            registered = await peer.expect("register")
            assert registered.query == {"ep": "m4", "lt": "300", "lwm2m": "1.1", "b": "U"}
            assert b"</26242/2>" in registered.payload
            assert await peer.text("/3/0/3") == "1.0.0"
        await peer.expect("deregister")


async def test_a_pushed_module_is_verified_tested_activated_and_runs() -> None:
    async with serving() as peer, device(peer) as it:
        await peer.expect("register")
        assert await peer.write("/26242/1/0", module(M4)) == Code.CHANGED
        assert it.slots.slots[1].state is State.VERIFIED
        assert await peer.write("/26242/1/12", b"\x01\x02\x03\xff") == Code.CHANGED
        assert await peer.execute("/26242/1/13") == Code.CHANGED
        assert (await peer.read("/26242/1/14", OPAQUE)).payload == b"\x02\x03\x04\x00"
        assert int(await peer.text("/26242/1/15")) == 17
        assert int(await peer.text("/26242/1/17")) == 32 + 16
        assert await peer.execute("/26242/1/2") == Code.CHANGED
        assert it.slots.active == 1
        assert await peer.execute("/26242/1/2") == Code.METHOD_NOT_ALLOWED
        assert it.activates_accepted == 1


async def test_a_pulled_firmware_is_installed_and_reports_its_version() -> None:
    async with serving() as peer, device(peer) as it:
        await peer.expect("register")
        peer.packages["fw"] = firmware_image(M4, "2.5.1")
        state = await peer.observe("/5/0/3")
        assert await peer.write("/5/0/1", f"{peer.uri}/p/fw".encode(), TEXT) == Code.CHANGED
        assert await state.until(b"2") == [b"1", b"2"]
        assert await peer.execute("/5/0/2") == Code.CHANGED
        again = await peer.expect("register")
        assert again.location == "2"
        assert await peer.text("/3/0/3") == "2.5.1"
        assert await peer.text("/5/0/3") == "0"
        assert await peer.text("/5/0/5") == "1"
        assert await peer.text("/5/0/7") == "2.5.1"
        assert it.executes_accepted == 1
        assert it.slots.slots[0].result is Result.SUCCESS
        assert await peer.write("/26242/0/12", b"\x01\x02\x03\xff") == Code.CHANGED
        assert await peer.execute("/26242/0/13") == Code.CHANGED
        assert (await peer.read("/26242/0/14", OPAQUE)).payload == b"\x02\x03\x04\x00"


async def test_it_registers_anew_after_the_server_forgot_it() -> None:
    async with serving() as peer, device(peer):
        await peer.expect("register")
        peer.known.clear()
        assert await peer.execute("/1/0/8") == Code.CHANGED
        assert (await peer.expect("register")).location == "2"
        assert await peer.execute("/1/0/8") == Code.CHANGED
        await peer.expect("update")


async def test_a_new_lifetime_is_told_and_kept_over_a_reboot() -> None:
    async with serving() as peer, device(peer) as it:
        await peer.expect("register")
        assert await peer.write("/1/0/1", b"120", TEXT) == Code.CHANGED
        assert (await peer.expect("update"))["lt"] == "120"
        assert await peer.execute("/3/0/4") == Code.CHANGED
        assert (await peer.expect("register")).query["lt"] == "120"
        assert it.boots == 2


async def test_a_server_that_comes_late_is_found() -> None:
    async with serving() as peer:
        uri = peer.uri
    events: asyncio.Queue[DeviceEvent] = asyncio.Queue()
    it = SimulatedDevice(M4, "m4", uri, trusted().public, on_event=events.put_nowait)
    async with it, asyncio.timeout(10):
        while (await events.get()).kind is not DeviceEventKind.UNREACHABLE:
            pass
        async with serving(port=int(uri.rpartition(":")[2])) as peer:
            await peer.expect("register")


async def test_a_faulting_model_resets_the_device_and_the_former_one_serves() -> None:
    bad = Model(code=Machine(THUMB.init, THUMB_HANG))
    async with serving() as peer, device(peer, watchdog_seconds=0.001) as it:
        await peer.expect("register")
        await peer.write("/26242/1/0", module(M4, 1))
        await peer.write("/26242/2/0", module(M4, 2, bad))
        for instance in (1, 2):
            assert await peer.execute(f"/26242/{instance}/2") == Code.CHANGED
        await peer.write("/26242/2/12", b"1234")
        assert await peer.execute("/26242/2/13") == Code.INTERNAL_SERVER_ERROR
        await peer.expect("register")
        assert it.slots.active == 1
        assert await peer.text("/26242/2/4") == str(int(Result.SELF_TEST_FAILED))
        assert await peer.text("/26242/1/3") == str(int(State.ACTIVE))


async def test_a_firmware_that_does_not_boot_comes_back_as_the_former_one() -> None:
    async with serving() as peer, device(peer) as it:
        await peer.expect("register")
        await peer.write("/5/0/0", firmware_image(M4, "3.0.0", boots=False))
        assert await peer.execute("/5/0/2") == Code.CHANGED
        await peer.expect("register")
        assert await peer.text("/3/0/3") == "1.0.0"
        assert await peer.text("/5/0/5") == "8"
        assert await peer.execute("/5/0/2") == Code.METHOD_NOT_ALLOWED
        assert it.executes_accepted == 1


async def test_a_power_cut_in_the_middle_of_a_push_is_a_reboot() -> None:
    faults = Faults(FlashFaults())
    async with serving() as peer, device(peer, faults=faults) as it:
        await peer.expect("register")
        faults.flash.power_cut_at = faults.flash.operations + 3
        pushing = asyncio.create_task(peer.write("/26242/1/0", module(M4)))
        await peer.expect("register")
        pushing.cancel()
        assert it.boots == 2
        assert it.slots.slots[1].state is State.EMPTY
        assert await peer.write("/26242/1/0", module(M4)) == Code.CHANGED
        assert it.slots.slots[1].state is State.VERIFIED


async def test_a_pull_goes_on_where_it_was_when_the_server_comes_back() -> None:
    """The server is away in the middle of the transfer; what was fetched is not fetched again."""
    big = firmware_image(M4, "2.0.0", Model(padding=20_000))
    async with serving() as peer:
        port = int(peer.uri.rpartition(":")[2])
        peer.packages["fw"] = big
        peer.stop_after = 5
        async with device(peer) as it:
            await peer.expect("register")
            await peer.write("/5/0/1", f"{peer.uri}/p/fw".encode(), TEXT)
            await peer.expect("stopped")
            await peer.close()
            async with serving(port=port) as again:
                again.packages["fw"] = big
                assert await again.expect("block") == 5
                async with asyncio.timeout(10):
                    while await again.expect("block") < len(big) // 1024:
                        pass
                again.registrations = peer.registrations
                assert (await again.text("/5/0/3")) == "2"
                assert it.executes_accepted == 0


async def test_a_package_that_is_nowhere_is_a_bad_uri() -> None:
    async with serving() as peer, device(peer):
        await peer.expect("register")
        result = await peer.observe("/26242/1/4")
        await peer.write("/26242/1/1", f"{peer.uri}/p/none".encode(), TEXT)
        await result.until(str(int(Result.BAD_URI)).encode())
        await peer.write("/26242/1/1", b"ftp://elsewhere/p", TEXT)
        result = await peer.observe("/5/0/5")
        await peer.write("/5/0/1", b"https://elsewhere/p", TEXT)
        await result.until(b"9")


@pytest.mark.parametrize("confirmable", [True, False])
async def test_output_is_notified_after_each_run(confirmable: bool) -> None:
    async with serving() as peer, device(peer, confirmable=confirmable):
        await peer.expect("register")
        await peer.write("/26242/1/0", module(M4))
        output = await peer.observe("/26242/1/14", OPAQUE)
        await peer.write("/26242/1/12", b"aaaa")
        for _ in range(2):
            await peer.execute("/26242/1/13")
            assert await output.until(b"bbbb") == [b"bbbb"]
        assert output.types == {aiocoap.CON if confirmable else aiocoap.NON}


async def test_only_the_server_is_answered() -> None:
    async with serving() as peer, serving() as stranger, device(peer):
        await peer.expect("register")
        remote = peer.registrations[-1].remote
        message = Message(code=Code.GET, uri=f"coap://{remote.hostinfo}/3/0/0")
        async with asyncio.timeout(10):
            answer = await stranger.context.request(message).response
        assert answer.code == Code.UNAUTHORIZED


async def test_the_server_is_answered_while_its_name_is_looked_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving() as peer, AsyncExitStack() as stack:
        peer.uri = peer.uri.replace("127.0.0.1", "localhost")
        await stack.enter_async_context(device(peer))
        await peer.expect("register")
        loop, resolved = asyncio.get_running_loop(), asyncio.Event()
        look_up = loop.getaddrinfo

        async def slowly(*arguments: Any, **options: Any) -> Any:
            await resolved.wait()
            return await look_up(*arguments, **options)

        monkeypatch.setattr(loop, "getaddrinfo", slowly)
        assert await peer.execute("/1/0/8") == Code.CHANGED
        assert await peer.text("/3/0/3") == "1.0.0"
        assert peer.news.empty()
        resolved.set()
        await peer.expect("update")


async def test_long_answers_are_cut_into_blocks() -> None:
    model = Model(outputs=((16, 3000),), arena_size=4096)
    async with serving() as peer, device(peer):
        await peer.expect("register")
        await peer.write("/26242/1/0", module(M4, what=model))
        await peer.write("/26242/1/12", b"\x01\x02\x03\x04")
        await peer.execute("/26242/1/13")
        answer = await peer.read("/26242/1/14", OPAQUE)
        assert answer.payload[:4] == b"\x02\x03\x04\x05"
        assert len(answer.payload) == 3000


async def test_a_lossy_network_is_got_through() -> None:
    # The seed loses one datagram early on: waiting out more than one takes long.
    link = LinkFaults(loss=0.02, duplication=0.3, jitter=0.002, seed=355)
    async with serving() as peer, device(peer, faults=Faults(link=link)) as it:
        await peer.expect("register")
        assert await peer.write("/26242/1/0", module(M4)) == Code.CHANGED
        assert it.slots.slots[1].state is State.VERIFIED
        peer.packages["m"] = module(M4, 2)
        state = await peer.observe("/26242/2/3")
        await peer.write("/26242/2/1", f"{peer.uri}/p/m".encode(), TEXT)
        await state.until(b"2")


def test_a_network_is_the_way_to_its_server_only() -> None:
    link = Link("coap://127.0.0.1", LinkFaults())
    link.uri = "coap://127.0.0.1:7"
    assert link.route("coap://127.0.0.1/p/x?y") == "coap://127.0.0.1:7/p/x?y"
    assert link.route("coap://127.0.0.1:5684/p") == "coap://127.0.0.1:5684/p"


async def test_flash_in_a_file_outlives_the_device(tmp_path: Path) -> None:
    file = tmp_path / "flash"
    async with serving() as peer:
        async with device(peer, flash_file=file):
            await peer.expect("register")
            await peer.write("/26242/1/0", module(M4))
            await peer.execute("/26242/1/2")
        async with device(peer, flash_file=file) as it:
            await peer.expect("register")
            assert it.slots.active == 1
            assert it.boots == 2
            assert it.activates_accepted == 1
