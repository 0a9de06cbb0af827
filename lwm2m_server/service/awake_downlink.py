"""Requests that go out only while the endpoint is awake, and to where it is then."""

from collections.abc import Awaitable, Callable, Collection

from objects.path import Path

from ..protocol.operations import Operation, Response
from ..protocol.queued_request import asks_endpoint
from ..protocol.registration import EndpointName, Registration
from .ports import Downlink, Unreachable, Unsent
from .presence import PresenceService


class AwakeDownlink:
    """A `Downlink` that waits for endpoints in queue mode to wake, as long as its caller does.

    What it hears of them, and does not hear, goes to `PresenceService`. For other endpoints it
    is the downlink that it stands on.
    """

    def __init__(self, downlink: Downlink, presence: PresenceService) -> None:
        self._downlink = downlink
        self._presence = presence

    async def request(self, registration: Registration, operation: Operation) -> Response:
        """Carry out one operation in an awake window.

        Raises `Unreachable`, also once the endpoint is registered no more.
        """
        if registration.queue_mode and asks_endpoint(operation):
            registration = await self._presence.awakened(registration)
        return await self.ask(registration, operation)

    async def ask(self, registration: Registration, operation: Operation) -> Response:
        """Carry out one operation now, whether the endpoint is awake or not."""
        exchange = self._downlink.request(registration, operation)
        if not (registration.queue_mode and asks_endpoint(operation)):
            return await exchange
        return await self._minded(registration.endpoint, exchange)

    async def push(
        self,
        registration: Registration,
        path: Path,
        image: bytes,
        progress: Callable[[int, int], None],
    ) -> Response:
        """Write `image` in an awake window, which each of its blocks prolongs."""
        if not registration.queue_mode:
            return await self._downlink.push(registration, path, image, progress)
        registration = await self._presence.awakened(registration)
        endpoint = registration.endpoint

        def minded(done: int, total: int) -> None:
            self._presence.heard(endpoint)
            progress(done, total)

        pushed = self._downlink.push(registration, path, image, minded)
        return await self._minded(endpoint, pushed)

    def package_uri(
        self, registration: Registration, token: str, schemes: Collection[str] | None = None
    ) -> str:
        """Return the URI that `token`'s image is pulled from; see `Downlink`."""
        return self._downlink.package_uri(registration, token, schemes)

    async def aclose(self) -> None:
        """Close what this stands on."""
        await self._downlink.aclose()

    async def _minded(self, endpoint: EndpointName, exchange: Awaitable[Response]) -> Response:
        asked_at = self._presence.now()
        try:
            response = await exchange
        except Unsent:
            raise
        except Unreachable:
            self._presence.silent(endpoint, asked_at)
            raise
        self._presence.heard(endpoint)
        return response
