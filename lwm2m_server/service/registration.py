"""Register, Update, De-register and expiry: in memory, durable before the answer."""

from ..protocol.registration import EndpointName, RegisterRequest, Registration, UpdateRequest


class RegistrationService:
    """The registry of endpoints; what the transport calls for `/rd`."""

    async def register(self, request: RegisterRequest) -> str:
        """Register an endpoint and return the registration id (location `/rd/ID`).

        Replaces a registration of the same endpoint. Returns once the
        registration is durable. Raises `InvalidRequest` whose `code` is the answer.
        """
        raise NotImplementedError

    async def update(self, request: UpdateRequest) -> None:
        """Update a registration; raises `UnknownRegistration` (4.04) or `InvalidRequest`."""
        raise NotImplementedError

    async def deregister(self, registration_id: str) -> None:
        """Remove a registration; raises `UnknownRegistration` (4.04)."""
        raise NotImplementedError

    def by_endpoint(self, endpoint: EndpointName) -> Registration | None:
        """Return the registration of `endpoint`, None where it is not registered."""
        raise NotImplementedError

    def all(self) -> list[Registration]:
        """Return all registrations, by endpoint name."""
        raise NotImplementedError
