"""Deployments and reads of hardware take the time that devices in queue mode take."""

import asyncio
from pathlib import Path as File

import pytest

from lwm2m_server.protocol.deployment import Delivery, DeploymentRequest, Outcome, Via
from lwm2m_server.protocol.queue_mode import AWAKE_WINDOW
from lwm2m_server.protocol.registration import RegisterRequest, UpdateRequest
from lwm2m_server.service.errors import EndpointAsleep

from .world import LINKS, World, settle, world

HOURS = 3600.0


async def registers(one: World) -> None:
    query = (f"ep={one.device.endpoint}", "lt=864000", "lwm2m=1.1", "b=U", "Q")
    accepted = one.services.registrations.register(RegisterRequest("peer", query, LINKS))
    await asyncio.shield(accepted.durable)
    await passes(one, 0.1)


async def updates(one: World) -> None:
    registration = one.services.registrations.by_endpoint(one.device.endpoint)
    assert registration is not None
    one.services.registrations.update(UpdateRequest(registration.id, "peer"))
    await passes(one, 0.1)


async def passes(one: World, seconds: float) -> None:
    """Let time pass in steps, as it does: what is due has its turn in between."""
    end, step = one.clock.time + seconds, max(1.0, seconds / 500)
    await settle()
    while one.clock.time < end:
        one.clock.pass_until(min(end, one.clock.time + step))
        await settle()


async def asleep(one: World) -> None:
    """Register, be read, and fall asleep."""
    await registers(one)
    await passes(one, AWAKE_WINDOW + 5)
    registration = one.services.registrations.by_endpoint(one.device.endpoint)
    assert registration is not None
    assert not one.services.presence.awake(registration)
    one.device.log.clear()


async def deploys(one: World, **request: object) -> str:
    asked = DeploymentRequest(one.device.endpoint, **request)  # type: ignore[arg-type]
    return (await one.services.deployments.deploy(asked)).id


@pytest.mark.parametrize("delivery", [Delivery.PUSH, Delivery.PULL])
async def test_a_module_waits_for_the_device_to_wake(tmp_path: File, delivery: Delivery) -> None:
    async with world(tmp_path) as one:
        await asleep(one)
        deployment = await deploys(one, via=Via.MODULE, model="gesture", delivery=delivery)
        await passes(one, 2 * HOURS)
        assert one.device.log == [], "nothing was sent"
        await updates(one)
        await passes(one, 20)
        view = await one.services.deployments.get(deployment)
        assert (view.outcome, view.reason) == (Outcome.SUCCEEDED, None)


async def test_firmware_waits_and_its_device_may_fall_asleep_at_any_request(
    tmp_path: File,
) -> None:
    async with world(tmp_path) as one:
        await asleep(one)
        deployment = await deploys(one, via=Via.FIRMWARE, model="gesture", delivery=Delivery.PULL)
        for naps in range(40):
            one.device.lose_answers = naps % 2  # every other window ends with a lost answer
            await updates(one)
            await passes(one, AWAKE_WINDOW + 5)
            if one.device.firmware["state"] == 3 and one.device.firmware["package"]:
                one.device.reboot()
                await registers(one)
            await passes(one, 1000)
            view = await one.services.deployments.get(deployment)
            if view.outcome is not None:
                break
        assert (view.outcome, view.reason) == (Outcome.SUCCEEDED, None)
        assert one.device.accepted == 1
        assert one.device.mistakes == []


async def test_time_that_is_slept_through_is_no_silence(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        await asleep(one)
        deployment = await deploys(one, via=Via.MODULE, model="gesture", delivery=Delivery.PULL)
        one.device.mute_on = {"/26242/1"}
        await updates(one)  # it gets as far as the slot, and then hears no more
        await passes(one, 5)
        assert one.downlink.waiting
        one.device.mute_on = set()
        one.device.reachable = False
        before = (await one.services.deployments.get(deployment)).phase
        await passes(one, 30 * HOURS)  # longer than the patience of a deployment
        assert (await one.services.deployments.get(deployment)).phase == before
        one.device.reachable = True
        one.device.deaf_to = {"/26242/1"}
        await registers(one)
        await passes(one, 20)
        one.device.deaf_to = set()
        await updates(one)
        await passes(one, 20)
        view = await one.services.deployments.get(deployment)
        assert (view.outcome, view.reason) == (Outcome.SUCCEEDED, None)


async def test_hardware_is_read_once_the_device_wakes(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        one.device.reachable = False
        await asleep(one)
        assert (await one.services.hardware.device(one.device.endpoint)).hardware is None
        one.device.reachable = True
        with pytest.raises(EndpointAsleep, match="read once it wakes"):
            await one.services.hardware.refresh(one.device.endpoint)
        await passes(one, 1000)
        assert one.device.log == []
        await updates(one)
        await passes(one, 1)
        assert (await one.services.hardware.device(one.device.endpoint)).hardware is not None


async def test_a_pull_keeps_its_device_awake(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        await asleep(one)
        await deploys(one, via=Via.MODULE, model="gesture", delivery=Delivery.PULL)
        (driver,) = one.services.deployments._drivers.values()
        one.services.deployments.pulled(driver.record.token, 10, 100)
        events = await one.services.events.recent(0, 1000)
        kinds = [event.kind.value for event in events if event.kind.value in {"awake", "sleeping"}]
        assert kinds == ["awake", "sleeping", "awake"]
