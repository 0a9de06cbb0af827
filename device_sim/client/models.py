"""Object 26242 at work: activating a slot, and running the model in it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from ..errors import Refused, RunFault
from ..events import DeviceEventKind, Emit
from ..machine import Machine
from .model_slot import Input
from .requests import BAD_REQUEST, INTERNAL_SERVER_ERROR, METHOD_NOT_ALLOWED
from .tree import LastRun

#: What 3/0/11 tells after the watchdog has bitten (object 3: peripheral malfunction).
FAULT_CODE = 8


class Models:
    """Runs models one at a time, off the event loop; what it holds is lost with the RAM.

    `reset` is called when the watchdog has bitten.
    """

    def __init__(self, machine: Machine, emit: Emit, reset: Callable[[], None]) -> None:
        self.runs: dict[int, LastRun] = {}
        self._machine = machine
        self._emit = emit
        self._reset = reset
        self._inputs: dict[int, bytes] = {}
        self._going_on: set[int] = set()
        self._turn = asyncio.Lock()

    def input_size(self, instance: int) -> int | None:
        """Return the bytes that Input takes; None where there is no model."""
        model = self._machine.model(instance)
        return None if model is None else model[1].input_size

    def write_input(self, instance: int, data: bytes) -> None:
        """Keep the inputs of the next run; raises `Refused` for another size than the model's."""
        size = self.input_size(instance)
        if size is None:
            raise Refused(METHOD_NOT_ALLOWED, f"slot {instance} holds no model")
        if len(data) != size:
            raise Refused(BAD_REQUEST, f"the model takes {size} B, not {len(data)} B")
        self._inputs[instance] = data

    def activate(self, instance: int) -> None:
        """Let a verified slot serve, from its initial state; raises `Refused` in other states."""
        memory = self._machine.memory
        slots = memory.slots.step(instance, Input.ACTIVATE)
        self._machine.remember(replace(memory, slots=slots, activates=memory.activates + 1))
        self._going_on.discard(instance)
        self._emit(DeviceEventKind.ACTIVATED, slot=instance)

    async def run(self, instance: int, *, test: bool = False) -> None:
        """Run the model on what was written to Input; raises `Refused`, with 5.00 for a fault.

        It goes on from the state that the run before has left, unless one of both is a `test`
        or the slot was activated in between.
        """
        async with self._turn:
            model, data = self._machine.model(instance), self._inputs.get(instance)
            if model is None or data is None:
                raise Refused(METHOD_NOT_ALLOWED, f"slot {instance} has no model or no input")
            anew = test or instance not in self._going_on
            # Noted beforehand: an Activate while the model runs has the last word.
            (self._going_on.discard if test else self._going_on.add)(instance)
            try:
                result = await asyncio.to_thread(
                    self._machine.run, instance, model, data, anew=anew
                )
            except RunFault as fault:
                self._fault(instance, fault)
                raise Refused(INTERNAL_SERVER_ERROR, str(fault)) from fault
            now = self._machine.model(instance)
            if now is None or now[0] is not model[0]:
                raise Refused(METHOD_NOT_ALLOWED, f"slot {instance} was written meanwhile")
            before = self.runs.get(instance)
            runs = 1 + (before.runs if before else 0)
            self.runs[instance] = LastRun(result.output, result.instructions, result.peak_ram, runs)
        self._emit(
            DeviceEventKind.RUN,
            slot=instance,
            instructions=result.instructions,
            peak_ram=result.peak_ram,
        )

    def forget(self, instance: int) -> None:
        """Drop what is known of a model that is no longer there."""
        self.runs.pop(instance, None)
        self._inputs.pop(instance, None)
        self._going_on.discard(instance)

    def _fault(self, instance: int, fault: RunFault) -> None:
        memory = self._machine.memory
        slots = memory.slots.step(instance, Input.FAULTED)
        self._machine.remember(replace(memory, slots=slots, error_code=FAULT_CODE))
        self._emit(DeviceEventKind.FAULT, slot=instance, text=str(fault))
        self._reset()
