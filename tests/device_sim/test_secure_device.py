"""A device behind DTLS: all it says and hears of its server is sealed, and starts anew."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiocoap import Code

from device_sim.board import board
from device_sim.client.dtls import DeviceCertificate, PreSharedKey
from device_sim.device import SimulatedDevice
from device_sim.errors import InvalidCredential
from device_sim.events import DeviceEvent, DeviceEventKind
from device_sim.faults import Faults, LinkFaults
from objects.model_slot import State

from .dtls_peer import IDENTITY, KEY, Front, front_of, pair
from .images import firmware_image, module, trusted
from .peer import TEXT, Peer, serving

M4 = board("sim-m4")
PSK = PreSharedKey(IDENTITY, KEY)


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with serving() as one:
        yield one


@pytest.fixture
async def front(peer: Peer) -> AsyncIterator[Front]:
    async with front_of(int(peer.uri.rsplit(":", 1)[1])) as one:
        yield one


def device(front: Front, **options: object) -> SimulatedDevice:
    told: dict[str, object] = {"credential": PSK, "reset_delay": 0.01, **options}
    return SimulatedDevice(M4, "m4", front.uri, trusted().public, **told)  # type: ignore[arg-type]


async def test_it_registers_is_written_to_and_pulls_over_dtls(peer: Peer, front: Front) -> None:
    async with device(front) as it:
        await peer.expect("register")
        assert front.server.shown == [IDENTITY]
        assert await peer.write("/26242/1/0", module(M4)) == Code.CHANGED
        assert it.slots.slots[1].state is State.VERIFIED
        peer.packages["fw"] = firmware_image(M4, "2.5.1")
        assert await peer.text("/5/0/8/1") == "1"  # Protocol Support: CoAPS, too
        state = await peer.observe("/5/0/3")
        assert await peer.write("/5/0/1", f"{front.uri}/p/fw".encode(), TEXT) == Code.CHANGED
        assert await state.until(b"2") == [b"1", b"2"]
    await peer.expect("deregister")
    assert front.plain == []


async def test_a_certificate_does_as_well(peer: Peer, front: Front) -> None:
    shown = DeviceCertificate(*pair("m4"), pair("server")[0])
    async with device(front, credential=shown):
        await peer.expect("register")
    assert front.server.shown[-1] == "m4"


async def test_a_session_that_the_server_ended_is_begun_anew(peer: Peer, front: Front) -> None:
    events: asyncio.Queue[DeviceEvent] = asyncio.Queue()
    async with device(front, on_event=events.put_nowait):
        while (await events.get()).kind is not DeviceEventKind.REGISTERED:
            pass
        front.end()
        await front.left.wait()
    await peer.expect("deregister")
    assert front.server.shown == [IDENTITY, IDENTITY]


async def test_it_works_over_a_network_that_repeats_and_reorders(peer: Peer, front: Front) -> None:
    link = LinkFaults(duplication=0.3, delay=0.001, jitter=0.01, seed=3)
    async with device(front, faults=Faults(link=link)):
        await peer.expect("register")
        assert await peer.text("/3/0/3") == "1.0.0"


@pytest.mark.parametrize(
    ("uri", "credential"), [("coaps://127.0.0.1", None), ("coap://127.0.0.1", PSK)]
)
def test_a_credential_and_coaps_go_together(uri: str, credential: PreSharedKey | None) -> None:
    with pytest.raises(InvalidCredential, match="goes with a coaps server"):
        SimulatedDevice(M4, "m4", uri, trusted().public, credential=credential)
