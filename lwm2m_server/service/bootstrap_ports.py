"""What bootstraps need of the world: a Protocol that the transport implements."""

from typing import Protocol

from ..protocol.bootstrap_session import BootstrapOperation
from ..protocol.operations import Response


class BootstrapPeer(Protocol):
    """A client that has asked to be bootstrapped, at the address that it asked from."""

    async def request(self, operation: BootstrapOperation) -> Response:
        """Carry out one operation. Raises `Unreachable`; an error code is an answer."""
        ...
