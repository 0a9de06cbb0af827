"""The device without network: updates under power cuts, roll-back, models that run or fault."""

from dataclasses import replace

import pytest

from device_sim.board import Board, board, boards
from device_sim.client.holders import FirmwareHolder, SlotHolder
from device_sim.client.model_slot import Input
from device_sim.errors import InvalidFlashFile, InvalidImage, Refused, RunFault, Why
from device_sim.faults import FlashFaults, PowerCut
from device_sim.flash import Flash
from device_sim.image import TrustedKey
from device_sim.machine import FACTORY_VERSION, Machine
from device_sim.runtime import Runtime
from objects import firmware_update, model_slot
from tests.device_sim.images import (
    THUMB,
    THUMB_ERROR,
    THUMB_FAULT,
    THUMB_HANG,
    Code,
    Model,
    firmware_image,
    module,
    trusted,
)

TINY = board("sim-tiny")
KEY = TrustedKey.load(trusted().public)


class Bench:
    """A board whose power can be cut and given back."""

    def __init__(self, it: Board = TINY) -> None:
        self.board = it
        self.faults = FlashFaults()
        self.flash = Flash(it.flash, None, self.faults)
        self.machine = self.reset()

    def reset(self) -> Machine:
        """Give power until the device is up."""
        while True:
            runtime = Runtime(self.board, watchdog_seconds=0.001)
            self.machine = Machine(self.board, KEY, self.flash, runtime)
            try:
                self.machine.boot()
            except PowerCut:
                continue
            return self.machine

    def receive(self, holder: FirmwareHolder | SlotHolder, data: bytes) -> None:
        holder.begin(None)
        writer = self.machine.writer(holder.instance)
        writer.append(data)
        holder.receive(writer.content())

    def receive_firmware(self, data: bytes) -> None:
        self.receive(FirmwareHolder(self.machine), data)

    def receive_module(self, instance: int, data: bytes) -> None:
        self.receive(SlotHolder(self.machine, instance), data)

    def activate(self, instance: int) -> None:
        memory = self.machine.memory
        self.machine.remember(replace(memory, slots=memory.slots.step(instance, Input.ACTIVATE)))

    def run(self, instance: int, data: bytes = b"\x01\x02\x03\xff") -> bytes:
        model = self.machine.model(instance)
        assert model is not None
        return self.machine.run(instance, model, data).output


@pytest.mark.parametrize("it", boards().values(), ids=lambda it: it.name)
def test_every_board_installs_a_firmware_and_runs_its_model(it: Board) -> None:
    bench = Bench(it)
    assert bench.machine.running.version == FACTORY_VERSION
    assert bench.machine.running.image_hash is None
    bench.receive_firmware(firmware_image(it, "2.0.1+7"))
    bench.machine.install()
    machine = bench.reset()
    assert machine.running.version == "2.0.1+7"
    assert machine.memory.firmware.state is firmware_update.State.IDLE
    assert machine.memory.firmware.result is firmware_update.UpdateResult.SUCCESS
    assert machine.memory.slots.active == 0
    assert bench.run(0) == b"\x02\x03\x04\x00"


@pytest.mark.parametrize("it", boards().values(), ids=lambda it: it.name)
def test_every_board_runs_a_module_and_says_what_it_cost(it: Board) -> None:
    bench = Bench(it)
    bench.receive_module(1, module(it))
    model = bench.machine.model(1)
    assert model is not None
    first, second = (bench.machine.run(1, model, b"\x01\x02\x03\xff") for _ in range(2))
    assert first.output == b"\x02\x03\x04\x00"
    assert first == second
    assert first.peak_ram == 32 + 16
    assert first.instructions == (17 if it.core.startswith("cortex") else 14)


def test_the_model_keeps_serving_while_another_arrives_and_after_a_reset() -> None:
    bench = Bench()
    bench.receive_module(1, module(TINY, 1))
    bench.activate(1)
    SlotHolder(bench.machine, 2).begin(None)
    bench.machine.writer(2).append(module(TINY, 2)[:100])
    assert bench.run(1) == b"\x02\x03\x04\x00"
    machine = bench.reset()
    assert machine.memory.slots.active == 1
    assert machine.memory.slots.slots[2].result is model_slot.Result.CONNECTION_LOST
    assert bench.run(1) == b"\x02\x03\x04\x00"


@pytest.mark.parametrize("code", [THUMB_FAULT, THUMB_HANG, THUMB_ERROR])
def test_code_that_faults_hangs_or_fails_is_a_run_fault(code: bytes) -> None:
    bench = Bench()
    bench.receive_module(1, module(TINY, what=Model(code=Code(THUMB.init, code))))
    with pytest.raises(RunFault):
        bench.run(1)


def test_a_module_that_reaches_for_the_other_state_faults() -> None:
    # ldr r2, [pc, #4]; strb r2, [r2]; movs r0, #0; bx lr; the other slot's state
    reach = bytes.fromhex("014a 1270 0020 7047") + TINY.slots[1].state.address.to_bytes(4, "little")
    bench = Bench()
    code = Code(THUMB.init, reach)
    bench.receive_module(1, module(TINY, what=Model(code=code)))
    with pytest.raises(RunFault, match="write"):
        bench.run(1)


def test_a_firmware_that_does_not_start_is_rolled_back() -> None:
    bench = Bench()
    bench.receive_firmware(firmware_image(TINY, "2.0.0"))
    bench.machine.install()
    bench.reset()
    bench.receive_firmware(firmware_image(TINY, "3.0.0", boots=False))
    bench.machine.install()
    machine = bench.reset()
    assert machine.running.version == "2.0.0"
    assert machine.memory.firmware.result is firmware_update.UpdateResult.UPDATE_FAILED
    assert machine.memory.firmware.state is firmware_update.State.IDLE
    assert bench.run(0) == b"\x02\x03\x04\x00"


def test_a_power_cut_at_any_flash_operation_leaves_a_device_that_runs() -> None:
    """As MCUboot's own simulator does it: whichever moment, one of both firmwares comes up."""
    seen = set()
    cut = 0
    while True:
        bench = Bench()
        bench.receive_firmware(firmware_image(TINY, "2.0.0"))
        bench.machine.install()
        bench.faults.power_cut_at = bench.faults.operations + cut
        machine = bench.reset()
        result = machine.memory.firmware.result
        seen.add((machine.running.version, result))
        assert machine.memory.swap is None
        assert machine.memory.executes == 1
        if bench.faults.operations <= bench.faults.power_cut_at:
            break
        cut += 1
    assert cut > 10
    assert seen == {
        ("2.0.0", firmware_update.UpdateResult.SUCCESS),
        # cut while the new one was on trial: MCUboot, too, goes back then
        (FACTORY_VERSION, firmware_update.UpdateResult.UPDATE_FAILED),
    }


def test_a_power_cut_while_rolling_back_does_not_stop_it() -> None:
    cut = 0
    while True:
        bench = Bench()
        bench.receive_firmware(firmware_image(TINY, "2.0.0", boots=False))
        bench.machine.install()
        bench.faults.power_cut_at = bench.faults.operations + cut
        machine = bench.reset()
        assert machine.running.version == FACTORY_VERSION
        assert machine.memory.firmware.result is firmware_update.UpdateResult.UPDATE_FAILED
        if bench.faults.operations <= bench.faults.power_cut_at:
            break
        cut += 1


def test_a_power_cut_while_a_package_arrives_leaves_the_slot_empty() -> None:
    cut = 0
    while True:
        bench = Bench()
        bench.faults.power_cut_at = bench.faults.operations + cut
        try:
            bench.receive_module(1, module(TINY))
        except PowerCut:
            pass
        else:
            break
        slot = bench.reset().memory.slots.slots[1]
        assert slot.state is model_slot.State.EMPTY
        cut += 1
    assert cut > 2
    assert bench.machine.memory.slots.slots[1].state is model_slot.State.VERIFIED


def test_a_bad_cell_in_the_slot_is_an_integrity_failure() -> None:
    bench = Bench()
    bench.faults.bad_bytes = frozenset({TINY.slots[0].load.address + 0x30})
    with pytest.raises(InvalidImage) as refusal:
        bench.receive_module(1, module(TINY))
    assert refusal.value.why is Why.INTEGRITY


def test_content_that_decays_is_found_at_the_next_start() -> None:
    bench = Bench()
    bench.receive_module(1, module(TINY))
    bench.activate(1)
    bench.flash.write(TINY.slots[0].load.address + 0x30, b"\0")
    slot = bench.reset().memory.slots.slots[1]
    assert (slot.state, slot.result) == (model_slot.State.EMPTY, model_slot.Result.INTEGRITY)


def test_nothing_is_installed_that_was_not_downloaded() -> None:
    bench = Bench()
    with pytest.raises(Refused):
        bench.machine.install()
    assert bench.machine.memory.executes == 0


def test_the_flash_of_another_board_is_refused() -> None:
    bench = Bench(board("sim-m33"))
    with pytest.raises(InvalidFlashFile, match="sim-m33"):
        Machine(board("sim-m3"), KEY, bench.flash, Runtime(board("sim-m3")))


def test_a_downloaded_package_survives_a_reset() -> None:
    bench = Bench()
    bench.receive_firmware(firmware_image(TINY, "2.0.0"))
    assert bench.reset().memory.firmware.state is firmware_update.State.DOWNLOADED
    bench.machine.install()
    assert bench.reset().running.version == "2.0.0"
