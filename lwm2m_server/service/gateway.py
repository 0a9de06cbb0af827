"""Operations towards registered endpoints, with typed values; what other services stand on."""

from collections.abc import Callable, Collection, Sequence
from typing import Final

from objects.codecs import ContentFormat, decode
from objects.errors import CodecError, ObjectsError
from objects.path import Path
from objects.registry import Registry as Definitions
from objects.tree import Node
from objects.value import Value, natural_type, to_text

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
from .negotiation import LearnedFormats
from .ports import Downlink, Unreachable
from .registration import RegistrationService

_NOT_ACCEPTABLE: Final = 0x86
# What we read, the richer first.
_STRUCTURED: Final = (ContentFormat.SENML_CBOR, ContentFormat.TLV)


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
        response = await self.submit(self.registration(endpoint), operation)
        if not response.ok:
            raise OperationRefused(type(operation).__name__, operation.path, response.code)
        return response

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
        accept = _accepted(self.registration(endpoint), path)
        try:
            response = await self.request(endpoint, Read(path, accept))
        except OperationRefused as refusal:
            if refusal.code != _NOT_ACCEPTABLE:
                raise
            response = await self.request(endpoint, Read(path))
        return self.decoded(path, response)

    async def read_opaque(self, endpoint: EndpointName, path: Path) -> bytes:
        """Read a resource that is bytes, of any length."""
        response = await self.request(endpoint, Read(path, ContentFormat.OPAQUE))
        return response.payload

    async def write(self, endpoint: EndpointName, path: Path, value: Value) -> None:
        """Write one value to a resource, in plain text or as opaque bytes."""
        # OMA LwM2M Core 1.1 §7.4: the two formats that every client reads for one value.
        if isinstance(value, bytes):
            await self.request(endpoint, Write(path, value, ContentFormat.OPAQUE))
            return
        definition = self.definitions.find_resource(path)
        kind = (definition and definition.type) or natural_type(value)
        payload = to_text(kind, value).encode()
        await self.request(endpoint, Write(path, payload, ContentFormat.TEXT))

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

    def decoded(self, path: Path, response: Response) -> Node:
        """Return the tree that an answer carries; raises `UnreadableAnswer`."""
        try:
            return decode(response.content_format, response.payload, path, self.definitions)
        except (CodecError, ObjectsError) as error:
            raise UnreadableAnswer(path, str(error)) from error

    def _connected(self) -> Downlink:
        if self._downlink is None:
            raise RuntimeError("Services.start has not been called")
        return self._downlink


def _accepted(registration: Registration, path: Path) -> int | None:
    """Return the content format to ask for: what the endpoint told, else its version's rule."""
    told = [one for one in _STRUCTURED if one in registration.content_formats]
    if told:
        return told[0]
    if registration.lwm2m_version != "1.0":
        return ContentFormat.SENML_CBOR
    # 1.0 §6.4: TLV is what every client has; for a single resource it may answer as it likes.
    return ContentFormat.TLV if path.resource_id is None else None
