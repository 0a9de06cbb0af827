"""The server dies at every place it can die, and the deployment ends well all the same.

A place is around each write of the deployment and each exchange with the device:
before it, after it has arrived there, after it is stored here.
"""

import asyncio
from collections.abc import Callable
from itertools import count
from pathlib import Path as File

import pytest

from firmware_store import Store
from lwm2m_server.protocol.deployment import Delivery, DeploymentRequest, Outcome, Via

from .fake_device import FakeDevice
from .memory import Memory
from .world import FakeClock, Killed, World, start


class Fate:
    """Kills the server at the place with number `at`; afterwards nothing leaves it."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.places: list[str] = []
        self.dead = False

    def __call__(self, what: str) -> None:
        if self.dead:
            raise Killed(what)
        if len(self.places) == self.at:
            self.dead = True
            raise Killed(what)
        self.places.append(what)


async def kill(former: set["asyncio.Task[object]"]) -> None:
    """Let nothing of a server go on; it is not closed, it is gone."""
    gone = asyncio.all_tasks() - former
    for task in gone:
        task.cancel()
    await asyncio.gather(*gone, return_exceptions=True)


async def story(store: Store, at: int, via: Via, delivery: Delivery) -> Fate:
    """Deploy, die at place `at`, start again, and check how it ended."""
    device = FakeDevice(key_hash=store.keys.load().key_hash)
    fate, storage, clock = Fate(at), Memory(), FakeClock()
    storage.deployments.step = fate
    others = asyncio.all_tasks()
    world = await start(storage, store, device, clock=clock, step=fate)
    await world.register()
    await world.run_until(lambda: device.endpoint in storage.devices.stored)
    asked = DeploymentRequest(device.endpoint, via, "gesture", delivery=delivery)
    try:
        await world.services.deployments.deploy(asked)
        await play(world, lambda: fate.dead)
    except Killed:
        pass
    await kill(others)
    if fate.dead:
        storage.deployments.step = lambda _what: None
        world = await start(storage, store, device, clock=clock, number=1)
        await play(world, lambda: False)
        await world.services.aclose()
        check(storage, device, fate)
    return fate


async def play(world: World, enough: Callable[[], bool]) -> None:
    """Go on until nothing is under way; the device reboots when it is told to."""
    deployments = world.storage.deployments
    while not enough() and await deployments.unfinished():
        installing = world.device.firmware

        def pause(installing: dict[str, object] = installing) -> bool:
            over = not any(one.machine.outcome is None for one in deployments.stored.values())
            return enough() or over or installing["state"] == 3

        await world.run_until(pause)
        if installing["state"] == 3 and not enough():
            world.device.reboot()
            await world.register()


def check(storage: Memory, device: FakeDevice, fate: Fate) -> None:
    if not storage.deployments.stored:
        assert fate.places[-1:] != ["after save"]  # it was never told that it began
        return
    (record,) = storage.deployments.stored.values()
    assert (record.machine.outcome, record.machine.reason) == (Outcome.SUCCEEDED, None)
    assert device.accepted == 1
    assert device.mistakes == []


ROUTES = [
    (Via.MODULE, Delivery.PUSH),
    (Via.MODULE, Delivery.PULL),
    (Via.FIRMWARE, Delivery.PULL),
]


@pytest.mark.parametrize(("via", "delivery"), ROUTES)
async def test_a_server_killed_anywhere_finishes_with_one_execute(
    tmp_path: File, via: Via, delivery: Delivery
) -> None:
    store = Store(tmp_path)
    store.keys.ensure()
    store.zoo.add("gesture", b"a model")
    for at in count():
        fate = await story(store, at, via, delivery)
        if not fate.dead:
            break
    # The story was long enough to have died in every phase of it.
    assert at > 25
