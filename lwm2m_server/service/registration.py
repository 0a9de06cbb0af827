"""Register, Update, De-register and expiry: in memory at once, durable before the answer."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from math import inf
from typing import Any, Final, NamedTuple

import structlog

from ..protocol.admission import check_speaker, check_successor
from ..protocol.errors import Forbidden, UnknownRegistration
from ..protocol.events import EventKind
from ..protocol.identity import NOSEC, Identity
from ..protocol.registration import (
    BOUNDS,
    EndpointName,
    LifetimeBounds,
    RegisterRequest,
    Registration,
    UpdateRequest,
    changed,
    register,
    update,
)
from ..protocol.registry import Registry
from .announcer import Announcer, RegistrationListener
from .group_commit import GroupCommit
from .ports import Admission, Clock, EventSink
from .refusals import Refusals
from .repositories import RegistrationRepository

__all__ = ["FLUSH_INTERVAL", "Accepted", "RegistrationListener", "RegistrationService"]

# How long the expiries that storage knows may be behind those in memory: the time
# between two flushes, and what a flush of a large fleet takes.
FLUSH_INTERVAL: Final = 60.0
_FLUSH_EVERY: Final = 45.0
_SLICE: Final = 500

_log = structlog.get_logger(__name__)


class Accepted(NamedTuple):
    """A Register that may be answered once `durable` is done, which many share."""

    id: str
    durable: asyncio.Future[None]


_News = tuple[EventKind, Registration, dict[str, Any]]
"""What is told of a change once it is durable: of what, and what else."""

# By whether the endpoint was registered before.
_AGAIN: Final = ({"again": False}, {"again": True})
_NO_MORE: Final[dict[str, Any]] = {}


class RegistrationService:
    """The registry of endpoints; what the transport calls for `/rd`.

    Nothing here waits: a change is in force at once, and the future that comes back
    is done when it is durable, together with all changes of its group.
    """

    def __init__(
        self,
        repository: RegistrationRepository,
        events: EventSink,
        clock: Clock,
        new_id: Callable[[], str],
        *,
        admission: Admission,
        bounds: LifetimeBounds = BOUNDS,
    ) -> None:
        self._repository = repository
        self._events = events
        self._clock = clock
        self._new_id = new_id
        self._admission = admission
        self._refusals = Refusals(events, clock)
        self._bounds = bounds
        self._registry = Registry()
        self._commit: GroupCommit[EndpointName, Registration] = GroupCommit(self._write)
        self._announcer = Announcer(clock)
        self._heard: list[Callable[[Iterable[Registration]], None]] = []
        self._ended: list[Callable[[Registration], None]] = []
        self._executed: set[str] = set()
        self._announced = {
            EventKind.REGISTERED: self._announcer.registered,
            EventKind.UPDATED: self._announcer.updated,
            EventKind.DEREGISTERED: self._announcer.over,
        }
        self._group: asyncio.Future[None] | None = None
        self._news: list[_News] = []
        self._behind: set[EndpointName] = set()
        self._flushing: set[EndpointName] = set()
        self._cancel_expiry: Callable[[], None] | None = None
        self._expiry_at = inf
        self._cancel_flush: Callable[[], None] | None = None

    def listen(
        self, listener: RegistrationListener, concerned: Collection[EndpointName] | None = None
    ) -> None:
        """Let `listener` know of every Register and Update from now on.

        Where it is concerned with some endpoints, it hears only of those that are in `concerned`
        when it is told.
        """
        self._announcer.listen(listener, concerned)

    def listen_for_signs(self, heard: Callable[[Iterable[Registration]], None]) -> None:
        """Call `heard` for all Registers and Updates from now on, just before they are answered.

        Who is to ask the endpoint something waits until it has the answer: see `listen`.
        """
        self._heard.append(heard)

    def listen_for_ends(self, ended: Callable[[Registration], None]) -> None:
        """Call `ended` at once for each registration that is removed or expires from now on."""
        self._ended.append(ended)

    def follow(
        self, listener: RegistrationListener, over: Callable[[Registration], None]
    ) -> Callable[[], None]:
        """Let `listener` know of all for a while; what is returned ends that.

        `over` is called, in order with that, for each registration that ends meanwhile: it is
        removed, expires, or the endpoint registers anew.
        """
        return self._announcer.follow(listener, over)

    async def start(self) -> None:
        """Load the registrations; what storage cannot know of their Updates is allowed for.

        Those whose endpoint is not admitted any more as it was then are ended.
        """
        for stored in await self._repository.all():
            self._registry.add(stored._replace(expires_at=stored.expires_at + FLUSH_INTERVAL))
        self._expire()
        self.reconsider()

    def reconsider(self) -> None:
        """End the registrations whose endpoint is not admitted any more as it was then.

        This looks at all of them: who is revoked by name is for `revoked`.
        """
        may_stay = self._admission.may_stay
        gone = [one for one in self._registry if not may_stay(one.identity, one.endpoint)]
        for registration in gone:
            self._remove(registration.id)
        if gone:
            _log.warning(
                "registrations ended: these endpoints have to prove themselves now",
                count=len(gone),
                first=gone[0].endpoint,
                remedy="`tinymlaas credentials add ENDPOINT`, or --allow-nosec",
            )

    async def aclose(self) -> None:
        """Stop the timers and write expiries that only memory knows."""
        for cancel in (self._cancel_expiry, self._cancel_flush):
            if cancel is not None:
                cancel()
        if behind := self._behind | self._flushing:
            self._behind, self._flushing = set(), set()
            self._commit.add({one: self._registry.by_endpoint(one) for one in behind})
        await self._commit.drain()

    def register(self, request: RegisterRequest) -> Accepted:
        """Register an endpoint, in the place of what it has registered before.

        Raises `InvalidRequest` whose `code` is the answer, `Forbidden` where the peer's
        identity may not speak for the endpoint.
        """
        identity = request.identity
        known_as = None if identity is NOSEC else self._admission.endpoint_of(identity)
        now = self._clock.now()
        registration_id = self._new_id()
        registration = register(request, registration_id, now, self._bounds, known_as)
        endpoint = registration.endpoint
        former = self._registry.by_endpoint(endpoint)
        try:
            self._admission.admit(identity, endpoint)
            if former is not None and former.identity is not identity:  # else allowed, as mostly
                check_successor(former, identity)
        except Forbidden as refusal:
            self._refusals.note(endpoint, request.address, str(refusal))
            raise
        if former is not None:
            self._executed.discard(former.id)
            self._announcer.over([former], now)
        self._registry.add(registration)
        if registration.expires_at < self._expiry_at:
            self._look_at(registration.expires_at)
        more = _AGAIN[former is not None]
        durable = self._changed(registration, EventKind.REGISTERED, registration, more)
        return Accepted(registration_id, durable)

    def update(self, request: UpdateRequest) -> asyncio.Future[None] | None:
        """Update a registration; None where nothing has to become durable before the answer.

        Raises `UnknownRegistration` (4.04) or `InvalidRequest`; `Forbidden` where it is
        not who registered, or may not speak for it any more.
        """
        before = self._spoken_for(request.registration_id, request.identity, request.address)
        after = update(before, request, self._clock.now(), self._bounds)
        self._registry.replace(after)
        if after.expires_at < self._expiry_at:
            self._look_at(after.expires_at)
        if changed(before, after):
            return self._changed(after, EventKind.UPDATED, after)
        self._behind.add(after.endpoint)
        if self._cancel_flush is None:
            self._arm_flush()
        for heard in self._heard:
            heard((after,))
        self._announcer.updated([after], after.updated_at)
        return None

    def deregister(self, registration_id: str, identity: Identity = NOSEC) -> asyncio.Future[None]:
        """Remove a registration; raises `UnknownRegistration` (4.04) or `Forbidden` (4.03)."""
        self._spoken_for(registration_id, identity)
        return self._remove(registration_id)

    def executed(self, registration: Registration) -> None:
        """Take note that an endpoint is told to do something, by which it may start anew."""
        if self._registry.has(registration.id):
            self._executed.add(registration.id)

    def is_new(self, registration_id: str, seconds: float) -> bool:
        """Whether a registration is there, not older than that, and nothing was executed since."""
        if not self._registry.has(registration_id) or registration_id in self._executed:
            return False
        return self._clock.now() - self._registry.get(registration_id).registered_at <= seconds

    def revoked(self, identity: Identity, endpoint: EndpointName) -> None:
        """End what `identity` has registered for `endpoint`: it may not speak for it any more."""
        found = self._registry.by_endpoint(endpoint)
        if found is not None and found.identity == identity:
            self._remove(found.id)

    def by_endpoint(self, endpoint: EndpointName) -> Registration | None:
        """Return the registration of `endpoint`, None where it is not registered."""
        return self._registry.by_endpoint(endpoint)

    def by_address(self, address: str) -> Registration | None:
        """Return what was registered or updated from `address` last, None where nothing was."""
        return self._registry.by_address(address)

    def speaker(self, identity: Identity, address: str) -> Registration:
        """Return the registration that a peer speaks for by Send.

        Who has proven an identity is known by that, others by the address that they registered
        or updated from. Raises `UnknownRegistration` (4.04) or `Forbidden` (4.03).
        """
        if identity is NOSEC:
            found = self._registry.by_address(address)
        else:  # by its name, where only an authority vouches for it
            endpoint = self._admission.endpoint_of(identity) or identity.name
            found = self._registry.by_endpoint(endpoint)
        if found is None:
            raise UnknownRegistration(
                "a Send of an endpoint that is not registered: Register first"
            )
        return self._spoken_for(found.id, identity, address)

    def all(self) -> list[Registration]:
        """Return all registrations, by endpoint name."""
        return sorted(self._registry, key=lambda registration: registration.endpoint)

    # --- inside -----------------------------------------------------------------------------

    def _spoken_for(
        self, registration_id: str, identity: Identity, address: str | None = None
    ) -> Registration:
        registration = self._registry.get(registration_id)
        try:
            if identity is not registration.identity:  # else equal, as nearly always
                check_speaker(registration, identity)
            self._admission.admit(identity, registration.endpoint)
        except Forbidden as refusal:
            self._refusals.note(registration.endpoint, address, str(refusal))
            raise
        return registration

    def _remove(self, registration_id: str) -> asyncio.Future[None]:
        gone = self._registry.remove(registration_id)
        self._end(gone)
        return self._changed(None, EventKind.DEREGISTERED, gone)

    def _end(self, gone: Registration) -> None:
        self._executed.discard(gone.id)
        for ended in self._ended:
            ended(gone)

    def _changed(
        self,
        stored: Registration | None,
        kind: EventKind,
        registration: Registration,
        more: dict[str, Any] = _NO_MORE,
    ) -> asyncio.Future[None]:
        """Have an endpoint's row written (None: removed), and told of once that is durable."""
        endpoint = registration.endpoint
        if self._behind or self._flushing:
            self._settled(endpoint)
        durable = self._commit.put(endpoint, stored)
        if durable is not self._group:
            self._group, self._news = durable, []
            durable.add_done_callback(partial(self._written, self._news))
        self._news.append((kind, registration, more))
        return durable

    def _written(self, news: list[_News], durable: asyncio.Future[None]) -> None:
        if durable.cancelled() or durable.exception() is not None:
            return
        now = self._clock.now()
        self._events.emit_all(now, [_told(*one) for one in news])
        standing = self._registry.standing(one for _, one, _ in news)
        for heard in self._heard:
            heard(standing)
        kinds = {kind for kind, _, _ in news}
        for kind, announce in self._announced.items():
            if kind in kinds:
                announce([one for this, one, _ in news if this is kind], now)

    # --- expiry and the flush of expiries -------------------------------------------------

    def _settled(self, endpoint: EndpointName) -> None:
        """Forget that storage was behind: it is told of more than a new expiry."""
        self._behind.discard(endpoint)
        self._flushing.discard(endpoint)

    def _look_at(self, when: float) -> None:
        """See to it that somebody looks when a registration expires, or earlier.

        A look that finds nothing costs less than a timer that is moved by each Update.
        """
        if self._cancel_expiry is not None:
            self._cancel_expiry()
        self._expiry_at = when
        self._cancel_expiry = self._clock.call_at(when, self._expire)

    def _expire(self) -> None:
        self._expiry_at, self._cancel_expiry = inf, None
        now = self._clock.now()
        for gone in self._registry.expire(now):
            self._settled(gone.endpoint)
            self._end(gone)
            self._commit.put(gone.endpoint, None)
            self._events.emit_all(now, [_told(EventKind.EXPIRED, gone, _NO_MORE)])
            self._announcer.over([gone], now)
        if (following := self._registry.next_expiry()) is not None:
            self._look_at(following)

    def _arm_flush(self) -> None:
        self._cancel_flush = self._clock.call_at(self._clock.now() + _FLUSH_EVERY, self._flush)

    def _flush(self) -> None:
        self._cancel_flush = None
        under_way = bool(self._flushing)
        self._flushing |= self._behind
        self._behind = set()
        if not under_way:
            self._flush_slice()

    def _flush_slice(self, _former: asyncio.Future[None] | None = None) -> None:
        """Write some, and the next ones after: a whole fleet in one go would be felt."""
        behind = [self._flushing.pop() for _ in range(min(_SLICE, len(self._flushing)))]
        if behind:
            written = self._commit.add({one: self._registry.by_endpoint(one) for one in behind})
            written.add_done_callback(self._flush_slice)

    async def _write(self, changes: Mapping[EndpointName, Registration | None]) -> None:
        put = [registration for registration in changes.values() if registration is not None]
        remove: list[EndpointName] = []
        if len(put) < len(changes):
            remove = [one for one, registration in changes.items() if registration is None]
        await self._repository.write(put, remove)


def _told(
    kind: EventKind, registration: Registration, more: dict[str, Any]
) -> tuple[EventKind, EndpointName, dict[str, Any]]:
    """Return the event that tells of a registration."""
    # Taken together, as to look up each by its name takes longer than all else here.
    registration_id, endpoint, address, lifetime, version = registration[:5]
    told = {
        "id": registration_id,
        "address": address,
        "lifetime": lifetime,
        "version": version,
        **more,
    }
    return kind, endpoint, told
