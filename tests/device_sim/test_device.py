"""A whole device against a scripted server, over loopback."""

from aiocoap import Code

from device_sim.board import board
from device_sim.device import SimulatedDevice
from objects.model_slot import Result, State
from tests.device_sim.images import firmware_image, module, trusted
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
