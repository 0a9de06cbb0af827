"""Operations towards registered endpoints, with typed values; what other services stand on."""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial

from objects.codecs import ContentFormat, decode, encode
from objects.errors import ObjectsError
from objects.path import Path
from objects.registry import Registry as Definitions
from objects.tree import Node, Resource
from objects.value import Value

from ..protocol.formats import to_read, to_write
from ..protocol.operations import (
    CancelObservation,
    Execute,
    Observe,
    Operation,
    Read,
    Response,
    Write,
)
from ..protocol.registration import EndpointName, Registration
from .definitions import KnownDefinitions
from .errors import EndpointUnreachable, NotRegistered, OperationRefused, UnreadableAnswer
from .negotiation import LearnedFormats, Use, negotiated, shape_at, shape_of, written
from .ports import Downlink, Unreachable
from .registration import RegistrationService


class Gateway:
    """One endpoint at a time, by name; the downlink comes when the sockets do."""

    def __init__(self, registrations: RegistrationService, definitions: KnownDefinitions) -> None:
        self._registrations = registrations
        self._downlink: Downlink | None = None
        self._known = definitions
        self.definitions = definitions.all
        self.learned = LearnedFormats()
        self._kept: Callable[[EndpointName, Path], bool] = lambda _, __: False

    def connect(self, downlink: Downlink) -> None:
        """Let requests go out through `downlink` from now on."""
        self._downlink = downlink

    def keep(self, observed: Callable[[EndpointName, Path], bool]) -> None:
        """Let no service of ours cancel what is `observed` by operators, too."""
        self._kept = observed

    def registration(self, endpoint: EndpointName) -> Registration:
        """Return the registration of `endpoint`; raises `NotRegistered`."""
        registration = self._registrations.by_endpoint(endpoint)
        if registration is None:
            raise NotRegistered(endpoint)
        return registration

    def definitions_of(self, registration: Registration) -> Definitions:
        """Return the definitions of the object versions that an endpoint registered with."""
        return self._known.under(registration)

    def definitions_by(self, endpoint: EndpointName) -> Definitions:
        """Return the same for an endpoint by its name; of one that is not registered, all."""
        return self._known.of(endpoint)

    async def submit(
        self,
        registration: Registration,
        operation: Operation,
        _patience: float | None = None,
        _otherwise: Sequence[Operation] = (),
        /,
    ) -> Response:
        """Send at once; implements `ports.Submitter`. Raises `EndpointUnreachable`."""
        try:
            return await self._connected().request(registration, operation)
        except Unreachable as error:
            raise EndpointUnreachable(registration.endpoint) from error

    async def request(self, endpoint: EndpointName, operation: Operation) -> Response:
        """Carry out one operation.

        Raises `NotRegistered`, `EndpointUnreachable`, and `OperationRefused` for an
        answer that is an error.
        """
        return _accepted(operation, await self.submit(self.registration(endpoint), operation))

    async def push(
        self,
        endpoint: EndpointName,
        path: Path,
        data: bytes,
        progress: Callable[[int, int], None],
    ) -> None:
        """Write opaque `data` of any length; raises as `request` does."""
        registration = self.registration(endpoint)
        try:
            response = await self._connected().push(registration, path, data, progress)
        except Unreachable as error:
            raise EndpointUnreachable(endpoint) from error
        if not response.ok:
            raise OperationRefused("Write", path, response.code)

    def package_uri(
        self, endpoint: EndpointName, token: str, schemes: Collection[str] | None = None
    ) -> str:
        """Return the URI to pull from; raises `NotRegistered`, or `Unreachable` for none."""
        return self._connected().package_uri(self.registration(endpoint), token, schemes)

    async def read(self, endpoint: EndpointName, path: Path) -> Node:
        """Read a path as a tree; raises also `UnreadableAnswer`."""
        registration = self.registration(endpoint)
        definitions = self.definitions_of(registration)
        use = (shape_at(path, definitions), False)
        formats = to_read(registration, use[0], self.learned.of(registration, use))
        forms = (Read(path, one) for one in formats)
        response = await self._negotiated(registration, use, forms)
        try:
            return decode(
                response.content_format, response.payload, path, definitions, registration.root
            )
        except ObjectsError as error:
            raise UnreadableAnswer(path, str(error)) from error

    async def read_opaque(self, endpoint: EndpointName, path: Path) -> bytes:
        """Read a resource that is bytes, of any length."""
        response = await self.request(endpoint, Read(path, ContentFormat.OPAQUE))
        return response.payload

    async def write(self, endpoint: EndpointName, path: Path, value: Value) -> None:
        """Write one value to a resource; raises also `InvalidInput`."""
        registration = self.registration(endpoint)
        definitions = self.definitions_of(registration)
        node = Resource(path.parts[-1], value)
        use = (shape_of(path, node, definitions), True)
        formats = to_write(registration, use[0], self.learned.of(registration, use))
        forms = written(
            formats,
            lambda content_format: encode(
                content_format, path, node, definitions, registration.root
            ),
            partial(Write, path),
        )
        await self._negotiated(registration, use, forms)

    async def execute(self, endpoint: EndpointName, path: Path, arguments: str = "") -> None:
        """Execute a resource."""
        await self.request(endpoint, Execute(path, arguments))

    async def observe(self, endpoint: EndpointName, path: Path) -> Response:
        """Observe a path; the answer is its first value."""
        return await self.request(endpoint, Observe(path))

    async def cancel_observation(self, endpoint: EndpointName, path: Path) -> None:
        """Cancel an observation of ours, unless operators observe the same."""
        if not self._kept(endpoint, path):
            await self.request(endpoint, CancelObservation(path))

    async def _negotiated(
        self, registration: Registration, use: Use, forms: Iterable[Operation]
    ) -> Response:
        operation, response = await negotiated(
            self.learned, registration, use, forms, partial(self.submit, registration)
        )
        return _accepted(operation, response)

    def _connected(self) -> Downlink:
        if self._downlink is None:
            raise RuntimeError("Services.start has not been called")
        return self._downlink


def _accepted(operation: Operation, response: Response) -> Response:
    if not response.ok:
        raise OperationRefused(type(operation).__name__, operation.path, response.code)
    return response
