"""Operators' requests to endpoints that sleep: kept, sent when they wake, and their outcomes."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial

import structlog

from objects.registry import Registry as Definitions

from ..protocol import errors as faults
from ..protocol.events import EventKind
from ..protocol.operations import Operation, Response
from ..protocol.queued_request import (
    QueuedRequest,
    RequestInput,
    asks_endpoint,
    repeatable,
    step,
    without_answer,
)
from ..protocol.registration import EndpointName, Registration
from ..protocol.request_queue import QUEUE_BOUNDS, QueueBounds
from .answers import Answer, Queued
from .awake_downlink import AwakeDownlink
from .errors import Conflict, EndpointAsleep, EndpointUnreachable, NotFound, QueueFull
from .gateway import Gateway
from .kept_requests import KeptRequests
from .negotiation import negotiated, use_of
from .ports import Clock, EventSink, Unreachable, Unsent
from .presence import PresenceService
from .registration import RegistrationService
from .repositories import RequestRepository
from .requests import RequestView, answer_to, told

_log = structlog.get_logger(__name__)


class QueueService:
    """The queue of each endpoint in queue mode, first in, first out (OMA LwM2M Core 1.1 §6.5).

    What waits is in memory and durable. Of one endpoint one request at a time goes out, only
    while it is awake and to where it is then; that it does is durable before. A request whose
    answer did not come, or that was on its way when the server died, is asked again where that
    does no harm (`protocol.queued_request.repeatable`): Reads, Writes that replace. An Execute,
    a Create or a partial Write is never repeated: its outcome is `unknown`. A queue belongs to
    the endpoint's name: it outlives registrations, and ends by expiry or cancellation.
    Each end is an event, and can be read for as long as `QueueBounds` says.
    """

    def __init__(
        self,
        *,
        repository: RequestRepository,
        registrations: RegistrationService,
        presence: PresenceService,
        gateway: Gateway,
        events: EventSink,
        clock: Clock,
        new_id: Callable[[], str],
        bounds: QueueBounds = QUEUE_BOUNDS,
    ) -> None:
        self._registrations = registrations
        self._presence = presence
        self._gateway = gateway
        self._events = events
        self._clock = clock
        self._new_id = new_id
        self._bounds = bounds
        self._kept = KeptRequests(repository, clock, bounds, self._ended)
        self._queues = self._kept.queues
        self._downlink: AwakeDownlink | None = None
        self._listeners: list[Callable[[QueuedRequest], None]] = []
        self._sending: dict[EndpointName, asyncio.Task[None]] = {}

    async def start(self, downlink: AwakeDownlink) -> None:
        """Load what waits; it goes out through `downlink` once there is a `resume`.

        What was on its way when the server died is asked again, or ends as `unknown`.
        """
        self._downlink = downlink
        await self._kept.start()

    def resume(self) -> None:
        """Send what waits for endpoints that are awake; the sockets are open."""
        for endpoint in list(self._queues.endpoints):
            self.heard(endpoint)

    async def aclose(self) -> None:
        """Stop sending, and write what is not yet written."""
        sending = list(self._sending.values())
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)
        await self._kept.aclose()

    # --- for other services ---------------------------------------------------------------

    async def submit(
        self,
        registration: Registration,
        operation: Operation,
        patience: float | None = None,
        otherwise: Sequence[Operation] = (),
        /,
    ) -> Response | Queued:
        """Carry out an operation: now where the endpoint is awake, else once it wakes.

        It implements `ports.Submitter`. `patience` is for how many seconds it may wait, None for
        the default, 0 for not at all. It waits too while others wait for the same endpoint, for
        nobody overtakes. What has waited is sent in the form of each of `otherwise` in turn
        where the endpoint refuses the content format of the one before.

        Where an endpoint that seemed awake does not answer, what may be repeated waits as well.

        Raises `EndpointUnreachable` where what may not, or has no patience, is not answered,
        `EndpointAsleep` where it sleeps and the patience is 0, `QueueFull` naming the bound.
        """
        attempts = 0
        if self._goes_at_once(registration, operation):
            try:
                return await self._connected().ask(registration, operation)
            except Unreachable as error:
                # What has not left the server can wait without a doubt.
                attempts = 0 if isinstance(error, Unsent) else 1
                waits = not attempts or (repeatable(operation) and patience != 0)
                if not (registration.queue_mode and waits):
                    raise EndpointUnreachable(registration.endpoint) from error
        if patience == 0:
            remedy = "give the request patience to wait for it, or ask again later"
            raise EndpointAsleep(registration.endpoint, remedy)
        operations = (operation, *otherwise)
        return Queued(await self._keep(registration, operations, patience, attempts))

    def listen(self, ended: Callable[[QueuedRequest], None]) -> None:
        """Call `ended` with each request that has ended."""
        self._listeners.append(ended)

    def waiting(self) -> list[QueuedRequest]:
        """Return all that waits."""
        return self._queues.all()

    def heard(self, endpoint: EndpointName) -> None:
        """Send what waits for an endpoint that was heard of; cheap where nothing does."""
        if endpoint in self._queues and endpoint not in self._sending:
            self._sending[endpoint] = asyncio.create_task(self._send(endpoint))

    # --- RegistrationListener -------------------------------------------------------------

    @property
    def awaited(self) -> Collection[EndpointName]:
        """The endpoints for which something waits, at any time."""
        return self._queues.endpoints

    def registered(self, registration: Registration) -> None:
        """Send what waits for an endpoint that has its answer."""
        self.heard(registration.endpoint)

    updated = registered

    # --- for operators --------------------------------------------------------------------

    async def requests(
        self, endpoint: EndpointName | None = None, limit: int = 100
    ) -> list[RequestView]:
        """Return the latest requests, those that have ended included, newest first.

        What was answered is left out; `request` has it.
        """
        return [RequestView.of(one) for one in await self._kept.latest(endpoint, limit)]

    async def request(self, request_id: str) -> RequestView:
        """Return one request; raises `NotFound`, also for one that ended long ago."""
        return self._view(await self.outcome(request_id))

    async def answer(self, request_id: str) -> Answer | None:
        """Return what a request was answered, None where it was not, or not yet.

        Raises `NotFound` and `UnreadableAnswer`.
        """
        request = await self.outcome(request_id)
        return answer_to(request, self._definitions_of(request))

    async def outcome(self, request_id: str) -> QueuedRequest:
        """Return a request with what was answered; raises as `request` does."""
        found = await self._kept.find(request_id)
        if found is None:
            raise NotFound("request", request_id)
        return found

    async def cancel(self, request_id: str) -> RequestView:
        """Take a request out of the queue.

        Raises `NotFound`, or `Conflict` where it has ended, or is on its way to the endpoint.
        """
        found = self._queues.get(request_id)
        if found is None:
            ended = await self.outcome(request_id)
            raise Conflict(f"request {request_id} has ended: {ended.state.value}")
        try:
            cancelled = step(found, RequestInput.CANCEL, self._clock.now())
        except faults.IllegalInput as error:
            raise Conflict(f"{error}: it can no longer be cancelled") from error
        await asyncio.shield(self._kept.put(cancelled))
        return self._view(cancelled)

    # --- adding ---------------------------------------------------------------------------

    def _goes_at_once(self, registration: Registration, operation: Operation) -> bool:
        if not (registration.queue_mode and asks_endpoint(operation)):
            return True
        return self._presence.awake(registration) and registration.endpoint not in self._queues

    async def _keep(
        self,
        registration: Registration,
        operations: tuple[Operation, ...],
        patience: float | None,
        attempts: int,
    ) -> str:
        endpoint = registration.endpoint
        bounds, now = self._bounds, self._clock.now()
        seconds = bounds.patience if patience is None else min(patience, bounds.longest_patience)
        request = QueuedRequest(
            self._new_id(),
            endpoint,
            self._kept.next_number(),
            operations,
            now,
            now + seconds,
            attempts=attempts,
            root=registration.root,
        )
        try:
            await self._kept.add(request)
        except faults.QueueFull as full:
            raise QueueFull(str(full)) from full
        newest = self._registrations.by_endpoint(endpoint)
        if newest is not None and self._presence.awake(newest):
            self.heard(endpoint)
        return request.id

    # --- sending --------------------------------------------------------------------------

    async def _send(self, endpoint: EndpointName) -> None:
        """Send what waits for one endpoint, one after the other, while it is awake."""
        try:
            while (request := self._queues.first(endpoint)) is not None:
                registration = self._registrations.by_endpoint(endpoint)
                if registration is None or not self._presence.awake(registration):
                    return
                if not await self._send_one(request):
                    return
        except Exception:  # noqa: BLE001 - nobody awaits this task
            _log.exception("queue stands still until the endpoint is heard", endpoint=endpoint)
        finally:
            # In the same turn as the last look at the queue: what is heard later begins anew.
            del self._sending[endpoint]

    async def _send_one(self, request: QueuedRequest) -> bool:
        """Send a request; False where nothing can be sent until the endpoint is heard again.

        Where it did not answer, what is known of its presence then decides.
        """
        sent = step(request, RequestInput.SEND, self._clock.now())
        try:
            await asyncio.shield(self._kept.put(sent))
        except Exception:
            self._kept.put(request)  # nothing has left
            raise
        # Where it is now, which may be elsewhere since.
        registration = self._registrations.by_endpoint(request.endpoint)
        if registration is None:
            self._kept.step(sent, RequestInput.NOT_SENT, reason="it is registered no more")
            return False
        try:
            sent = replace(sent, root=registration.root)
            operation, response = await self._ask(registration, sent.operations)
        except Unsent as error:
            self._kept.step(sent, RequestInput.NOT_SENT, reason=str(error))
            return False
        except Unreachable as error:
            self._kept.step(sent, without_answer(sent), reason=str(error))
        else:
            # What the answer is read by is the form that it is to.
            answered = replace(sent, operations=(operation,))
            self._kept.step(answered, RequestInput.ANSWER, response=response)
        return True

    async def _ask(
        self, registration: Registration, operations: tuple[Operation, ...]
    ) -> tuple[Operation, Response]:
        use = use_of(operations[0], self._gateway.definitions_of(registration))
        ask = partial(self._connected().ask, registration)
        return await negotiated(self._gateway.learned, registration, use, operations, ask)

    def _connected(self) -> AwakeDownlink:
        if self._downlink is None:
            raise RuntimeError("Services.start has not been called")
        return self._downlink

    # --- ends -----------------------------------------------------------------------------

    def _ended(self, request: QueuedRequest) -> None:
        for listener in self._listeners:
            listener(request)
        data = told(request, self._definitions_of(request))
        at = request.finished_at or self._clock.now()
        self._events.emit(EventKind.RESPONSE, at, request.endpoint, data)

    def _view(self, request: QueuedRequest) -> RequestView:
        return RequestView.of(request, self._definitions_of(request))

    def _definitions_of(self, request: QueuedRequest) -> Definitions:
        """Return the definitions of an endpoint's object versions, as long as it is registered."""
        registration = self._registrations.by_endpoint(request.endpoint)
        if registration is None:
            return self._gateway.definitions
        return self._gateway.definitions_of(registration)
