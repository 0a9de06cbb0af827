"""What endpoints are: read after Register, kept, and turned into a Target."""

from ..protocol.registration import EndpointName
from .views import DeviceView


class HardwareService:
    """Devices as operators see them, and the boards they assign."""

    async def devices(self) -> list[DeviceView]:
        """Return every endpoint that ever registered, by name."""
        raise NotImplementedError

    async def device(self, endpoint: EndpointName) -> DeviceView:
        """Return one endpoint; raises `NotFound`."""
        raise NotImplementedError

    async def set_board(self, endpoint: EndpointName, board: str | None) -> DeviceView:
        """Assign a board of the table (None: none); raises `NotFound` for endpoint or board."""
        raise NotImplementedError

    async def refresh(self, endpoint: EndpointName) -> DeviceView:
        """Read the hardware anew; raises `NotRegistered` or `EndpointUnreachable`."""
        raise NotImplementedError
