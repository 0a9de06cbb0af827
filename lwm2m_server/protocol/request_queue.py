"""The queues of all endpoints in queue mode: first in, first out, with bounds and expiry."""

import heapq
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from .errors import QueueFull
from .queued_request import QueuedRequest, RequestState
from .registration import EndpointName

_SLACK: Final = 64


@dataclass(frozen=True, slots=True)
class QueueBounds:
    """How much may wait, and for how long; sizes in bytes of payload, times in seconds.

    `patience` is for how long a request waits where whoever asks does not say, `longest_patience`
    what may be said. `kept` outcomes, the newest, can be read for `kept_for`, with an answer's
    payload of at most `payload_kept`.
    """

    per_endpoint: int = 64
    size_per_endpoint: int = 1024**2
    in_all: int = 100_000
    size_in_all: int = 64 * 1024**2
    patience: float = 86_400.0
    longest_patience: float = 30 * 86_400.0
    kept: int = 10_000
    kept_for: float = 86_400.0
    payload_kept: int = 65_536


QUEUE_BOUNDS: Final = QueueBounds()


class RequestQueues:
    """What waits, in memory; an endpoint for which nothing waits takes none.

    Those of one endpoint stand in the order in which they were added, and stay in it while their
    state changes.
    """

    def __init__(self, bounds: QueueBounds = QUEUE_BOUNDS) -> None:
        self._bounds = bounds
        self._by_endpoint: dict[EndpointName, dict[str, QueuedRequest]] = {}
        self._endpoint_of: dict[str, EndpointName] = {}
        # May name what has ended since: that is found out when it comes up.
        self._expiries: list[tuple[float, str]] = []
        self._size = 0

    def __len__(self) -> int:
        return len(self._endpoint_of)

    def __contains__(self, endpoint: EndpointName) -> bool:
        """Whether anything waits for an endpoint."""
        return endpoint in self._by_endpoint

    @property
    def endpoints(self) -> Collection[EndpointName]:
        """Those for whom something waits, at any time."""
        return self._by_endpoint.keys()

    def all(self) -> list[QueuedRequest]:
        """Return everything that waits."""
        return [one for own in self._by_endpoint.values() for one in own.values()]

    def get(self, request_id: str) -> QueuedRequest | None:
        """Return what waits under an id."""
        endpoint = self._endpoint_of.get(request_id)
        return None if endpoint is None else self._by_endpoint[endpoint][request_id]

    def first(self, endpoint: EndpointName) -> QueuedRequest | None:
        """Return whose turn it is."""
        return next(iter(self._by_endpoint.get(endpoint, {}).values()), None)

    def add(self, request: QueuedRequest) -> None:
        """Add a request behind those of its endpoint; raises `QueueFull`, naming the bound."""
        bounds = self._bounds
        own = self._by_endpoint.get(request.endpoint, {})
        own_size = sum(one.size for one in own.values()) + request.size
        who = request.endpoint
        for there, most, what in (
            (len(own) + 1, bounds.per_endpoint, f"requests wait for {who}"),
            (own_size, bounds.size_per_endpoint, f"bytes wait for {who}"),
            (len(self) + 1, bounds.in_all, "requests wait for all endpoints"),
            (self._size + request.size, bounds.size_in_all, "bytes wait for all endpoints"),
        ):
            if there > most:
                raise QueueFull(f"at most {most} {what}; cancel some, or try again later")
        self.restore(request)

    def restore(self, request: QueuedRequest) -> None:
        """Add a request that was added before, whatever the bounds are now."""
        self._by_endpoint.setdefault(request.endpoint, {})[request.id] = request
        self._endpoint_of[request.id] = request.endpoint
        self._size += request.size
        self._expires(request)

    def put(self, request: QueuedRequest) -> None:
        """Have a request that waits as it is now; one that has ended is gone from here."""
        own = self._by_endpoint[request.endpoint]
        if request.waiting:
            own[request.id] = request
            if request.state is RequestState.QUEUED:
                self._expires(request)
        else:
            self.remove(request)

    def remove(self, request: QueuedRequest) -> None:
        """Forget a request."""
        own = self._by_endpoint[request.endpoint]
        self._size -= own.pop(request.id).size
        del self._endpoint_of[request.id]
        if not own:
            del self._by_endpoint[request.endpoint]

    def next_expiry(self) -> float | None:
        """Return when `expired` is to be called next, None while nothing is to expire."""
        while self._expiries:
            at, request_id = self._expiries[0]
            request = self.get(request_id)
            if request is not None and request.state is RequestState.QUEUED:
                return at
            heapq.heappop(self._expiries)
        return None

    def expired(self, now: float) -> list[QueuedRequest]:
        """Return what is queued past its time, by when that was; it is for the caller to `put`."""
        due: dict[str, QueuedRequest] = {}
        while (at := self.next_expiry()) is not None and at <= now:
            _, request_id = heapq.heappop(self._expiries)
            request = self.get(request_id)
            if request is not None:
                due[request_id] = request
        return list(due.values())

    def _expires(self, request: QueuedRequest) -> None:
        if len(self._expiries) > 2 * len(self) + _SLACK:
            self._expiries = [(one.expires_at, one.id) for one in self.all()]
            heapq.heapify(self._expiries)
        heapq.heappush(self._expiries, (request.expires_at, request.id))
