"""The two objects that packages are written to, as packages see them."""

from dataclasses import replace
from typing import Protocol

from ..errors import Why
from ..machine import Machine
from . import firmware_update, model_slot


class Holder(Protocol):
    """The object that a package is written to, as its packages see it."""

    name: str
    instance: int | None
    limit: int

    def begin(self, uri: str | None) -> None:
        """Note that a package arrives, pushed or from `uri`; raises `Refused`."""
        ...

    def clear(self) -> None:
        """Forget the package; raises `Refused`."""
        ...

    def receive(self, data: bytes) -> str:
        """Check the whole package, note it and return its hash; raises `InvalidImage`."""
        ...

    def fail(self, why: Why) -> None:
        """Note why there is no package."""
        ...


class FirmwareHolder:
    """Object 5: the staging area."""

    def __init__(self, machine: Machine) -> None:
        self.name = "firmware"
        self.instance: int | None = None
        self._machine = machine
        self.limit = min(machine.board.staging.size, machine.board.app.load.size)

    def begin(self, uri: str | None) -> None:
        """Start downloading."""
        what = firmware_update.Input
        self._step(what.WRITE_PACKAGE if uri is None else what.WRITE_URI, package_uri=uri or "")

    def clear(self) -> None:
        """Go back to idle (5/0/1 empty, or 5/0/0 one NUL)."""
        self._step(firmware_update.Input.RESET)

    def receive(self, data: bytes) -> str:
        """Check the firmware as it lies in the staging area."""
        image = self._machine.accept(None, data).image
        package = (image.model_name or "", str(image.version))
        self._step(firmware_update.Input.RECEIVED, package=package)
        return image.sha256.hex()

    def fail(self, why: Why) -> None:
        """Go back to idle with the Update Result for `why`."""
        self._step(firmware_update.Input.FAILED, result=firmware_update.RESULTS[why])

    def _step(self, what: firmware_update.Input, **more: object) -> None:
        memory = self._machine.memory
        after = memory.firmware.step(what, **more)  # type: ignore[arg-type] # as named there
        self._machine.remember(replace(memory, firmware=after))


class SlotHolder:
    """One module slot of Object 26242."""

    def __init__(self, machine: Machine, instance: int) -> None:
        self.name = f"slot {instance}"
        self.instance: int | None = instance
        self._number = instance
        self._machine = machine
        self.limit = machine.place(instance).load.size

    def begin(self, uri: str | None) -> None:
        """Start downloading."""
        what = model_slot.Input
        self._step(what.WRITE_PACKAGE if uri is None else what.WRITE_URI, package_uri=uri or "")

    def clear(self) -> None:
        """Empty the slot (an empty write to /x/0 or /x/1)."""
        self._step(model_slot.Input.CLEAR)

    def receive(self, data: bytes) -> str:
        """Check the module as it lies in its slot."""
        accepted = self._machine.accept(self._number, data)
        self._step(model_slot.Input.RECEIVED, content=accepted.content)
        return accepted.image.sha256.hex()

    def fail(self, why: Why) -> None:
        """Empty the slot with the Result for `why`."""
        self._step(model_slot.Input.FAILED, result=model_slot.RESULTS[why])

    def _step(self, what: model_slot.Input, **more: object) -> None:
        memory = self._machine.memory
        after = memory.slots.step(self._number, what, **more)  # type: ignore[arg-type] # as there
        self._machine.remember(replace(memory, slots=after))
