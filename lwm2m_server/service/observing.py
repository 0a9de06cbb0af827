"""What operators observe, for as long as they want to: through every Register and restart."""

import asyncio
from collections.abc import Collection, Iterable
from typing import Final, Protocol

import structlog

from objects.path import Path

from ..protocol.operations import Observe, ObserveComposite, Response, Target
from ..protocol.queued_request import QueuedRequest
from ..protocol.registration import EndpointName, Registration
from .answers import ASKING, Answer, Asking, Result
from .errors import InvalidInput, ServiceError
from .ports import Clock
from .reads import Reads
from .records import ObservedTarget
from .registration import RegistrationService
from .repositories import ObservationRepository

# Of one endpoint, as many as the message layer takes of one peer.
MOST: Final = 256

_log = structlog.get_logger(__name__)


class Observing(Protocol):
    """What observes: `ManagementService`, past the queue."""

    async def observe(self, endpoint: EndpointName, path: Path, asking: Asking) -> Result:
        """Observe a path."""
        ...

    async def observe_composite(
        self, endpoint: EndpointName, paths: tuple[Path, ...], asking: Asking
    ) -> Result:
        """Observe several paths as one."""
        ...


class Reporting(Protocol):
    """Who is told of the value that an observation begins with."""

    def notified(self, endpoint: EndpointName, target: Target, response: Response) -> None:
        """Take note of a value as of a notification."""
        ...


class ObservationService:
    """Keeps what operators observe, and observes it anew where an endpoint has forgotten it.

    A Register ends all observations of an endpoint (OMA LwM2M Core 1.2 §6.2.1), an Update none;
    a restart of ours ends them on this side, and they are begun again when the endpoint is next
    heard of. What does not succeed is tried again then, too.
    """

    def __init__(
        self,
        repository: ObservationRepository,
        registrations: RegistrationService,
        reporting: Reporting,
        clock: Clock,
    ) -> None:
        self._repository = repository
        self._registrations = registrations
        self._reporting = reporting
        self._observing: Observing | None = None
        self._observed: dict[EndpointName, dict[Target, ObservedTarget]] = {}
        # Under which registration each stands: what is announced of one comes later than
        # what operators ask of it, and may come when there is another already.
        self._standing: dict[EndpointName, dict[Target, str]] = {}
        # By the ids of requests that wait: whether anything is observed shows when they end.
        self._asked: dict[EndpointName, dict[str, ObservedTarget]] = {}
        self._keeping: set[asyncio.Task[None]] = set()
        self._lost: set[EndpointName] = set()
        self._reads = Reads(self._renew, clock)
        self._writing = asyncio.Lock()

    def renew_by(self, observing: Observing) -> None:
        """Observe anew by `observing` from now on."""
        self._observing = observing

    async def start(self, waiting: Iterable[QueuedRequest] = ()) -> None:
        """Load what was observed: nothing of it stands on this side.

        `waiting` are the requests that the queue holds.
        """
        for endpoint, stored in (await self._repository.all()).items():
            self._observed[endpoint] = {one.target: one for one in stored}
        self._lost = set(self._observed)
        for request in waiting:
            if isinstance(request.operation, Observe | ObserveComposite):
                self.asked(request.endpoint, request.id, request.operation.target, ASKING)

    def resume(self) -> None:
        """Observe anew where endpoints hear at any time; the others when they are heard of."""
        for endpoint in tuple(self._lost):
            registration = self._registrations.by_endpoint(endpoint)
            if registration is not None and not registration.queue_mode:
                self._reads.ask(endpoint)

    async def aclose(self) -> None:
        """Stop observing anew, and write what is not yet written."""
        await self._reads.aclose()
        await asyncio.gather(*self._keeping)

    def of(self, endpoint: EndpointName) -> tuple[Target, ...]:
        """Return what operators observe of an endpoint, in the order they asked for it."""
        return tuple(self._observed.get(endpoint, ()))

    def has(self, endpoint: EndpointName, target: Target) -> bool:
        """Whether operators observe this."""
        return target in self._observed.get(endpoint, ())

    def check_room(self, endpoint: EndpointName, target: Target) -> None:
        """Raise `InvalidInput` where no more of an endpoint can be observed."""
        known = self._observed.get(endpoint, {})
        if target not in known and len(known) >= MOST:
            raise InvalidInput(
                f"{endpoint}: {MOST} observations are the most of one endpoint; cancel some first"
            )

    async def keep(self, endpoint: EndpointName, target: Target, asking: Asking) -> None:
        """Keep that operators observe something, which stands; durable on return."""
        self._keep(endpoint, _target_of(target, asking))
        await self._write(endpoint)

    def asked(
        self, endpoint: EndpointName, request_id: str, target: Target, asking: Asking
    ) -> None:
        """Take note that a request waits: once it has succeeded, something is observed."""
        self._asked.setdefault(endpoint, {})[request_id] = _target_of(target, asking)

    def ended(self, request: QueuedRequest) -> None:
        """Keep what a request observes that has waited, if it has succeeded."""
        endpoint = request.endpoint
        asked = self._asked.get(endpoint, {})
        one = asked.pop(request.id, None)
        if not asked:
            self._asked.pop(endpoint, None)
        if one is not None and request.response is not None and request.response.ok:
            task = asyncio.create_task(self._keep_later(endpoint, one))
            self._keeping.add(task)
            task.add_done_callback(self._keeping.discard)

    async def drop(self, endpoint: EndpointName, target: Target) -> None:
        """Forget that operators observe something, or have asked to; durable on return."""
        asked = self._asked.get(endpoint, {})
        for request_id in [key for key, one in asked.items() if one.target == target]:
            del asked[request_id]
        known = self._observed.get(endpoint)
        if known is None or known.pop(target, None) is None:
            return
        self._standing.get(endpoint, {}).pop(target, None)
        if not known:
            del self._observed[endpoint]
            self._standing.pop(endpoint, None)
            self._lost.discard(endpoint)
        await self._write(endpoint)

    # --- RegistrationListener ---------------------------------------------------------------

    @property
    def observed(self) -> Collection[EndpointName]:
        """The endpoints of which something is observed, at any time."""
        return self._observed.keys()

    def registered(self, registration: Registration) -> None:
        """Observe anew what the endpoint has forgotten."""
        if self._gone(registration.endpoint):
            self._lost.add(registration.endpoint)
            self._reads.ask(registration.endpoint)

    def updated(self, registration: Registration) -> None:
        """Observe what is not, though it should be."""
        endpoint = registration.endpoint
        if endpoint in self._lost and endpoint not in self._reads:
            self._reads.ask(endpoint)

    # --- inside -----------------------------------------------------------------------------

    async def _renew(self, endpoint: EndpointName) -> None:
        self._lost.discard(endpoint)
        for one in self._gone(endpoint):
            try:
                await self._observe(endpoint, one)
            except ServiceError as error:
                self._lost.add(endpoint)
                _log.info("not observed anew", endpoint=endpoint, of=str(one), why=str(error))
                return

    async def _observe(self, endpoint: EndpointName, one: ObservedTarget) -> None:
        assert self._observing is not None  # noqa: S101 - composed before anything is heard
        asking = Asking(content_format=one.content_format, path_format=one.path_format)
        if isinstance(one.target, tuple):
            result = await self._observing.observe_composite(endpoint, one.target, asking)
        else:
            result = await self._observing.observe(endpoint, one.target, asking)
        if isinstance(result, Answer):
            self._stands(endpoint, one.target)
            self._reporting.notified(endpoint, one.target, result.response)

    def _gone(self, endpoint: EndpointName) -> list[ObservedTarget]:
        """Return what is to be observed and is not, under the registration there is now."""
        observed = self._observed.get(endpoint)
        if observed is None:
            return []
        registration = self._registrations.by_endpoint(endpoint)
        now = "" if registration is None else registration.id
        standing = self._standing.get(endpoint, {})
        return [one for target, one in observed.items() if standing.get(target) != now]

    def _keep(self, endpoint: EndpointName, one: ObservedTarget) -> None:
        self.check_room(endpoint, one.target)
        self._observed.setdefault(endpoint, {})[one.target] = one
        self._stands(endpoint, one.target)

    async def _keep_later(self, endpoint: EndpointName, one: ObservedTarget) -> None:
        """Keep what nobody waits for."""
        try:
            self._keep(endpoint, one)
            await self._write(endpoint)
        except Exception as error:  # noqa: BLE001 - no room, or whatever storage fails with
            _log.warning("not kept", endpoint=endpoint, of=str(one.target), why=str(error))

    def _stands(self, endpoint: EndpointName, target: Target) -> None:
        registration = self._registrations.by_endpoint(endpoint)
        if registration is not None:
            self._standing.setdefault(endpoint, {})[target] = registration.id

    async def _write(self, endpoint: EndpointName) -> None:
        """Write what there is then: of two that change at once the later one writes it all."""
        async with self._writing:
            observed = tuple(self._observed.get(endpoint, {}).values())
            await self._repository.write(endpoint, observed)


def _target_of(target: Target, asking: Asking) -> ObservedTarget:
    return ObservedTarget(target, asking.content_format, asking.path_format)
