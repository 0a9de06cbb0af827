"""All registrations of a server, by endpoint, id and address, and which one expires next."""

import heapq
from collections.abc import Iterable, Iterator

from .errors import UnknownRegistration
from .registration import EndpointName, Registration

_SLACK = 64


class Registry:
    """Registrations in memory; one endpoint has at most one.

    The heap holds an entry per endpoint, at or before its expiry: an Update, or a Register
    anew, moves the expiry without touching the heap, and the entry is put right when it
    comes up. So both cost O(1), and memory does not grow with them.
    """

    def __init__(self, registrations: Iterable[Registration] = ()) -> None:
        self._by_id: dict[str, Registration] = {}
        self._by_endpoint: dict[EndpointName, str] = {}
        self._by_address: dict[str, str] = {}
        self._expiries: list[tuple[float, EndpointName]] = []
        for registration in registrations:
            self.add(registration)

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Registration]:
        return iter(self._by_id.values())

    def has(self, registration_id: str) -> bool:
        """Whether there is a registration with this id."""
        return registration_id in self._by_id

    def standing(self, registrations: Iterable[Registration]) -> list[Registration]:
        """Return those whose id is still registered."""
        by_id = self._by_id
        return [one for one in registrations if one.id in by_id]

    def get(self, registration_id: str) -> Registration:
        """Return a registration; raises `UnknownRegistration`."""
        try:
            return self._by_id[registration_id]
        except KeyError:
            raise UnknownRegistration(f"no registration {registration_id[:64]!r}") from None

    def by_endpoint(self, endpoint: EndpointName) -> Registration | None:
        """Return the registration of `endpoint`, None where it has none."""
        registration_id = self._by_endpoint.get(endpoint)
        return None if registration_id is None else self._by_id[registration_id]

    def by_address(self, address: str) -> Registration | None:
        """Return what was registered or updated from `address` last, None where nothing was."""
        registration_id = self._by_address.get(address)
        return None if registration_id is None else self._by_id.get(registration_id)

    def add(self, registration: Registration) -> Registration | None:
        """Add a registration and return the one of the same endpoint that it replaces."""
        registration_id, endpoint, address = registration[:3]
        former_id = self._by_endpoint.get(endpoint)
        former = None if former_id is None else self._by_id.pop(former_id)
        if former is not None and former.address != address:
            self._leave(former)
        self._by_id[registration_id] = registration
        self._by_endpoint[endpoint] = registration_id
        self._by_address[address] = registration_id
        if former is None or registration.expires_at < former.expires_at:
            self._push(registration)
        return former

    def replace(self, registration: Registration) -> None:
        """Put `registration` in the place of the one with its id; raises `UnknownRegistration`."""
        before = self.get(registration.id)
        self._by_id[registration.id] = registration
        if registration.address != before.address:
            self._leave(before)
        self._by_address[registration.address] = registration.id
        if registration.expires_at < before.expires_at:
            self._push(registration)

    def remove(self, registration_id: str) -> Registration:
        """Remove and return a registration; raises `UnknownRegistration`."""
        registration = self.get(registration_id)
        del self._by_id[registration_id]
        del self._by_endpoint[registration.endpoint]
        self._leave(registration)
        return registration

    def next_expiry(self) -> float | None:
        """Return when `expire` is to be called next, None while there is nothing to expire."""
        while self._expiries:
            at, endpoint = self._expiries[0]
            registration = self.by_endpoint(endpoint)
            if registration is None:
                heapq.heappop(self._expiries)
            elif registration.expires_at > at:
                heapq.heapreplace(self._expiries, (registration.expires_at, endpoint))
            else:
                return at
        return None

    def expire(self, now: float) -> list[Registration]:
        """Remove and return what has expired at `now`, in order of expiry."""
        gone: list[Registration] = []
        while (at := self.next_expiry()) is not None and at <= now:
            endpoint = heapq.heappop(self._expiries)[1]
            gone.append(self.remove(self._by_endpoint[endpoint]))
        return gone

    def _leave(self, registration: Registration) -> None:
        """Forget an address, unless another has it by now."""
        if self._by_address.get(registration.address) == registration.id:
            del self._by_address[registration.address]

    def _push(self, registration: Registration) -> None:
        if len(self._expiries) > 2 * len(self._by_id) + _SLACK:
            # Endpoints that come and go leave entries behind; without them.
            self._expiries = [(one.expires_at, one.endpoint) for one in self._by_id.values()]
            heapq.heapify(self._expiries)
        heapq.heappush(self._expiries, (registration.expires_at, registration.endpoint))
