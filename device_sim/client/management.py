"""The Device Management interface of the device (OMA LwM2M Core 1.1 §6.3).

Reads are answered from `tree`; writes and executes find their handler in two
tables. Whatever a request holds, it is answered, and what is refused changes
nothing.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from objects import codecs, firmware_update, link_format, model_slot
from objects.codecs import ContentFormat
from objects.errors import CodecError, ObjectsError, UnsupportedFormat
from objects.path import Path
from objects.registry import Registry
from objects.tree import Node, ObjectInstance, Resource
from objects.value import ResourceType, Value

from ..errors import Refused
from . import requests as codes
from .block1 import INCOMPLETE, TOO_LARGE, Block, Reception
from .requests import Method, Reply, Request
from .tree import View, discover, read

#: The most that a write may hold that is neither a package nor an input.
_SMALL = 4096
_REGISTRY: Final = Registry.standard()

WriteHandler = Callable[[int, Value], None]
ExecuteHandler = Callable[[int, str], Awaitable[None]]


class PackageSink(Protocol):
    """Takes the blocks of a write to a Package resource."""

    def push(self, instance: int | None, block: Block, payload: bytes, size1: int | None) -> bool:
        """Take one block; whether the package is whole. Raises `Refused`."""
        ...

    def limit(self, instance: int | None) -> int:
        """Return the bytes that a package may have."""
        ...


@dataclass(slots=True)
class _Body:
    """A small body that arrives by Block1."""

    reception: Reception
    parts: list[bytes]


@dataclass(frozen=True, slots=True)
class Handlers:
    """What the device does on a write or an execute, by object and resource.

    Handlers get the object instance; they raise `Refused`.
    """

    writes: Mapping[tuple[int, int], WriteHandler]
    executes: Mapping[tuple[int, int], ExecuteHandler]
    limit: Callable[[Path], int | None]


class Management:
    """Answers requests; `view` gives what is true now, `clock` seconds."""

    def __init__(
        self,
        view: Callable[[], View],
        handlers: Handlers,
        packages: PackageSink,
        clock: Callable[[], float],
    ) -> None:
        self._view = view
        self._handlers = handlers
        self._packages = packages
        self._clock = clock
        self._bodies: dict[Path, _Body] = {}

    async def handle(self, request: Request) -> Reply:
        """Answer one request; never raises for anything that it may hold."""
        try:
            return await self._METHODS[request.method](self, request)
        except Refused as refusal:
            size1 = self._limit(request.path) if refusal.code == TOO_LARGE else None
            return Reply(refusal.code, str(refusal).encode(), block1=request.block1, size1=size1)
        except UnsupportedFormat as error:
            return Reply(codes.UNSUPPORTED_CONTENT_FORMAT, str(error).encode())
        except (CodecError, ObjectsError) as error:
            return Reply(codes.BAD_REQUEST, str(error).encode())

    def read(self, path: Path, accept: int | None) -> Reply:
        """Answer a Read or make a notification."""
        try:
            node = read(self._view(), path)
            content_format = _format_of(node) if accept is None else accept
            payload = codecs.encode(content_format, path, node, _REGISTRY)
        except Refused as refusal:
            return Reply(refusal.code, str(refusal).encode())
        except UnsupportedFormat as error:
            return Reply(codes.NOT_ACCEPTABLE, str(error).encode())
        return Reply(codes.CONTENT, payload, content_format)

    async def _get(self, request: Request) -> Reply:
        if request.accept == ContentFormat.LINK:
            found = discover(self._view(), request.path)
            links = tuple(link_format.Link(str(path)) for path in found)
            return Reply(codes.CONTENT, link_format.write(links), ContentFormat.LINK)
        return self.read(request.path, request.accept)

    async def _put(self, request: Request) -> Reply:
        if request.query and request.content_format is None:  # Write-Attributes (§6.3.4)
            raise Refused(codes.METHOD_NOT_ALLOWED, "this device has no attributes to write")
        return self._write(request)

    async def _post(self, request: Request) -> Reply:
        parts = request.path.parts
        handler = self._handlers.executes.get((parts[0], parts[2])) if len(parts) == 3 else None
        if handler is not None:
            read(self._view(), Path(*parts[:2]))  # 4.04 where there is no such instance
            await handler(parts[1], request.payload.decode(errors="replace"))
            return Reply(codes.CHANGED)
        if len(parts) != 2:
            raise Refused(codes.METHOD_NOT_ALLOWED, f"{request.path} cannot be executed")
        return self._write(request)

    async def _refuse(self, request: Request) -> Reply:
        raise Refused(codes.METHOD_NOT_ALLOWED, f"{request.path} takes no {request.method.name}")

    _METHODS: Final = {
        Method.GET: _get,
        Method.PUT: _put,
        Method.POST: _post,
        Method.DELETE: _refuse,
        Method.OTHER: _refuse,
    }

    # Writing ----------------------------------------------------------------

    def _write(self, request: Request) -> Reply:
        parts = request.path.parts
        if len(parts) not in (2, 3):
            raise Refused(codes.METHOD_NOT_ALLOWED, f"{request.path} cannot be written")
        read(self._view(), Path(*parts[:2]))  # 4.04 where there is no such instance
        if _is_package(request.path) and not _clears(request):
            return self._write_package(request)
        if len(parts) == 3 and (parts[0], parts[2]) not in self._handlers.writes:
            raise Refused(codes.METHOD_NOT_ALLOWED, f"{request.path} is not writable")
        body = self._assemble(request)
        if body is None:
            return _continue(request)
        node = _decode(request, body)
        resources = node.resources if isinstance(node, ObjectInstance) else (node,)
        writes = [self._write_handler(request.path, resource) for resource in resources]
        for handler, value in writes:
            handler(parts[1], value)
        return Reply(codes.CHANGED, block1=request.block1)

    def _write_package(self, request: Request) -> Reply:
        if request.content_format not in (None, ContentFormat.OPAQUE):
            raise UnsupportedFormat("a package is written as opaque (42)")
        block = request.block1 or Block(0, more=False, size=max(len(request.payload), 1))
        instance = _package_instance(request.path)
        whole = self._packages.push(instance, block, request.payload, request.size1)
        return Reply(codes.CHANGED, block1=request.block1) if whole else _continue(request)

    def _assemble(self, request: Request) -> bytes | None:
        """Return the whole body; None while blocks are missing. Raises `Refused`."""
        block, path = request.block1, request.path
        if block is None:
            return request.payload
        if block.number == 0:
            limit = self._limit(path) or _SMALL
            reception = Reception.begin(limit, self._clock(), request.size1)
            self._bodies = {p: b for p, b in self._bodies.items() if not self._is_stale(b)}
            self._bodies[path] = _Body(reception, [])
        body = self._bodies.get(path)
        if body is None:
            raise Refused(INCOMPLETE, "the transfer has to begin with block 0")
        if not body.reception.repeats(block, request.payload):
            body.reception = body.reception.take(block, request.payload, self._clock())
            body.parts.append(request.payload)
        return b"".join(body.parts) if body.reception.complete else None

    def _is_stale(self, body: _Body) -> bool:
        return body.reception.complete or body.reception.is_stale(self._clock())

    def _limit(self, path: Path) -> int | None:
        if _is_package(path):
            return self._packages.limit(_package_instance(path))
        return self._handlers.limit(path)

    def _write_handler(self, path: Path, node: Node) -> tuple[WriteHandler, Value]:
        object_id = path.parts[0]
        handler = self._handlers.writes.get((object_id, node.id))
        if handler is None or not isinstance(node, Resource):
            raise Refused(codes.METHOD_NOT_ALLOWED, f"/{object_id}/x/{node.id} is not writable")
        return handler, node.value


def _decode(request: Request, body: bytes) -> Node:
    # An empty write has nothing to be decoded, whatever it says it is; so a slot is cleared.
    if not body and len(request.path.parts) == 3:
        resource = request.path.parts[2]
        is_opaque = _REGISTRY.type_of(request.path, body) is ResourceType.OPAQUE
        return Resource(resource, b"" if is_opaque else "")
    return codecs.decode(request.content_format, body, request.path, _REGISTRY)


def _clears(request: Request) -> bool:
    """Whether this write to a Package empties it (object 5, resource 0: one NUL)."""
    block = request.block1
    whole = block is None or (block.number == 0 and not block.more)
    return whole and request.payload in (b"", b"\0")


def _continue(request: Request) -> Reply:
    return Reply(codes.CONTINUE, block1=request.block1)


def _is_package(path: Path) -> bool:
    match path.parts:
        case (firmware_update.OBJECT_ID, _, firmware_update.Resource.PACKAGE):
            return True
        case (model_slot.OBJECT_ID, _, model_slot.Resource.PACKAGE):
            return True
        case _:
            return False


def _package_instance(path: Path) -> int | None:
    return path.instance_id if path.object_id == model_slot.OBJECT_ID else None


def _format_of(node: Node) -> int:
    """Return the content format of a Read without Accept (OMA LwM2M Core 1.1 §7.4)."""
    if isinstance(node, Resource) and not node.is_multiple:
        return ContentFormat.OPAQUE if isinstance(node.content, bytes) else ContentFormat.TEXT
    return ContentFormat.SENML_CBOR
