"""The message layer on the event loop: time, timers, the outbox and the routes."""

from collections.abc import Callable, Iterable, Mapping

from ..coap.endpoint import Endpoint, Outcome
from ..coap.limits import LIMITS, Limits
from ..coap.message import Message
from ..coap.tuning import TUNING, Tuning
from .handler import Handler, Sender


class Driver:
    """Drives one `Endpoint` for all sockets and sessions of a server.

    `routes` maps the first segment of a Uri-Path to its handler; `otherwise` gets the rest. After
    anything is done to the endpoint, `flush` sends the outbox and sets the one timer anew;
    methods here do so themselves.
    """

    endpoint: Endpoint

    def __init__(
        self,
        routes: Mapping[str, Handler],
        otherwise: Handler,
        limits: Limits = LIMITS,
        tuning: Tuning = TUNING,
    ) -> None:
        raise NotImplementedError

    def now(self) -> float:
        """Return the endpoint's time: that of the loop."""
        raise NotImplementedError

    def received(self, datagrams: Iterable[tuple[Sender, bytes]]) -> None:
        """Take what came in one turn of the loop."""
        raise NotImplementedError

    def flush(self) -> None:
        """Send what is to be sent, and have `tick` called when it is due."""
        raise NotImplementedError

    def request(
        self,
        remote: Sender,
        request: Message,
        done: Callable[[Outcome], None],
        token: bytes | None = None,
    ) -> Callable[[], None]:
        """Send a request; return what cancels it."""
        raise NotImplementedError

    async def exchange(
        self, remote: Sender, request: Message, token: bytes | None = None
    ) -> Message:
        """Send a request and return the response; raises `service.ports.Unreachable`."""
        raise NotImplementedError
