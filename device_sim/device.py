"""A simulated device: board, flash, emulated core and LwM2M client in one."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from .board import Board
from .client.bootstrap import Account, bootstrap
from .client.dtls import Credential, Security
from .client.firmware_update import FirmwareUpdate
from .client.model_slot import ModelSlots
from .client.session import Ending, Route, Session
from .coap_uri import authority
from .errors import InvalidCredential, InvalidServerUri
from .events import DeviceEvent, DeviceEventKind, OnEvent
from .faults import Faults, PowerCut
from .flash import Flash
from .habits import NO_HABITS, Habits
from .image import TrustedKey
from .link import Link
from .machine import Machine
from .memory import Memory
from .runtime import WATCHDOG_SECONDS, Runtime


class SimulatedDevice:
    """One LwM2M 1.1 endpoint whose core executes the images that it receives.

    `server_uri` is `coap://HOST[:PORT]`, or `coaps://` with the `credential` by which the
    device proves itself; `InvalidServerUri` for anything else, `InvalidCredential`.
    `trusted_public_key` is the Ed25519 public key, PEM or DER
    (SubjectPublicKeyInfo), whose images the device accepts; `InvalidKey` if it is
    neither. With `flash_file` the flash outlives the process;
    `InvalidFlashFile` if it is not of this board.
    `lifetime` is that of the registration in seconds. `reset_delay` is the
    time a reset takes, in seconds; the watchdog bites after
    `watchdog_seconds` of device time. Notifications are `confirmable` or not.
    `habits` are what it does by itself; with `bootstrap` among them, `server_uri` and
    `credential` are of a bootstrap server.
    `on_event` is called in the event loop and must not block.
    """

    def __init__(
        self,
        board: Board,
        endpoint: str,
        server_uri: str,
        trusted_public_key: bytes,
        *,
        flash_file: Path | None = None,
        lifetime: int = 300,
        faults: Faults | None = None,
        reset_delay: float = 0.1,
        watchdog_seconds: float = WATCHDOG_SECONDS,
        confirmable: bool = True,
        credential: Credential | None = None,
        habits: Habits = NO_HABITS,
        on_event: OnEvent | None = None,
    ) -> None:
        self.board = board
        self.endpoint = endpoint
        self._server_uri = check_server_uri(server_uri, credential)
        self._security = None if credential is None else Security(credential)
        self._key = TrustedKey.load(trusted_public_key)
        self._lifetime = lifetime
        self._faults = faults or Faults()
        self._reset_delay = reset_delay
        self._watchdog_seconds = watchdog_seconds
        self._confirmable = confirmable
        self._habits = habits
        self._account: Account | None = None
        self._on_event = on_event
        self._flash = Flash(board.flash, flash_file, self._faults.flash)
        try:
            self._machine = self._powered()
        except BaseException:
            self._flash.close()
            raise
        self._session: Session | None = None
        self._life: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Boot, open the socket and keep registering until `stop`; returns at once."""
        self._life = asyncio.get_running_loop().create_task(self.run())

    async def stop(self) -> None:
        """De-register, close the socket, end every task; the flash stays.

        Raises what ended the device before, if something did that never should.
        """
        if self._life is None:
            self._flash.close()
            return
        life, self._life = self._life, None
        if self._session is None:
            life.cancel()
        else:
            self._session.stop()
        try:
            await life
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise

    async def wait(self) -> None:
        """Wait until a started device has ended; raises what ended it, if that never should."""
        if self._life is not None:
            await asyncio.shield(self._life)

    async def run(self) -> None:
        """Live from reset to reset until stopped or cancelled."""
        async with AsyncExitStack() as stack:
            stack.callback(self._flash.close)
            server_uri, route = self._server_uri, _unchanged
            if self._faults.link is not None:
                link = await stack.enter_async_context(Link(server_uri, self._faults.link))
                server_uri, route = link.uri, link.route
            while True:
                ending = await self._live(server_uri, route)
                if ending is Ending.STOPPED:
                    return
                if ending is Ending.BOOTSTRAP:
                    self._account = None
                await asyncio.sleep(self._reset_delay)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def registered(self) -> bool:
        """Whether the server has accepted the registration, and it has not ended."""
        return self._session is not None and self._session.registrar.registered

    @property
    def memory(self) -> Memory:
        """What the device would still know after a reset."""
        return self._machine.memory

    @property
    def firmware_version(self) -> str:
        """The version that the running firmware reports at 3/0/3."""
        return self._machine.running.version

    @property
    def firmware_update(self) -> FirmwareUpdate:
        """State and result of Object 5."""
        return self.memory.firmware

    @property
    def slots(self) -> ModelSlots:
        """State, result and content of each instance of Object 26242."""
        return self.memory.slots

    @property
    def executes_accepted(self) -> int:
        """How many times Execute on 5/0/2 was answered with 2.04, over all reboots."""
        return self.memory.executes

    @property
    def activates_accepted(self) -> int:
        """How many times Execute on 26242/x/2 was answered with 2.04, over all reboots."""
        return self.memory.activates

    @property
    def boots(self) -> int:
        """How many times the device has started, the first time included."""
        return self.memory.boots

    def _powered(self) -> Machine:
        """Return the machine as it comes out of a reset, with nothing in its RAM."""
        runtime = Runtime(self.board, watchdog_seconds=self._watchdog_seconds)
        return Machine(self.board, self._key, self._flash, runtime)

    async def _live(self, server_uri: str, route: Route) -> Ending:
        """Live once, from a reset to the next, and say what ended it."""
        self._machine = self._powered()
        try:
            await asyncio.to_thread(self._machine.boot)
        except PowerCut:
            return Ending.POWER_CUT
        self._emit(DeviceEventKind.BOOTED, version=self.firmware_version, boots=self.boots)
        account = await self._accounted(server_uri)
        self._session = Session(
            self._machine,
            self.endpoint,
            account.uri,
            lifetime=account.lifetime,
            reset_delay=self._reset_delay,
            confirmable=self._confirmable,
            route=route,
            emit=self._emit,
            security=self._secured_by(account),
            habits=self._habits,
            short_server_id=account.short_server_id,
        )
        try:
            return await self._session.run()
        finally:
            self._session = None

    async def _accounted(self, server_uri: str) -> Account:
        """Return where to register: what was told at the start, or by the bootstrap server."""
        if not self._habits.bootstrap:
            return Account(server_uri, self._lifetime, 1, None)
        if self._account is None:
            self._account = await bootstrap(
                self.endpoint,
                server_uri,
                self._security,
                lambda why: self._emit(DeviceEventKind.UNREACHABLE, request="bootstrap", why=why),
            )
            # What a server wrote of itself was of the account before.
            self._machine.remember(replace(self.memory, lifetime=None))
            self._emit(DeviceEventKind.BOOTSTRAPPED, server=self._account.uri)
        return self._account

    def _secured_by(self, account: Account) -> Security | None:
        if not self._habits.bootstrap:
            return self._security
        return None if account.credential is None else Security(account.credential)

    def _emit(self, kind: DeviceEventKind, **data: str | int) -> None:
        if self._on_event is not None:
            self._on_event(DeviceEvent(self.endpoint, kind, data))


def check_server_uri(uri: str, credential: Credential | None = None) -> str:
    """Return `uri` if it is `coap://HOST[:PORT]`, or `coaps://` and there is a credential.

    Raises `InvalidServerUri`, `InvalidCredential`.
    """
    try:
        scheme = authority(uri).scheme
    except ValueError:
        scheme = ""
    if scheme not in {"coap", "coaps"} or "?" in uri or "#" in uri:
        raise InvalidServerUri(uri)
    if (scheme == "coaps") != (credential is not None):
        raise InvalidCredential("a credential goes with a coaps server, and not with a coap one")
    return uri


def _unchanged(uri: str) -> str:
    return uri
