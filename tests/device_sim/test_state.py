"""What a model keeps from run to run: service goes on, tests leave nothing behind."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiocoap import Code

from device_sim.client.holders import SlotHolder
from device_sim.client.models import Models
from device_sim.faults import FlashFaults
from device_sim.flash import Flash
from device_sim.image import TrustedKey
from device_sim.machine import Machine
from device_sim.runtime import RunResult, Runtime
from objects.model_slot import TEST_RUN
from tests.device_sim.images import (
    SIZE,
    THUMB,
    THUMB_FAULT,
    Model,
    firmware_image,
    module,
    thumb,
    trusted,
)
from tests.device_sim.images import Code as MachineCode
from tests.device_sim.peer import OPAQUE, Peer, serving
from tests.device_sim.test_device import M4, device

# ldrb r3, [r1]; adds r3, #1; strb r3, [r1]; strb r3, [r0, #16]; movs r0, #0; bx lr
COUNTER = Model(code=MachineCode(THUMB.init, thumb(0x780B, 0x3301, 0x700B, 0x7403, 0x2000, 0x4770)))


async def count(peer: Peer, instance: int, arguments: str = "") -> int:
    """Run the counter, and return the how manieth run since its initial state this was."""
    await peer.write(f"/26242/{instance}/12", bytes(SIZE))
    assert await peer.execute(f"/26242/{instance}/13", arguments.encode()) == Code.CHANGED
    return (await peer.read(f"/26242/{instance}/14", OPAQUE)).payload[0]


async def test_a_run_goes_on_and_a_test_leaves_nothing_behind() -> None:
    async with serving() as peer, device(peer):
        await peer.expect("register")
        await peer.write("/26242/1/0", module(M4, what=COUNTER))
        told = [await count(peer, 1, one) for one in ("", "", TEST_RUN, TEST_RUN, "", "")]
        assert told == [1, 2, 1, 1, 1, 2]


async def test_a_model_in_the_firmware_can_be_tested_while_it_serves() -> None:
    async with serving() as peer, device(peer):
        await peer.expect("register")
        await peer.write("/5/0/0", firmware_image(M4, what=COUNTER))
        await peer.execute("/5/0/2")
        await peer.expect("register")
        told = [await count(peer, 0, one) for one in (TEST_RUN, TEST_RUN, "", "", TEST_RUN, "")]
        assert told == [1, 1, 1, 2, 1, 1]


async def test_who_is_activated_begins_anew() -> None:
    async with serving() as peer, device(peer):
        await peer.expect("register")
        for slot in (1, 2):
            await peer.write(f"/26242/{slot}/0", module(M4, slot, COUNTER))
            assert [await count(peer, slot) for _ in range(2)] == [1, 2]
            await peer.execute(f"/26242/{slot}/2")
            assert [await count(peer, slot) for _ in range(2)] == [1, 2]
        await peer.execute("/26242/1/2")
        assert await count(peer, 1) == 1


class Meanwhile(Machine):
    """A machine that has something happen at the end of each run."""

    meanwhile: Callable[[], None]

    def run(self, *arguments: Any, **options: Any) -> RunResult:
        result = super().run(*arguments, **options)
        self.meanwhile()
        return result


async def test_an_activate_during_a_run_has_the_last_word() -> None:
    runtime, key = Runtime(M4), TrustedKey.load(trusted().public)
    machine = Meanwhile(M4, key, Flash(M4.flash, None, FlashFaults()), runtime)
    machine.boot()
    holder, writer = SlotHolder(machine, 1), machine.writer(1)
    holder.begin(None)
    writer.append(module(M4, what=COUNTER))
    holder.receive(writer.content())
    models, loop = Models(machine, lambda *_, **__: None, lambda: None), asyncio.get_running_loop()

    async def activate() -> None:
        models.activate(1)

    machine.meanwhile = lambda: asyncio.run_coroutine_threadsafe(activate(), loop).result()
    models.write_input(1, bytes(SIZE))
    await models.run(1)
    assert machine.memory.slots.active == 1
    machine.meanwhile = lambda: None
    told = []
    for _ in range(2):
        await models.run(1)
        told.append(models.runs[1].output[0])
    assert told == [1, 2]


async def test_who_comes_back_after_a_fault_or_a_reset_begins_anew() -> None:
    bad = Model(code=MachineCode(THUMB.init, THUMB_FAULT))
    async with serving() as peer, device(peer) as it:
        await peer.expect("register")
        for slot, what in ((1, COUNTER), (2, bad)):
            await peer.write(f"/26242/{slot}/0", module(M4, slot, what))
            await peer.execute(f"/26242/{slot}/2")
        assert [await count(peer, 1) for _ in range(2)] == [1, 2]
        await peer.write("/26242/2/12", bytes(SIZE))
        await peer.execute("/26242/2/13")
        await peer.expect("register")
        assert it.slots.active == 1
        assert [await count(peer, 1) for _ in range(2)] == [1, 2]
        await peer.execute("/3/0/4")
        await peer.expect("register")
        assert await count(peer, 1) == 1


@pytest.mark.parametrize("arguments", [b"1", b"0='x'", b"0,1", b"\xff"])
async def test_other_arguments_are_refused(arguments: bytes) -> None:
    async with serving() as peer, device(peer):
        await peer.expect("register")
        await peer.write("/26242/1/0", module(M4))
        await peer.write("/26242/1/12", bytes(SIZE))
        assert await peer.execute("/26242/1/13", arguments) == Code.BAD_REQUEST
