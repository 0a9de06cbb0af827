"""What bootstraps need of the world: Protocols that the shells implement."""

from typing import Protocol

from ..protocol.bootstrap_session import BootstrapOperation
from ..protocol.operations import Response
from .records import SealedConfiguration


class ConfigurationRepository(Protocol):
    """Bootstrap configurations, sealed, by the name of whose they are."""

    async def all(self) -> list[SealedConfiguration]:
        """Return every configuration."""
        ...

    async def put(self, configuration: SealedConfiguration) -> None:
        """Insert or replace; durable on return."""
        ...

    async def remove(self, name: str) -> None:
        """Remove one, if it is there; durable on return."""
        ...


class BootstrapPeer(Protocol):
    """A client that has asked to be bootstrapped, at the address that it asked from."""

    async def request(self, operation: BootstrapOperation) -> Response:
        """Carry out one operation. Raises `Unreachable`; an error code is an answer."""
        ...
