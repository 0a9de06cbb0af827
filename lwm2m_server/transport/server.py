"""The CoAP server: the socket, what is served on it, and the way down to the devices."""

from aiocoap.pipe import Pipe
from aiocoap.resource import Site

from ..protocol.deployment import RULES
from ..service.ports import PullSource
from ..service.registration import RegistrationService
from .context_errors import error_response
from .downlink import CoapDownlink
from .exchanges import Exchanges
from .observations import Notified
from .options import refused_option
from .pull import PullResource
from .site import RegistrationDirectory, RegistrationLocation
from .stack import Stack


class LwM2MSite(Site):  # type: ignore[misc] # aiocoap ships no types
    """Everything that devices find on the server."""

    def __init__(self, registrations: RegistrationService, source: PullSource) -> None:
        super().__init__()
        # Two entries for one path: a path-capable resource alone answers 4.04 to `POST /rd`.
        self.add_resource(["rd"], RegistrationDirectory(registrations))
        self.add_resource(["rd"], RegistrationLocation(registrations))
        self.add_resource(["p"], PullResource(source))

    async def render_to_pipe(self, request: Pipe) -> None:
        """Refuse a critical option that is not understood (RFC 7252 §5.4.1), else serve."""
        if (refused := refused_option(request.request)) is None:
            await super().render_to_pipe(request)
            return
        number, code = refused
        request.add_response(
            error_response(code, f"option {number} is not understood"), is_last=True
        )


class CoapServer:
    """Serves registrations and pulls; `downlink` may be used at once and waits for `open`.

    `notified` is called for every notification and must not block. Times are in
    seconds; `public` is as in `CoapDownlink`.
    """

    def __init__(
        self,
        registrations: RegistrationService,
        source: PullSource,
        notified: Notified,
        *,
        request_timeout: float = 120.0,
        progress_timeout: float = RULES.progress,
        public: str | None = None,
    ) -> None:
        self._site = LwM2MSite(registrations, source)
        self._exchanges = Exchanges(request_timeout)
        self._stack: Stack | None = None
        self.downlink = CoapDownlink(
            self._exchanges, notified, progress_timeout=progress_timeout, public=public
        )

    async def open(self, host: str = "::", port: int = 5683) -> int:
        """Bind and serve; return the port (0 lets the system choose). Raises `OSError`."""
        stack = await Stack.open(self._site, host, port)
        self._stack = stack
        self.downlink.opened(stack.socket.port)
        self._exchanges.opened(stack)
        return stack.socket.port

    async def aclose(self) -> None:
        """Fail what is under way and release the socket."""
        await self.downlink.aclose()
        if self._stack is not None:
            await self._stack.aclose()
            self._stack = None
