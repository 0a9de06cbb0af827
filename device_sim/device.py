"""A simulated device: board, flash, emulated core and LwM2M client in one."""

from pathlib import Path
from types import TracebackType
from typing import Self

from .board import Board
from .events import OnEvent


class SimulatedDevice:
    """One LwM2M 1.1 endpoint whose core executes the images that it receives.

    `server_uri` is `coap://HOST[:PORT]`. `trusted_public_key` is the Ed25519
    public key, PEM or DER (SubjectPublicKeyInfo), whose images the device
    accepts; `InvalidKey` if it is neither. With `flash_file` the flash
    outlives the process. `lifetime` is that of the registration in seconds.
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
        on_event: OnEvent | None = None,
    ) -> None:
        raise NotImplementedError

    async def start(self) -> None:
        """Boot, open the socket and keep registering until `stop`; returns at once."""
        raise NotImplementedError

    async def stop(self) -> None:
        """De-register, close the socket, end every task; the flash stays."""
        raise NotImplementedError

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
        raise NotImplementedError

    @property
    def firmware_version(self) -> str:
        """The version that the running firmware reports at 3/0/3."""
        raise NotImplementedError

    @property
    def executes_accepted(self) -> int:
        """How many times Execute on 5/0/2 was answered with 2.04, over all reboots."""
        raise NotImplementedError

    @property
    def activates_accepted(self) -> int:
        """How many times Execute on 26242/x/2 was answered with 2.04, over all reboots."""
        raise NotImplementedError

    @property
    def boots(self) -> int:
        """How many times the device has started, the first time included."""
        raise NotImplementedError
