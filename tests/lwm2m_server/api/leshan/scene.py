"""The API without sockets, on a device whose answers a test writes down."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any, TypeVar

import httpx

from lwm2m_server.api.application import create_api
from lwm2m_server.protocol.operations import Operation, Response
from objects.codecs import ContentFormat, encode, encode_values
from objects.path import Path
from objects.registry import Registry
from objects.tree import Node
from objects.value import Value

from ...service.fake_device import FakeDevice
from ...service.world import World, world

CONTENT, CHANGED, CREATED, DELETED = 0x45, 0x44, 0x41, 0x42
DEFINITIONS = Registry.standard()

_Operation = TypeVar("_Operation", bound=Operation)


@dataclass
class Device(FakeDevice):
    """Answers each kind of operation as it was told last, and remembers what it was asked."""

    told: dict[type[Operation], Response] = field(default_factory=dict)
    asked: list[Operation] = field(default_factory=list)

    def answer(self, operation: Operation) -> Response:
        self.asked.append(operation)
        told = self.told.get(type(operation))
        return super().answer(operation) if told is None else told

    def renew(self) -> None:
        """Forget what it was told and asked, and answer again."""
        self.told.clear()
        self.asked.clear()
        self.reachable = True

    def last(self, kind: type[_Operation]) -> _Operation:
        """What it was asked last of this kind."""
        return next(one for one in reversed(self.asked) if isinstance(one, kind))


def content(path: str, node: Node) -> Response:
    place = Path.parse(path)
    form = ContentFormat.SENML_CBOR
    return Response(CONTENT, encode(form, place, node, DEFINITIONS), form)


def records(values: dict[str, Value]) -> Response:
    form = ContentFormat.SENML_CBOR
    told = {Path.parse(path): value for path, value in values.items()}
    return Response(CONTENT, encode_values(form, told, DEFINITIONS), form)


@dataclass
class Scene:
    """What a script sees: the API below `/api`, and the endpoint `urn:dev:1` behind it."""

    http: httpx.AsyncClient
    device: Device
    world: World

    async def renew(self) -> None:
        """Be as at the start: no credentials, and no registration but a new one of the device."""
        services = self.world.services
        for credential in services.credentials.list():
            await services.credentials.revoke(credential.id)
        for registration in services.registrations.all():
            await services.registrations.deregister(registration.id)
        self.device.renew()
        await self.world.register()

    async def get(self, path: str, **told: Any) -> Any:
        return await self._json("GET", path, **told)

    async def put(self, path: str, **told: Any) -> Any:
        return await self._json("PUT", path, **told)

    async def post(self, path: str, **told: Any) -> Any:
        return await self._json("POST", path, **told)

    async def delete(self, path: str, **told: Any) -> Any:
        return await self._json("DELETE", path, **told)

    async def _json(self, method: str, path: str, **told: Any) -> Any:
        answer = await self.http.request(method, f"/api/clients/{ENDPOINT}{path}", **told)
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.content else None


ENDPOINT = "urn:dev:1"


@asynccontextmanager
async def scene(folder: File) -> AsyncIterator[Scene]:
    device = Device()
    async with world(folder, device) as one:
        app = create_api(one.services, upload_limit=1_000_000)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://server") as http:
            yield Scene(http, device, one)
        app.state.stopping.set()
