"""Notifications from endpoints (OMA LwM2M Core 1.1 §6.4)."""

from objects.path import Path

from ..protocol.operations import Response
from ..protocol.registration import EndpointName


class ReportingService:
    """What the transport calls for each notification."""

    def notified(self, endpoint: EndpointName, path: Path, response: Response) -> None:
        """Take note of a notification; never blocks and never fails the caller."""
        raise NotImplementedError
