"""Operations on a registered endpoint by path, with typed values (§6.3, §6.4)."""

from typing import Any

from objects.path import Path

from ..protocol.registration import EndpointName
from .views import LinkView, ValueView


class ManagementService:
    """Read, write, execute, observe for the API and the command line.

    All raise `NotFound` or `NotRegistered` for the endpoint, `EndpointUnreachable`
    and `OperationRefused`; values that do not fit raise `InvalidInput`.
    """

    async def read(self, endpoint: EndpointName, path: Path) -> list[ValueView]:
        """Read an object, an instance or a resource; one view per resource instance."""
        raise NotImplementedError

    async def write(
        self, endpoint: EndpointName, path: Path, value: Any, *, replace: bool = True
    ) -> None:
        """Write JSON data: a value to a resource, `{"id": value}` to an instance."""
        raise NotImplementedError

    async def execute(self, endpoint: EndpointName, path: Path, arguments: str = "") -> None:
        """Execute a resource; `arguments` as the standard writes them."""
        raise NotImplementedError

    async def observe(self, endpoint: EndpointName, path: Path) -> list[ValueView]:
        """Observe a path and return its first value; later ones come as events."""
        raise NotImplementedError

    async def cancel_observation(self, endpoint: EndpointName, path: Path) -> None:
        """Stop observing a path."""
        raise NotImplementedError

    async def discover(self, endpoint: EndpointName, path: Path) -> list[LinkView]:
        """List what there is at and below a path, with attributes."""
        raise NotImplementedError
