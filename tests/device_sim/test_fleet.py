"""Many devices at once, and the network that each may have to suffer."""

import asyncio
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_sim import fleet
from device_sim.errors import InvalidFlashFile, InvalidKey, InvalidServerUri, UnknownBoard
from device_sim.events import DeviceEvent, DeviceEventKind
from device_sim.faults import LinkFaults
from tests.device_sim.images import trusted
from tests.device_sim.peer import serving


async def test_a_fleet_registers_under_names_of_its_boards_and_leaves(tmp_path: Path) -> None:
    stop = asyncio.Event()
    events: list[DeviceEvent] = []
    async with serving() as peer:
        running = asyncio.create_task(
            fleet.run(
                ["sim-m4", "sim-c3"],
                peer.uri,
                trusted().public,
                count=2,
                prefix="demo-",
                flash_dir=tmp_path / "flash",
                on_event=events.append,
                stop=stop,
            )
        )
        names = {(await peer.expect("register")).query["ep"] for _ in range(4)}
        stop.set()
        await running
    assert names == {f"demo-{board}-{n}" for board in ("sim-m4", "sim-c3") for n in (1, 2)}
    assert {path.stem for path in (tmp_path / "flash").iterdir()} == names
    left = {e.endpoint for e in events if e.kind is DeviceEventKind.DEREGISTERED}
    assert left == names


async def test_a_fleet_that_is_cancelled_leaves_too() -> None:
    async with serving() as peer:
        running = asyncio.create_task(fleet.run(["sim-tiny"], peer.uri, trusted().public))
        await peer.expect("register")
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await peer.expect("deregister")


async def test_what_cannot_be_simulated_is_said_before_anything_starts() -> None:
    with pytest.raises(UnknownBoard):
        await fleet.run(["sim-m4", "arduino"], "coap://127.0.0.1:1", trusted().public)
    with pytest.raises(InvalidKey):
        await fleet.run(["sim-m4"], "coap://127.0.0.1:1", b"no key")


@pytest.mark.parametrize(
    "uri",
    [
        "localhost",
        "coap://",
        "http://127.0.0.1",
        "coap://127.0.0.1:99999",
        "coap://[::1",
        "coap://127.0.0.1/?a",
        f"coap://{'x' * 64}",
    ],
)
async def test_a_server_that_cannot_be_one_is_refused(uri: str) -> None:
    with pytest.raises(InvalidServerUri, match="coap://HOST"):
        await fleet.run(["sim-tiny"], uri, trusted().public)


async def test_a_board_named_twice_is_two_devices(tmp_path: Path) -> None:
    async with serving() as peer:
        work = fleet.run(["sim-tiny", "sim-tiny"], peer.uri, trusted().public, flash_dir=tmp_path)
        running = asyncio.create_task(work)
        names = {(await peer.expect("register")).query["ep"] for _ in range(2)}
        assert names == {"sim-tiny-1", "sim-tiny-2"}
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_a_fleet_that_cannot_start_lets_go_of_its_flash(tmp_path: Path) -> None:
    file = tmp_path / "sim-tiny-2.flash"
    file.write_bytes(b"too small")
    for _ in range(2):  # the second time, too, it is the size, not who uses it
        with pytest.raises(InvalidFlashFile, match="holds 9 B"):
            await fleet.run(
                ["sim-tiny"], "coap://127.0.0.1:1", trusted().public, count=2, flash_dir=tmp_path
            )


@given(st.integers(0, 100))
def test_the_fates_of_datagrams_repeat_with_their_seed(seed: int) -> None:
    faults = LinkFaults(loss=0.3, duplication=0.3, delay=0.1, jitter=0.2, seed=seed)
    first, second = (list(islice(faults.fates(), 200)) for _ in range(2))
    assert first == second
    assert {len(fate) for fate in first} == {0, 1, 2}
    assert all(0.1 <= delay <= 0.3 for fate in first for delay in fate)


def test_a_network_without_faults_delivers_everything_once_and_at_once() -> None:
    assert set(islice(LinkFaults().fates(), 100)) == {(0.0,)}
