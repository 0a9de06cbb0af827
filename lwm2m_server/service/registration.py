"""Register, Update, De-register and expiry: in memory, durable before the answer."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, Protocol

from ..protocol.admission import check_speaker, check_successor
from ..protocol.events import Event, EventKind
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
from .group_commit import GroupCommit
from .ports import Admission, Clock, EventSink, RegistrationRepository

# How long the expiries that storage knows may be behind those in memory.
FLUSH_INTERVAL: Final = 60.0
# An endpoint hears requests only once it has the answer to its Register.
_SETTLE: Final = 0.05


class RegistrationListener(Protocol):
    """Whoever acts on registrations; called once the endpoint has its answer."""

    def registered(self, registration: Registration) -> None:
        """Act on a Register."""
        ...

    def updated(self, registration: Registration) -> None:
        """Act on an Update."""
        ...


class RegistrationService:
    """The registry of endpoints; what the transport calls for `/rd`."""

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
        self._bounds = bounds
        self._registry = Registry()
        self._commit: GroupCommit[str, Registration] = GroupCommit(self._write)
        self._listeners: list[RegistrationListener] = []
        self._behind: set[str] = set()
        self._cancel_expiry: Callable[[], None] | None = None
        self._expiry_at: float | None = None
        self._cancel_flush: Callable[[], None] | None = None

    def listen(self, listener: RegistrationListener) -> None:
        """Let `listener` know of every Register and Update from now on."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Load the registrations; what storage cannot know of their Updates is allowed for."""
        for stored in await self._repository.all():
            self._registry.add(replace(stored, expires_at=stored.expires_at + FLUSH_INTERVAL))
        self._arm_expiry()

    async def aclose(self) -> None:
        """Stop the timers and write expiries that only memory knows."""
        for cancel in (self._cancel_expiry, self._cancel_flush):
            if cancel is not None:
                cancel()
        self._flush()
        await self._commit.drain()

    async def register(self, request: RegisterRequest) -> str:
        """Register an endpoint and return the registration id (location `/rd/ID`).

        Replaces a registration of the same endpoint. Returns once the
        registration is durable. Raises `InvalidRequest` whose `code` is the answer,
        `Forbidden` where the peer's identity may not speak for the endpoint.
        """
        known_as = self._admission.endpoint_of(request.identity)
        registration = register(request, self._new_id(), self._clock.now(), self._bounds, known_as)
        self._admission.admit(request.identity, registration.endpoint)
        if (present := self._registry.by_endpoint(registration.endpoint)) is not None:
            check_successor(present, request.identity)
        former = self._registry.add(registration)
        changes: dict[str, Registration | None] = {registration.id: registration}
        if former is not None:
            changes[former.id] = None
            self._behind.discard(former.id)
        self._arm_expiry()
        await self._commit.add(changes)
        self._emit(EventKind.REGISTERED, registration, again=former is not None)
        self._tell(lambda listener: listener.registered(registration))
        return registration.id

    async def update(self, request: UpdateRequest) -> None:
        """Update a registration; raises `UnknownRegistration` (4.04) or `InvalidRequest`.

        `Forbidden` where it is not who registered, or may not speak for it any more.
        """
        before = self._spoken_for(request.registration_id, request.identity)
        after = update(before, request, self._clock.now(), self._bounds)
        self._registry.replace(after)
        self._arm_expiry()
        if changed(before, after):
            self._behind.discard(after.id)
            await self._commit.add({after.id: after})
            self._emit(EventKind.UPDATED, after)
        else:
            self._behind.add(after.id)
            self._arm_flush()
        self._tell(lambda listener: listener.updated(after))

    async def deregister(self, registration_id: str, identity: Identity = NOSEC) -> None:
        """Remove a registration; raises `UnknownRegistration` (4.04) or `Forbidden` (4.03)."""
        self._spoken_for(registration_id, identity)
        await self._remove(registration_id)

    async def dismiss(self, endpoint: EndpointName, identity: Identity) -> None:
        """End what `identity` has registered for `endpoint`: it may not speak for it any more."""
        found = self._registry.by_endpoint(endpoint)
        if found is not None and found.identity == identity:
            await self._remove(found.id)

    def _spoken_for(self, registration_id: str, identity: Identity) -> Registration:
        registration = self._registry.get(registration_id)
        check_speaker(registration, identity)
        self._admission.admit(identity, registration.endpoint)
        return registration

    async def _remove(self, registration_id: str) -> None:
        gone = self._registry.remove(registration_id)
        self._behind.discard(gone.id)
        await self._commit.add({gone.id: None})
        self._emit(EventKind.DEREGISTERED, gone)

    def by_endpoint(self, endpoint: EndpointName) -> Registration | None:
        """Return the registration of `endpoint`, None where it is not registered."""
        return self._registry.by_endpoint(endpoint)

    def all(self) -> list[Registration]:
        """Return all registrations, by endpoint name."""
        return sorted(self._registry, key=lambda registration: registration.endpoint)

    def _tell(self, act: Callable[[RegistrationListener], None]) -> None:
        def tell() -> None:
            for listener in self._listeners:
                act(listener)

        self._clock.call_at(self._clock.now() + _SETTLE, tell)

    def _emit(self, kind: EventKind, registration: Registration, **more: object) -> None:
        data = {
            "id": registration.id,
            "address": registration.address,
            "lifetime": registration.lifetime,
            "version": registration.lwm2m_version,
            **more,
        }
        self._events.emit(Event(kind, self._clock.now(), registration.endpoint, data))

    # --- expiry and the flush of expiries -------------------------------------------------

    def _arm_expiry(self) -> None:
        at = self._registry.next_expiry()
        if at == self._expiry_at:
            return
        if self._cancel_expiry is not None:
            self._cancel_expiry()
        self._expiry_at = at
        self._cancel_expiry = None if at is None else self._clock.call_at(at, self._expire)

    def _expire(self) -> None:
        self._expiry_at = self._cancel_expiry = None
        for gone in self._registry.expire(self._clock.now()):
            self._behind.discard(gone.id)
            self._commit.add({gone.id: None})
            self._emit(EventKind.EXPIRED, gone)
        self._arm_expiry()

    def _arm_flush(self) -> None:
        if self._cancel_flush is None:
            at = self._clock.now() + FLUSH_INTERVAL
            self._cancel_flush = self._clock.call_at(at, self._flush)

    def _flush(self) -> None:
        self._cancel_flush = None
        behind, self._behind = self._behind, set()
        if behind:
            self._commit.add({one: self._registry.get(one) for one in behind})

    async def _write(self, changes: Mapping[str, Registration | None]) -> None:
        put = [registration for registration in changes.values() if registration is not None]
        remove = [one for one, registration in changes.items() if registration is None]
        await self._repository.write(put, remove)
