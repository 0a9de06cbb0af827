"""Operations on a registered endpoint by path, with typed values (§6.3, §6.4)."""

from collections.abc import Mapping
from typing import Any

from objects.codecs import ContentFormat, encode
from objects.errors import InvalidLink, InvalidPath, ObjectsError
from objects.link_format import parse
from objects.path import Path
from objects.tree import ObjectInstance, Resource

from ..protocol.operations import CancelObservation, Discover, Write
from ..protocol.registration import EndpointName
from .errors import InvalidInput, UnreadableAnswer
from .gateway import Gateway
from .hardware import HardwareService
from .values import shown_values, value_of
from .views import LinkView, ValueView


class ManagementService:
    """Read, write, execute, observe for the API and the command line.

    All raise `NotFound` or `NotRegistered` for the endpoint, `EndpointUnreachable`
    and `OperationRefused`; values that do not fit raise `InvalidInput`, answers
    that cannot be read `UnreadableAnswer`.
    """

    def __init__(self, gateway: Gateway, devices: HardwareService) -> None:
        self._gateway = gateway
        self._devices = devices

    async def read(self, endpoint: EndpointName, path: Path) -> list[ValueView]:
        """Read an object, an instance or a resource; one view per resource instance."""
        self._checked(endpoint, path, least=1)
        node = await self._gateway.read(endpoint, path)
        return shown_values(path, node, self._gateway.definitions)

    async def write(
        self, endpoint: EndpointName, path: Path, value: Any, *, replace: bool = True
    ) -> None:
        """Write JSON data: a value to a resource, `{"id": value}` to an instance."""
        self._checked(endpoint, path, least=2)
        if path.resource_id is not None:
            typed = value_of(path, value, self._gateway.definitions)
            await self._gateway.write(endpoint, path, typed)
            return
        content_format, payload = self._instance(endpoint, path, value)
        await self._gateway.request(endpoint, Write(path, payload, content_format, replace))

    async def execute(self, endpoint: EndpointName, path: Path, arguments: str = "") -> None:
        """Execute a resource; `arguments` as the standard writes them."""
        self._checked(endpoint, path, least=3)
        await self._gateway.execute(endpoint, path, arguments)

    async def observe(self, endpoint: EndpointName, path: Path) -> list[ValueView]:
        """Observe a path and return its first value; later ones come as events."""
        self._checked(endpoint, path, least=1)
        response = await self._gateway.observe(endpoint, path)
        node = self._gateway.decoded(path, response)
        return shown_values(path, node, self._gateway.definitions)

    async def cancel_observation(self, endpoint: EndpointName, path: Path) -> None:
        """Stop observing a path."""
        self._checked(endpoint, path, least=1)
        await self._gateway.request(endpoint, CancelObservation(path))

    async def discover(self, endpoint: EndpointName, path: Path) -> list[LinkView]:
        """List what there is at and below a path, with attributes."""
        self._checked(endpoint, path, least=1)
        response = await self._gateway.request(endpoint, Discover(path))
        try:
            links = parse(response.payload)
            return [
                LinkView(
                    Path.parse(link.target),
                    {name: value or "" for name, value in link.attributes},
                )
                for link in links
            ]
        except (InvalidLink, InvalidPath) as error:
            raise UnreadableAnswer(path, str(error)) from error

    def _checked(self, endpoint: EndpointName, path: Path, least: int) -> None:
        self._devices.known(endpoint)
        if len(path.parts) < least:
            raise InvalidInput(f"{path} is too short for this operation")

    def _instance(self, endpoint: EndpointName, path: Path, value: Any) -> tuple[int, bytes]:
        """Return an instance as the endpoint can read it: SenML CBOR from 1.1 on, else TLV."""
        if not isinstance(value, Mapping):
            raise InvalidInput(f'{path}: an instance is written as {{"resource id": value}}')
        definitions = self._gateway.definitions
        old = self._gateway.registration(endpoint).lwm2m_version == "1.0"
        content_format = ContentFormat.TLV if old else ContentFormat.SENML_CBOR
        try:
            resources = []
            for name, given in value.items():
                resource = path.child(_identifier(path, name))
                resources.append(
                    Resource(resource.parts[2], value_of(resource, given, definitions))
                )
            node = ObjectInstance.of(path.parts[1], resources)
            return content_format, encode(content_format, path, node, definitions)
        except ObjectsError as error:
            raise InvalidInput(f"{path}: {error}") from error


def _identifier(path: Path, name: object) -> int:
    if not (isinstance(name, str) and name.isascii() and name.isdigit() and len(name) <= 5):
        raise InvalidInput(f"{path}: {name!r} is no resource identifier")
    return int(name)
