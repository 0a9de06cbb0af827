"""Deployments from request to outcome, on a device by the book."""

import asyncio
from itertools import count
from pathlib import Path as File

import pytest

from compiler.errors import DoesNotFit
from compiler.profile import Objective
from lwm2m_server.protocol.deployment import Delivery, DeploymentRequest, Outcome, Via
from lwm2m_server.protocol.registration import UpdateRequest
from lwm2m_server.service.errors import AlreadyDeploying, Conflict, InvalidInput, NotFound
from lwm2m_server.service.ports import Unreachable
from lwm2m_server.service.views import BuildState, DeploymentView

from .fake_device import FakeDevice
from .world import World, settle, world


async def ended(one: World, deployment: str) -> DeploymentView:
    waiting = asyncio.create_task(one.services.deployments.wait(deployment))
    await one.run_until(waiting.done)
    return await waiting


async def deployed(one: World, **request: object) -> DeploymentView:
    asked = DeploymentRequest(one.device.endpoint, **request)  # type: ignore[arg-type]
    view = await one.services.deployments.deploy(asked)
    return await ended(one, view.id)


async def registered(one: World) -> None:
    await one.register()

    def known() -> bool:
        device = one.storage.devices.stored.get(one.device.endpoint)
        return device is not None and device.hardware is not None

    await one.run_until(known)


@pytest.mark.parametrize("delivery", [Delivery.PUSH, Delivery.PULL, Delivery.AUTO])
async def test_a_module_is_built_sent_tested_and_activated(
    tmp_path: File, delivery: Delivery
) -> None:
    async with world(tmp_path) as one:
        await registered(one)
        view = await deployed(one, via=Via.MODULE, model="gesture", delivery=delivery)
        assert (view.outcome, view.reason) == (Outcome.SUCCEEDED, None)
        assert view.slot == 1
        assert view.delivered_by is (Delivery.PUSH if delivery is Delivery.PUSH else Delivery.PULL)
        assert view.self_test is not None
        assert (view.self_test.vectors, view.self_test.cost) == (3, 1234)
        assert (view.flash, view.ram) == (300, 200)
        assert one.device.slots[1]["state"] == 3
        assert one.device.accepted == 1
        device = await one.services.hardware.device(one.device.endpoint)
        assert device.active_model is not None
        assert device.active_model.image_sha256 == view.image_sha256
        assert device.target is not None
        assert device.target.source == "26241"
        assert device.deployment is None


async def test_a_second_module_goes_into_the_other_slot(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        await registered(one)
        await deployed(one, via=Via.MODULE, model="gesture")
        view = await deployed(one, via=Via.MODULE, model="gesture")
        assert (view.outcome, view.slot) == (Outcome.SUCCEEDED, 2)
        assert [one.device.slots[n]["state"] for n in (1, 2)] == [2, 3]


async def test_a_self_test_that_differs_is_never_activated(tmp_path: File) -> None:
    async with world(tmp_path, FakeDevice(wrong_output=True)) as one:
        await registered(one)
        view = await deployed(one, via=Via.MODULE, model="gesture")
        assert view.outcome is Outcome.FAILED
        assert view.reason == (
            "self-test failed: vector 1 of 3: 2 of 2 output bytes differ,"
            " the first at 0: 63 instead of 1"
        )
        assert one.device.accepted == 0
        assert one.device.slots[1]["state"] == 0


async def test_a_damaged_image_ends_with_the_device_s_reason(tmp_path: File) -> None:
    async with world(tmp_path, FakeDevice(damages=True)) as one:
        await registered(one)
        view = await deployed(one, via=Via.MODULE, model="gesture")
        assert view.outcome is Outcome.FAILED
        assert view.reason == "the device found the image damaged (Result 5)"


async def test_what_does_not_fit_says_what_is_missing(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        await registered(one)
        one.runner.error = DoesNotFit("arena", 5000, 4000)
        view = await deployed(one, via=Via.MODULE, model="gesture")
        assert view.outcome is Outcome.DOES_NOT_FIT
        assert "1000 B missing" in (view.reason or "")
        # Each objective was tried.
        assert len(set(one.runner.runs)) == len(Objective)
        builds = await one.services.builds.builds()
        assert {build.state for build in builds} == {BuildState.FAILED}
        assert {build.error_kind for build in builds} == {"does not fit"}


async def test_the_fastest_that_fits_is_sent_and_told(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        await registered(one)
        one.runner.misses = {Objective.SPEED: DoesNotFit("image in the slot", 5000, 4000)}
        view = await deployed(one, via=Via.MODULE, model="gesture")
        assert (view.outcome, view.reason) == (Outcome.SUCCEEDED, None)
        assert view.objective == "flash"
        builds = {build.objective: build for build in await one.services.builds.builds()}
        assert {name: build.state for name, build in builds.items()} == {
            "speed": BuildState.FAILED,
            "flash": BuildState.SUCCEEDED,
        }
        assert builds["flash"].key == view.build


async def test_larger_constants_are_not_what_is_said_to_be_missing(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        await registered(one)
        one.runner.misses = {
            Objective.SPEED: DoesNotFit("constants", 4050, 4000, at_least=True),
            Objective.FLASH: DoesNotFit("image in the slot", 7000, 4000),
            Objective.RAM: DoesNotFit("image in the slot", 7100, 4000),
        }
        view = await deployed(one, via=Via.MODULE, model="gesture")
        assert view.outcome is Outcome.DOES_NOT_FIT
        assert "3000 B missing" in (view.reason or "")
        assert view.objective is None


@pytest.mark.parametrize(("state", "arguments"), [(0, ""), (64, "0")])
async def test_models_that_keep_state_are_tested_by_test_runs(
    tmp_path: File, state: int, arguments: str
) -> None:
    async with world(tmp_path) as one:
        await registered(one)
        one.runner.state = state
        view = await deployed(one, via=Via.MODULE, model="gesture")
        assert (view.outcome, view.reason) == (Outcome.SUCCEEDED, None)
        assert one.device.runs == [arguments] * 3


async def test_a_device_that_trusts_another_key_is_not_sent_anything(tmp_path: File) -> None:
    async with world(tmp_path, FakeDevice(key_hash=b"\x77" * 32)) as one:
        await registered(one)
        view = await deployed(one, via=Via.MODULE, model="gesture")
        assert view.outcome is Outcome.FAILED
        assert "trusts signing key 7777777777777777" in (view.reason or "")
        assert one.runner.runs == []


async def test_equal_builds_run_once(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        await registered(one)
        await deployed(one, via=Via.MODULE, model="gesture")
        one.device.slots[1].update(state=0, image=b"")
        await deployed(one, via=Via.MODULE, model="gesture")
        assert len(one.runner.runs) == 1


@pytest.mark.parametrize("delivery", [Delivery.PUSH, Delivery.PULL])
async def test_our_firmware_is_proven_by_its_hash_and_its_model_tested(
    tmp_path: File, delivery: Delivery
) -> None:
    async with world(tmp_path) as one:
        await registered(one)
        one.runner.state = 64
        asked = DeploymentRequest(one.device.endpoint, Via.FIRMWARE, "gesture", delivery=delivery)
        view = await one.services.deployments.deploy(asked)
        await one.run_until(lambda: one.device.firmware["state"] == 3)
        one.device.reboot()
        await one.register()
        view = await ended(one, view.id)
        assert (view.outcome, view.reason) == (Outcome.SUCCEEDED, None)
        assert view.self_test is not None
        assert view.self_test.cost == 777
        assert one.device.runs == ["0"] * 3
        assert one.device.accepted == 1


@pytest.mark.parametrize(
    ("protocols", "by"),
    [
        ((), Delivery.PULL),  # 5/0/8: CoAP is the default setting
        ((0,), Delivery.PULL),
        ((2, 0), Delivery.PULL),
        ((1, 4, 5), Delivery.PUSH),  # the server of this test offers plain CoAP alone
        ((2, 3), Delivery.PUSH),
        ((99,), Delivery.PUSH),
    ],
)
async def test_firmware_is_pulled_by_a_protocol_that_the_device_has(
    tmp_path: File, protocols: tuple[int, ...], by: Delivery
) -> None:
    async with world(tmp_path) as one:
        one.device.protocols = protocols
        await registered(one)
        asked = DeploymentRequest(one.device.endpoint, Via.FIRMWARE, "gesture")
        view = await one.services.deployments.deploy(asked)
        await one.run_until(lambda: one.device.firmware["state"] == 3)
        view = await one.services.deployments.get(view.id)
        assert view.delivered_by is by


async def test_foreign_firmware_is_proven_by_its_version(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        await registered(one)
        await one.services.catalogue.add_firmware("app", "2", b"\x01" * 64, reports="2.0.0")
        asked = DeploymentRequest(one.device.endpoint, Via.FIRMWARE, firmware="app@2")
        view = await one.services.deployments.deploy(asked)
        await one.run_until(lambda: one.device.firmware["state"] == 3)
        one.device.reports_hash = False
        one.device.reboot(version="2.0.0")
        await one.register()
        view = await ended(one, view.id)
        assert (view.outcome, view.reason) == (Outcome.SUCCEEDED, None)
        assert one.runner.runs == []


async def test_foreign_firmware_that_tells_nothing_ends_unconfirmed(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        await registered(one)
        await one.services.catalogue.add_firmware("app", "2", b"\x01" * 64)
        one.device.reports_hash = False
        asked = DeploymentRequest(one.device.endpoint, Via.FIRMWARE, firmware="app@2")
        view = await one.services.deployments.deploy(asked)
        await one.run_until(lambda: one.device.firmware["state"] == 3)
        one.device.reboot()
        await one.register()
        view = await ended(one, view.id)
        assert view.outcome is Outcome.UNCONFIRMED


async def test_an_answer_lost_on_activate_never_leads_to_a_second(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        await registered(one)
        asked = DeploymentRequest(one.device.endpoint, Via.MODULE, "gesture")
        view = await one.services.deployments.deploy(asked)

        def lose(what: str) -> None:
            if what == "after /26242/1/2":
                one.device.lose_answers = 1

        one.downlink.step = lose
        view = await ended(one, view.id)
        assert view.outcome is Outcome.SUCCEEDED
        assert one.device.accepted == 1


async def test_an_activate_that_never_arrived_is_repeated_after_its_lifetime(
    tmp_path: File,
) -> None:
    async with world(tmp_path) as one:
        await registered(one)
        one.device.deaf_to = {"/26242/1/2"}
        asked = DeploymentRequest(one.device.endpoint, Via.MODULE, "gesture")
        view = await one.services.deployments.deploy(asked)
        began = one.clock.time
        view = await ended(one, view.id)
        assert view.outcome is Outcome.FAILED
        assert view.executes == 3
        assert one.clock.time >= began + 3 * 247
        assert one.device.accepted == 0


async def test_a_silent_device_is_served_when_it_comes_back(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        await registered(one)
        one.device.reachable = False
        asked = DeploymentRequest(one.device.endpoint, Via.MODULE, "gesture")
        view = await one.services.deployments.deploy(asked)
        for _ in range(5):
            await one.run_until(one.clock.advance)
        one.device.reachable = True
        view = await ended(one, view.id)
        assert view.outcome is Outcome.SUCCEEDED


async def test_what_cannot_be_deployed_is_refused_at_once(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        deploy = one.services.deployments.deploy
        with pytest.raises(NotFound, match="no endpoint 'urn:dev:1'"):
            await deploy(DeploymentRequest("urn:dev:1", Via.MODULE, "gesture"))
        await registered(one)
        with pytest.raises(NotFound, match="no model 'nothing'"):
            await deploy(DeploymentRequest("urn:dev:1", Via.MODULE, "nothing"))
        with pytest.raises(InvalidInput, match="either of a model or"):
            await deploy(DeploymentRequest("urn:dev:1", Via.MODULE))
        with pytest.raises(InvalidInput, match="delivered as firmware"):
            await deploy(DeploymentRequest("urn:dev:1", Via.MODULE, firmware="app@1"))
        await deploy(DeploymentRequest("urn:dev:1", Via.MODULE, "gesture"))
        with pytest.raises(AlreadyDeploying):
            await deploy(DeploymentRequest("urn:dev:1", Via.MODULE, "gesture"))


async def test_a_deployment_can_be_cancelled_until_execute(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        await registered(one)
        one.device.reachable = False
        asked = DeploymentRequest(one.device.endpoint, Via.MODULE, "gesture")
        view = await one.services.deployments.deploy(asked)
        view = await one.services.deployments.cancel(view.id)
        assert view.outcome is Outcome.CANCELLED
        with pytest.raises(Conflict, match="has ended"):
            await one.services.deployments.cancel(view.id)
        with pytest.raises(NotFound):
            await one.services.deployments.cancel("nothing")


async def test_what_has_just_registered_can_be_deployed_to(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        await one.register()
        (listed,) = await one.services.hardware.devices()
        assert (listed.endpoint, listed.hardware) == (one.device.endpoint, None)
        view = await deployed(one, via=Via.MODULE, model="gesture")
        assert view.outcome is Outcome.SUCCEEDED


async def test_a_cancelled_deployment_does_not_wait_for_a_silent_device(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        await registered(one)
        one.device.mute_on = {"/26242/1/1", "/26242/1/3"}
        asked = DeploymentRequest(one.device.endpoint, Via.MODULE, "gesture")
        view = await one.services.deployments.deploy(asked)
        await one.run_until(lambda: one.downlink.waiting == {"/26242/1/1", "/26242/1/3"})
        view = await one.services.deployments.cancel(view.id)
        assert view.outcome is Outcome.CANCELLED
        one.device.mute_on = set()
        view = await deployed(one, via=Via.MODULE, model="gesture")
        assert view.outcome is Outcome.SUCCEEDED


async def test_a_pull_leaves_no_observation_behind(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        await registered(one)
        await deployed(one, via=Via.MODULE, model="gesture", delivery=Delivery.PULL)
        await settle()
        about_state = [line for line in one.device.log if line.endswith(" /26242/1/3")]
        assert about_state == ["Observe /26242/1/3", "CancelObservation /26242/1/3"]


async def test_a_timer_that_rings_too_soon_is_waited_for_again(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        await registered(one)
        one.device.reachable = False
        asked = DeploymentRequest(one.device.endpoint, Via.MODULE, "gesture")
        view = await one.services.deployments.deploy(asked)
        await settle()
        one.clock.early = 0.001
        one.clock.advance()
        await settle()
        one.device.reachable = True
        assert (await ended(one, view.id)).outcome is Outcome.SUCCEEDED


# --- DTLS: only the device can begin a session; until it does nobody is reached -----------


@pytest.mark.parametrize(
    ("delivery", "back"), [(Delivery.PUSH, "updates"), (Delivery.PULL, "registers")]
)
async def test_a_session_lost_anywhere_is_waited_for_and_the_deployment_goes_on(
    tmp_path: File, delivery: Delivery, back: str
) -> None:
    """Lost with each exchange in turn, before or behind it; the device's next word mends it."""
    async with world(tmp_path) as one:
        await registered(one)
        at = 0
        while await _session_is_lost(one, at, delivery):
            one.device.reachable = True  # by a handshake; and then it
            await {"registers": _register, "updates": _update}[back](one)
            await _goes_well(one, at + 1)
            at += 1
        await _goes_well(one, at + 1)
    assert at > 10


async def _session_is_lost(one: World, at: int, delivery: Delivery) -> bool:
    """Deploy, and lose the session with exchange `at`; False where there are not so many."""
    places = count()

    def lose(_place: str) -> None:
        if next(places) == at:
            one.device.reachable = False
            raise Unreachable("the DTLS session is gone")

    one.downlink.step = lose
    asked = DeploymentRequest(one.device.endpoint, Via.MODULE, "gesture", delivery=delivery)
    begun = await one.services.deployments.deploy(asked)
    await one.run_until(lambda: not one.device.reachable or _outcome(one, begun.id) is not None)
    if one.device.reachable:
        return False
    said = len(one.device.log)
    one.clock.pass_until(one.clock.time + 1.0)
    await settle()
    assert _outcome(one, begun.id) is None
    assert len(one.device.log) == said
    return True


async def _goes_well(one: World, accepted: int) -> None:
    deployments = one.storage.deployments.stored
    await one.run_until(lambda: all(_outcome(one, each) is not None for each in deployments))
    assert {_outcome(one, each) for each in deployments} == {Outcome.SUCCEEDED}
    assert one.device.accepted == accepted
    assert one.device.mistakes == []
    await settle()


def _outcome(one: World, deployment: str) -> Outcome | None:
    return one.storage.deployments.stored[deployment].machine.outcome


async def _register(one: World) -> None:
    await one.register()


async def _update(one: World) -> None:
    (registration,) = one.services.registrations.all()
    one.services.registrations.update(UpdateRequest(registration.id, "another session"))
