"""What the device does on a write or an execute: the handlers of its objects."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from objects import firmware_update, model_slot
from objects.path import Path
from objects.tree import ObjectInstance
from objects.value import Value

from ..errors import Refused
from ..events import Emit
from ..machine import Machine
from . import portfolio
from .block1 import Block
from .firmware_update import Input as UpdateInput
from .held import Held
from .holders import FirmwareHolder, Holder, SlotHolder
from .management import Handlers
from .models import Models
from .packages import Packages
from .requests import BAD_REQUEST, METHOD_NOT_ALLOWED
from .tree import DEVICE, SERVER, LastRun

_LONGEST_LIFETIME = 2**31 - 1


class Host(Protocol):
    """What handlers ask of the session that they are part of."""

    def reset(self) -> None:
        """Reboot in a moment, when the reply is on its way."""
        ...

    def bootstrap(self) -> None:
        """Go back to the bootstrap server in a moment; raises `Refused` where there is none."""
        ...

    def update_registration(self) -> None:
        """Send an Update soon."""
        ...

    def start_download(self, packages: Packages, uri: str) -> None:
        """Fetch the package at `uri`, which `packages` expects."""
        ...

    def stop_download(self, packages: Packages) -> None:
        """Stop fetching for `packages`, if there is a download under way."""
        ...


class Behaviour:
    """The writable and executable side of the device's objects."""

    def __init__(
        self,
        machine: Machine,
        host: Host,
        emit: Emit,
        clock: Callable[[], float],
        held: Held | None = None,
    ) -> None:
        self._machine = machine
        self.held = held or Held()
        self._host = host
        self._models = Models(machine, emit, host.reset)
        holders: tuple[Holder, ...] = (
            FirmwareHolder(machine),
            *(SlotHolder(machine, number + 1) for number in range(len(machine.board.slots))),
        )
        self._packages = {
            holder.instance: Packages(holder, machine, emit, clock) for holder in holders
        }

    @property
    def runs(self) -> dict[int, LastRun]:
        """What is known of the runs of each model."""
        return self._models.runs

    def handlers(self) -> Handlers:
        """Return the tables that requests are looked up in."""
        held = self.held
        update, slot = firmware_update, model_slot
        fw, ms = update.OBJECT_ID, slot.OBJECT_ID
        return Handlers(
            writes={
                (SERVER, 1): self._write_lifetime,
                (SERVER, 2): held.write_period(2),
                (SERVER, 3): held.write_period(3),
                (SERVER, 23): held.mute,
                (fw, update.Resource.PACKAGE): lambda _, __: self._clear(None),
                (fw, update.Resource.PACKAGE_URI): lambda _, uri: self._write_uri(None, uri),
                (ms, slot.Resource.PACKAGE): lambda instance, _: self._clear(instance),
                (ms, slot.Resource.PACKAGE_URI): self._write_uri,
                (ms, slot.Resource.INPUT): self._write_input,
            },
            executes={
                (SERVER, 8): self._update_registration,
                (SERVER, 9): self._bootstrap,
                (DEVICE, 4): self._reboot,
                (DEVICE, 12): self._reset_error_code,
                (fw, update.Resource.UPDATE): self._install,
                (fw, update.Resource.CANCEL): self._cancel,
                (ms, slot.Resource.ACTIVATE): self._activate,
                (ms, slot.Resource.RUN): self._run,
            },
            limit=self._input_limit,
            nodes={(portfolio.OBJECT_ID, portfolio.IDENTITY): held.portfolio.write},
            creates={portfolio.OBJECT_ID: self._create_identity},
            deletes={portfolio.OBJECT_ID: self._delete_identity},
            free=lambda _: held.portfolio.free,
            snapshot=self._snapshot,
        )

    # PackageSink ------------------------------------------------------------

    def push(self, instance: int | None, block: Block, payload: bytes, size1: int | None) -> bool:
        """Take one block of a pushed package; whether it is whole. Raises `Refused`."""
        packages = self._packages_of(instance)
        whole = packages.push(block, payload, size1)
        if block.number == 0:
            self._host.stop_download(packages)
            self._forget_runs(instance)
        return whole

    def limit(self, instance: int | None) -> int:
        """Return the bytes that a package may have."""
        return self._packages_of(instance).holder.limit

    def expire(self) -> bool:
        """Give up pushes whose next block is overdue; whether there was one."""
        expired = [packages.expire() for packages in self._packages.values()]
        return any(expired)

    # Object 1 and 3 ---------------------------------------------------------

    def _write_lifetime(self, _: int, value: Value) -> None:
        if not isinstance(value, int) or not 0 < value <= _LONGEST_LIFETIME:
            raise Refused(BAD_REQUEST, f"{value!r} is no lifetime")
        self._machine.remember(replace(self._machine.memory, lifetime=value))
        self._host.update_registration()

    async def _update_registration(self, _: int, __: str) -> None:
        self._host.update_registration()

    async def _bootstrap(self, _: int, __: str) -> None:
        self._host.bootstrap()

    # Object 16 ---------------------------------------------------------------

    def _create_identity(self, instance: ObjectInstance) -> None:
        self.held.portfolio.create(instance)
        self._host.update_registration()

    def _delete_identity(self, instance: int) -> None:
        self.held.portfolio.delete(instance)
        self.held.forget(Path(portfolio.OBJECT_ID, instance))
        self._host.update_registration()

    def _snapshot(self) -> Callable[[], None]:
        memory, restore = self._machine.memory, self.held.snapshot()

        def undo() -> None:
            self._machine.remember(memory)
            restore()

        return undo

    async def _reboot(self, _: int, __: str) -> None:
        self._host.reset()

    async def _reset_error_code(self, _: int, __: str) -> None:
        self._machine.remember(replace(self._machine.memory, error_code=0))

    # Packages ---------------------------------------------------------------

    def _packages_of(self, instance: int | None) -> Packages:
        try:
            return self._packages[instance]
        except KeyError:
            raise Refused(METHOD_NOT_ALLOWED, "a built-in model cannot be written") from None

    def _write_uri(self, instance: int | None, uri: Value) -> None:
        if not uri:
            self._clear(instance)
            return
        packages = self._packages_of(instance)
        packages.begin_pull(str(uri))
        self._forget_runs(instance)
        self._host.start_download(packages, str(uri))

    def _clear(self, instance: int | None) -> None:
        packages = self._packages_of(instance)
        packages.clear()
        self._host.stop_download(packages)
        self._forget_runs(instance)

    def _forget_runs(self, instance: int | None) -> None:
        if instance is not None:
            self._models.forget(instance)

    # Object 5 ---------------------------------------------------------------

    async def _install(self, _: int, __: str) -> None:
        self._machine.install()
        self._host.reset()

    async def _cancel(self, _: int, __: str) -> None:
        memory = self._machine.memory
        cancelled = memory.firmware.step(UpdateInput.CANCEL)
        self._machine.remember(replace(memory, firmware=cancelled))
        self._host.stop_download(self._packages[None])
        self._packages[None].forget()

    # Object 26242 -----------------------------------------------------------

    def _write_input(self, instance: int, value: Value) -> None:
        if not isinstance(value, bytes):
            raise Refused(BAD_REQUEST, "an input is bytes")
        self._models.write_input(instance, value)

    async def _activate(self, instance: int, _: str) -> None:
        self._models.activate(instance)

    async def _run(self, instance: int, arguments: str) -> None:
        if arguments not in {"", model_slot.TEST_RUN}:
            raise Refused(BAD_REQUEST, f"Run takes the argument {model_slot.TEST_RUN}, or none")
        await self._models.run(instance, test=arguments == model_slot.TEST_RUN)

    def _input_limit(self, path: Path) -> int | None:
        match path.parts:
            case (model_slot.OBJECT_ID, instance, model_slot.Resource.INPUT):
                return self._models.input_size(instance)
            case _:
                return None
