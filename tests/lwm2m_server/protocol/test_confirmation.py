"""When a firmware update has succeeded: never by one notification, never by a Result alone."""

from dataclasses import replace
from typing import Any

import pytest

from lwm2m_server.protocol import effects, firmware, inputs
from lwm2m_server.protocol.deployment import Delivery, ImageFacts, Outcome
from lwm2m_server.protocol.errors import IllegalInput
from lwm2m_server.protocol.firmware_state import FirmwareDeployment, FirmwarePhase

from . import machines
from .machines import HASH, OTHER, RULES, Result, State

# A stored firmware of which everything, or nothing, is known.
KNOWN = ImageFacts(size=1000, image_hash=HASH, version="2.0", reports="app 2.0")
UNKNOWN = ImageFacts(size=1000)


class Device:
    """Answers what the machine asks until the Execute, and then what the test says."""

    def __init__(self, image: ImageFacts, before: str | None = "app 1.0") -> None:
        self.now = 0.0
        self.before = before
        self.state = firmware.begin(Delivery.PUSH, 0.0, image)
        self.wanted: Any = None
        self.take(inputs.Started())

    def take(self, event: Any, after: float = 1.0) -> FirmwareDeployment:
        self.now += after
        if isinstance(event, inputs.Answer):
            event = replace(event, ticket=self.state.ticket)
        self.state, wanted = firmware.step(self.state, event, self.now, RULES)
        self.wanted = wanted[0] if wanted else None
        return self.state

    def until_execute(self) -> "Device":
        idle = machines.firmware(State.IDLE, version=self.before)
        self.take(inputs.FirmwareProbed(0, idle, can_pull=True, can_push=True))
        self.take(inputs.FirmwareRead(0, idle))
        assert isinstance(self.wanted, effects.PushImage)
        self.take(inputs.Answered(0, 0x44))
        self.take(inputs.FirmwareRead(0, machines.firmware(State.DOWNLOADED)))
        assert isinstance(self.wanted, effects.Execute)
        return self

    def tell(self, status: inputs.FirmwareStatus) -> FirmwareDeployment:
        """Answer Reads with `status` until the machine is content or waits for something else."""
        for _ in range(10):
            if self.state.outcome is not None:
                break
            if not self.state.outstanding:
                assert self.state.deadline is not None
                self.now = self.state.deadline
                self.take(inputs.DeadlinePassed(), 0.0)
            assert isinstance(self.wanted, effects.ReadFirmware)
            self.take(inputs.FirmwareRead(0, status), 0.1)
        return self.state


def back(image: ImageFacts, status: inputs.FirmwareStatus, before: str | None = "app 1.0") -> Any:
    """Return how it ends when the device took the Execute, registered and reads as `status`."""
    device = Device(image, before).until_execute()
    device.take(inputs.Answered(0, 0x44))
    assert device.state.phase is FirmwarePhase.REBOOTING
    device.take(inputs.Registered())
    return device.tell(status)


IDLE, SUCCESS = State.IDLE, Result.SUCCESS
A = machines.firmware(IDLE, image=HASH, version=None)
B = machines.firmware(IDLE, version="app 2.0")
C = machines.firmware(IDLE, SUCCESS, package="2.0", version=None)


@pytest.mark.parametrize("status", [A, B, C])
def test_each_of_the_three_proofs_is_enough(status: inputs.FirmwareStatus) -> None:
    assert back(KNOWN, status).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize(
    ("image", "status", "before"),
    [
        # A Result of 0 or 1 alone, whatever else is the same as before.
        (UNKNOWN, machines.firmware(IDLE), "app 1.0"),
        (UNKNOWN, machines.firmware(IDLE, SUCCESS), "app 1.0"),
        (KNOWN, machines.firmware(IDLE, SUCCESS, version=None), None),
        # The expected version did not differ before: that it is there proves nothing.
        (KNOWN, machines.firmware(IDLE, SUCCESS, version="app 2.0"), "app 2.0"),
        # The package's version without the Result, or the Result with another one.
        (KNOWN, machines.firmware(IDLE, package="2.0", version=None), None),
    ],
)
def test_without_a_proof_it_is_unconfirmed(
    image: ImageFacts, status: inputs.FirmwareStatus, before: str | None
) -> None:
    assert back(image, status, before).outcome is Outcome.UNCONFIRMED


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (machines.firmware(IDLE, image=OTHER), "the device runs image 222222222222"),
        (machines.firmware(IDLE, version="app 1.0"), "reports version 'app 1.0'"),
        (machines.firmware(IDLE, Result.UPDATE_FAILED), "could not install"),
        (machines.firmware(State.DOWNLOADED, Result.UPDATE_FAILED), "could not install"),
    ],
)
def test_what_the_device_denies_has_failed(status: inputs.FirmwareStatus, reason: str) -> None:
    state = back(KNOWN, status)
    assert state.outcome is Outcome.FAILED
    assert reason in (state.reason or "")


def test_a_proof_before_the_endpoint_is_back_does_not_count() -> None:
    device = Device(KNOWN).until_execute()
    device.take(inputs.Answered(0, 0x44))
    assert device.tell(A).outcome is None
    assert device.state.phase is FirmwarePhase.REBOOTING


def test_an_update_counts_once_state_was_read_as_0() -> None:
    device = Device(KNOWN).until_execute()
    device.take(inputs.Answered(0, 0x44))
    device.take(inputs.Updated())
    device.take(inputs.FirmwareRead(0, machines.firmware(State.UPDATING, image=HASH)))
    assert device.take(inputs.Updated()).outcome is None
    device.take(inputs.FirmwareRead(0, A))
    assert device.state.outcome is None
    device.take(inputs.Updated())
    assert device.take(inputs.FirmwareRead(0, A)).outcome is Outcome.SUCCEEDED


def test_a_register_that_nobody_minded_is_known_from_its_time() -> None:
    device = Device(KNOWN).until_execute()
    device.take(inputs.Answered(0, 0x44))
    device.take(inputs.Resumed(registered_at=device.now + 1))
    assert device.tell(A).outcome is Outcome.SUCCEEDED


def test_a_register_from_before_the_execute_does_not_count() -> None:
    device = Device(KNOWN).until_execute()
    device.take(inputs.Answered(0, 0x44))
    device.take(inputs.Resumed(registered_at=device.state.executed_at))
    assert device.tell(A).outcome is None


def test_a_device_that_never_comes_back_has_failed() -> None:
    device = Device(KNOWN).until_execute()
    device.take(inputs.Answered(0, 0x44))
    while device.state.outcome is None:
        assert device.state.deadline is not None
        device.now = device.state.deadline
        device.take(inputs.DeadlinePassed(), 0.0)
        device.take(inputs.NoAnswer(0))
    assert device.now >= device.state.executed_at + RULES.reboot
    assert "did not come back" in (device.state.reason or "")


def test_an_execute_without_answer_is_repeated_only_after_lifetime_and_read() -> None:
    device = Device(KNOWN).until_execute()
    downloaded = inputs.FirmwareRead(0, machines.firmware(State.DOWNLOADED))
    for attempt in (1, 2):
        began = device.state.executed_at
        device.take(inputs.NoAnswer(0))
        device.take(inputs.Updated())
        device.take(downloaded)
        assert device.state.executes == attempt
        assert device.state.deadline == began + RULES.exchange_lifetime
        device.now = device.state.deadline
        device.take(inputs.DeadlinePassed(), 0.0)
        assert isinstance(device.wanted, effects.ReadFirmware)
        device.take(downloaded)
        assert isinstance(device.wanted, effects.Execute)
    device.now += RULES.exchange_lifetime
    device.take(inputs.NoAnswer(0))
    device.take(inputs.Updated())
    assert device.take(downloaded).outcome is Outcome.FAILED
    assert device.state.executes == 3


def test_a_deferred_update_is_waited_for() -> None:
    device = Device(KNOWN).until_execute()
    device.take(inputs.Answered(0, 0x44))
    device.take(inputs.Updated())
    deferred = machines.firmware(State.DOWNLOADED, Result.DEFERRED)
    assert device.take(inputs.FirmwareRead(0, deferred)).outcome is None


def test_a_refused_execute_ends_with_the_code() -> None:
    device = Device(KNOWN).until_execute()
    device.take(inputs.Answered(0, 0x85))
    device.take(inputs.FirmwareRead(0, machines.firmware(State.DOWNLOADED)))
    assert device.state.outcome is Outcome.FAILED
    assert device.state.reason == "Update refused with 4.05"


def test_after_the_execute_nothing_can_be_cancelled() -> None:
    device = Device(KNOWN).until_execute()
    with pytest.raises(IllegalInput, match="can no longer be cancelled"):
        device.take(inputs.Cancelled())


def test_what_stands_in_the_way_is_reset_first() -> None:
    device = Device(KNOWN)
    left = machines.firmware(State.DOWNLOADED)
    device.take(inputs.FirmwareProbed(0, left, can_pull=True, can_push=True))
    device.take(inputs.FirmwareRead(0, left))
    assert (str(device.wanted.path), device.wanted.payload) == ("/5/0/1", b"")
    device.take(inputs.Answered(0, 0x80))
    device.take(inputs.FirmwareRead(0, left))
    assert (str(device.wanted.path), device.wanted.payload) == ("/5/0/0", b"\0")
    device.take(inputs.Answered(0, 0x44))
    device.take(inputs.FirmwareRead(0, machines.firmware(State.IDLE)))
    assert isinstance(device.wanted, effects.PushImage)


@pytest.mark.parametrize(
    ("asked", "can_pull", "can_push", "wanted"),
    [
        (Delivery.AUTO, True, True, effects.OfferImage),
        (Delivery.AUTO, False, True, effects.PushImage),
        (Delivery.PUSH, True, True, effects.PushImage),
        (Delivery.PULL, True, False, effects.OfferImage),
        (Delivery.PULL, False, True, None),
        (Delivery.PUSH, True, False, None),
        (Delivery.AUTO, False, False, None),
    ],
)
def test_bytes_move_as_asked_and_as_the_device_can(
    asked: Delivery, can_pull: bool, can_push: bool, wanted: type | None
) -> None:
    device = Device(KNOWN)
    device.state = firmware.step(firmware.begin(asked, 0.0, KNOWN), inputs.Started(), 0.0, RULES)[0]
    idle = machines.firmware(State.IDLE)
    device.take(inputs.FirmwareProbed(0, idle, can_pull=can_pull, can_push=can_push))
    if wanted is None:
        assert device.state.outcome is Outcome.FAILED
        return
    device.take(inputs.FirmwareRead(0, idle))
    assert isinstance(device.wanted, wanted)


@pytest.mark.parametrize("result", [Result.CONNECTION_LOST, Result.INVALID_URI])
def test_a_pull_that_fails_becomes_a_push_where_that_is_left_to_us(result: Result) -> None:
    device = Device(KNOWN)
    device.state = firmware.step(
        firmware.begin(Delivery.AUTO, 0.0, KNOWN), inputs.Started(), 0.0, RULES
    )[0]
    idle = machines.firmware(State.IDLE)
    device.take(inputs.FirmwareProbed(0, idle, can_pull=True, can_push=True))
    device.take(inputs.FirmwareRead(0, idle))
    device.take(inputs.Answered(0, 0x44))
    device.take(inputs.Notified())
    device.take(inputs.FirmwareRead(0, machines.firmware(State.IDLE, result)))
    device.take(inputs.FirmwareRead(0, idle))
    assert isinstance(device.wanted, effects.PushImage)
