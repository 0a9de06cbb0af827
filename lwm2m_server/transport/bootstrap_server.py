"""The bootstrap server: a CoAP server of its own, on ports of its own, in the same process."""

from ..coap.endpoint import Incoming
from ..coap.limits import LIMITS, Limits
from ..coap.message import Message
from ..coap.numbers import Code
from ..coap.tuning import TUNING, Tuning
from ..protocol.deployment import RULES
from ..protocol.identity import Identity, SecurityMode
from ..service.bootstrap import BootstrapService
from .bs import BootstrapInterface
from .driver import Driver
from .dtls.port import SecurePort
from .errors import error_response
from .handler import Sender
from .plain import PlainPort

# RFC 7252 §4.5: what a request changes may allow to serve it twice. A Bootstrap-Request of a
# client that started anew can be the former one byte by byte, and only the service can tell.
_DOUBTFUL = frozenset({Code.CHANGED})


class BootstrapServer:
    """Serves bootstraps, over UDP where it is opened, and over DTLS by what it is secured by.

    To be made within the loop. `progress_timeout` is in seconds, for bodies in blocks.
    """

    def __init__(
        self,
        service: BootstrapService,
        *,
        progress_timeout: float = RULES.progress,
        limits: Limits = LIMITS,
        tuning: Tuning = TUNING,
    ) -> None:
        interface = BootstrapInterface(service, progress_timeout)
        routes = {"bs": interface.request, "bspack": interface.pack}
        self.driver = Driver(
            routes, _nothing_here, limits, tuning, stands=lambda _: False, doubtful=_DOUBTFUL
        )
        interface.driver = self.driver
        self._plain = PlainPort(self.driver)
        self._secure: SecurePort | None = None

    async def open(self, host: str = "::", port: int = 5783) -> int:
        """Bind and serve plain CoAP; return the port (0 lets the system choose).

        Raises `OSError`.
        """
        udp = await self._plain.open(host, port)
        return udp.port

    def secured_by(self, port: SecurePort) -> None:
        """Serve the sessions of `port`, opened with `driver.received`, and `lost` as `Ended`."""
        self._secure = port

    def lost(self, session: Sender, why: str) -> None:
        """Fail what is under way at a session that is over."""
        self.driver.ended(session, why)

    def end(self, identity: Identity) -> None:
        """End all sessions of an identity; NoSec has none that prove it."""
        if self._secure is not None and identity.mode is not SecurityMode.NOSEC:
            self._secure.end(identity)

    def close(self) -> None:
        """Release the socket; what awaits an answer gets none."""
        self.driver.close()
        self._plain.close()


def _nothing_here(_: Incoming) -> Message:
    return error_response(Code.NOT_FOUND, "this server bootstraps: POST /bs, GET /bspack")
