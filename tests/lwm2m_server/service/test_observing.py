"""What operators observe goes on through Registers and restarts, until they cancel it (§6.4)."""

from pathlib import Path as File

import pytest

from firmware_store import Store
from lwm2m_server.protocol.operations import (
    CancelComposite,
    CancelObservation,
    Observe,
    ObserveComposite,
    Operation,
    Response,
)
from lwm2m_server.protocol.queue_mode import AWAKE_WINDOW
from lwm2m_server.protocol.registration import UpdateRequest
from lwm2m_server.service.answers import Asking, Queued
from lwm2m_server.service.errors import InvalidInput
from lwm2m_server.service.observing import MOST
from objects.codecs import encode_values
from objects.path import Path
from objects.registry import Registry

from .memory import Memory
from .scripted import CONTENT, ENDPOINT, NOT_FOUND, Scene, Scripted, scene
from .world import FakeClock, start

BATTERY, LIFETIME = Path(3, 0, 9), Path(1, 0, 1)
SENML_CBOR = 112
PATIENCE = 600.0


def reporting(operation: Operation) -> Response:
    """Let everything be observed: a battery of 80 %, a lifetime of 300 s."""
    if isinstance(operation, Observe):
        value = {BATTERY: b"80", LIFETIME: b"300"}.get(operation.path)
        return NOT_FOUND if value is None else Response(CONTENT, value, 0)
    if isinstance(operation, ObserveComposite):
        payload = encode_values(SENML_CBOR, {BATTERY: 80, LIFETIME: 300}, Registry.standard())
        return Response(CONTENT, payload, SENML_CBOR)
    if isinstance(operation, CancelObservation | CancelComposite):
        return Response(CONTENT)
    return NOT_FOUND


def observed(device: Scripted) -> list[object]:
    """What the endpoint was asked to report since this was last asked."""
    kinds = Observe | ObserveComposite
    found = [each.target for each in device.asked if isinstance(each, kinds)]
    device.asked.clear()
    return list(found)


async def observing(one: Scene) -> None:
    one.device.script = reporting
    await one.world.services.management.observe(ENDPOINT, BATTERY)
    await one.world.services.management.observe_composite(ENDPOINT, (BATTERY, LIFETIME))
    assert observed(one.device) == [BATTERY, (BATTERY, LIFETIME)]


async def test_what_is_observed_is_observed_anew_after_a_register_and_told_of(
    tmp_path: File,
) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        await observing(one)
        assert await one.told("notification") == []
        await one.register("lwm2m=1.1")
        assert observed(one.device) == [BATTERY, (BATTERY, LIFETIME)]
        assert await one.told("notification") == [
            {"path": "/3/0/9", "code": "2.05", "values": {"/3/0/9": 80}},
            {
                "paths": ["/3/0/9", "/1/0/1"],
                "code": "2.05",
                "values": {"/3/0/9": 80, "/1/0/1": 300},
            },
        ]


async def test_an_update_begins_nothing_anew(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        await observing(one)
        location = await one.register("lwm2m=1.1")
        one.device.asked.clear()
        one.world.services.registrations.update(UpdateRequest(location, "elsewhere"))
        await one.pass_by(1.0)
        assert observed(one.device) == []


async def test_what_did_not_succeed_is_tried_again_with_the_next_update(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        await observing(one)
        one.device.reachable = False
        location = await one.register("lwm2m=1.1")
        assert observed(one.device) == []
        one.device.reachable = True
        one.world.services.registrations.update(UpdateRequest(location, "peer"))
        await one.pass_by(1.0)
        assert observed(one.device) == [BATTERY, (BATTERY, LIFETIME)]


async def test_what_was_cancelled_is_not_observed_anew(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        await observing(one)
        management = one.world.services.management
        await management.cancel_observation(ENDPOINT, BATTERY, active=False)
        await management.cancel_composite(ENDPOINT, (BATTERY, LIFETIME))
        cancelled = [type(each) for each in one.device.asked]
        assert cancelled == [CancelObservation, CancelComposite]
        one.device.asked.clear()
        await one.register("lwm2m=1.1")
        assert observed(one.device) == []
        assert one.world.storage.observations.stored == {}


async def test_what_the_endpoint_refuses_to_report_is_not_kept(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        one.device.script = reporting
        await one.world.services.management.observe(ENDPOINT, Path(4))
        assert one.world.services.observations.of(ENDPOINT) == ()


async def test_a_deployment_cancels_no_observation_of_operators(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        await observing(one)
        gateway = one.world.services.gateway
        await gateway.cancel_observation(ENDPOINT, BATTERY)
        assert one.device.asked == []
        await gateway.cancel_observation(ENDPOINT, LIFETIME)
        assert one.device.asked == [CancelObservation(LIFETIME)]


async def test_of_one_endpoint_so_much_is_observed_and_no_more(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        one.device.script = lambda _: Response(CONTENT, b"1", 0)
        management = one.world.services.management
        for number in range(MOST):
            await management.observe(ENDPOINT, Path(3, 0, 6, number))
        one.device.asked.clear()
        with pytest.raises(InvalidInput, match=f"{MOST} observations are the most"):
            await management.observe(ENDPOINT, BATTERY)
        assert one.device.asked == []
        await management.observe(ENDPOINT, Path(3, 0, 6, 0))  # it is one of them


@pytest.mark.parametrize(
    ("query", "at_once"), [(("lwm2m=1.1",), True), (("lwm2m=1.1", "Q"), False)]
)
async def test_it_is_observed_anew_after_a_restart_once_the_endpoint_listens(
    tmp_path: File, query: tuple[str, ...], at_once: bool
) -> None:
    storage, clock, device = Memory(), FakeClock(), Scripted(script=reporting)
    store = Store(tmp_path)
    store.keys.new()
    first = Scene(await start(storage, store, device, clock=clock), device)
    location = await first.register(*query)
    await observing(first)
    await first.world.services.aclose()
    second = Scene(await start(storage, store, device, clock=clock, number=1), device)
    clock.pass_until(clock.now() + 200.0)  # a queue-mode endpoint sleeps by now
    await second.pass_by(1.0)
    known = [BATTERY, (BATTERY, LIFETIME)]
    assert observed(device) == (known if at_once else [])
    second.world.services.registrations.update(UpdateRequest(location, "peer"))
    await second.pass_by(1.0)
    assert observed(device) == ([] if at_once else known)
    await second.world.services.aclose()


async def waits(one: Scene) -> str:
    """Ask to observe the battery of who sleeps; return the id of the request."""
    one.device.script = reporting
    await one.pass_by(AWAKE_WINDOW + 1)
    asking = Asking(patience=PATIENCE)
    queued = await one.world.services.management.observe(ENDPOINT, BATTERY, asking)
    assert isinstance(queued, Queued)
    return queued.id


async def wakes(one: Scene) -> None:
    registration = one.world.services.gateway.registration(ENDPOINT)
    one.world.services.registrations.update(UpdateRequest(registration.id, "peer"))
    await one.pass_by(1.0)


async def test_what_has_waited_is_kept_once_it_has_succeeded(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1", "Q") as one:
        await waits(one)
        assert one.world.services.observations.of(ENDPOINT) == ()
        await wakes(one)
        assert observed(one.device) == [BATTERY]
        assert one.world.services.observations.of(ENDPOINT) == (BATTERY,)
        await wakes(one)
        assert observed(one.device) == [], "it stands"
        await one.register("lwm2m=1.1", "Q")
        assert observed(one.device) == [BATTERY]


@pytest.mark.parametrize("end", ["cancelled", "expired", "refused", "cancelled observation"])
async def test_what_has_waited_in_vain_is_not_kept(tmp_path: File, end: str) -> None:
    async with scene(tmp_path, "lwm2m=1.1", "Q") as one:
        request = await waits(one)
        services = one.world.services
        match end:
            case "cancelled":
                await services.queue.cancel(request)
            case "expired":
                await one.pass_by(PATIENCE)
            case "refused":
                one.device.script = lambda _: NOT_FOUND
            case _:
                await services.management.cancel_observation(ENDPOINT, BATTERY)
        await wakes(one)
        assert services.observations.of(ENDPOINT) == ()
        assert one.world.storage.observations.stored == {}


async def test_what_waits_is_kept_after_a_restart_too(tmp_path: File) -> None:
    storage, clock, device = Memory(), FakeClock(), Scripted(script=reporting)
    store = Store(tmp_path)
    store.keys.new()
    first = Scene(await start(storage, store, device, clock=clock), device)
    await first.register("lwm2m=1.1", "Q")
    await waits(first)
    await first.world.services.aclose()
    second = Scene(await start(storage, store, device, clock=clock, number=1), device)
    await wakes(second)
    assert second.world.services.observations.of(ENDPOINT) == (BATTERY,)
    await second.world.services.aclose()
