"""The Device Management interface of the device (OMA LwM2M Core 1.1 §6.3).

Reads are answered from `tree`; writes and executes find their handler in two
tables. Whatever a request holds, it is answered, and what is refused changes
nothing. What is about several paths is in `composite`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from objects import codecs, firmware_update, link_format, model_slot
from objects.attributes import NotificationAttributes
from objects.codecs import ContentFormat
from objects.errors import CodecError, ObjectsError, UnsupportedFormat
from objects.path import Path
from objects.registry import Registry
from objects.tree import Node, Object, ObjectInstance, Resource, ResourceInstance
from objects.value import ResourceType, Value

from ..errors import Refused
from . import requests as codes
from .attributes import Attributes
from .block1 import INCOMPLETE, TOO_LARGE, Block, Reception
from .composite import Composite
from .requests import Method, Reply, Request
from .tree import View, links, read

#: The most that a write may hold that is neither a package nor an input.
_SMALL = 4096
_REGISTRY: Final = Registry.standard()

WriteHandler = Callable[[int, Value], None]
ExecuteHandler = Callable[[int, str], Awaitable[None]]


class NodeHandler(Protocol):
    """Writes a multiple resource, one of its instances, or the object instance that it is of."""

    def __call__(
        self, instance: int, node: ObjectInstance | Resource | ResourceInstance, *, replace: bool
    ) -> None:
        """Write; raises `Refused`."""
        ...


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

    Handlers get the object instance; they raise `Refused`. `nodes` are written to by nodes
    instead of values; `free` is the number that a new instance of an object gets. `snapshot`
    returns what takes back all that was written since.
    """

    writes: Mapping[tuple[int, int], WriteHandler]
    executes: Mapping[tuple[int, int], ExecuteHandler]
    limit: Callable[[Path], int | None]
    nodes: Mapping[tuple[int, int], NodeHandler] = field(default_factory=dict)
    creates: Mapping[int, Callable[[ObjectInstance], None]] = field(default_factory=dict)
    deletes: Mapping[int, Callable[[int], None]] = field(default_factory=dict)
    free: Callable[[int], int] = lambda _: 0
    snapshot: Callable[[], Callable[[], None]] = lambda: lambda: None


class Management:
    """Answers requests; `view` gives what is true now, `clock` seconds."""

    def __init__(
        self,
        view: Callable[[], View],
        handlers: Handlers,
        packages: PackageSink,
        clock: Callable[[], float],
        attributes: Attributes | None = None,
    ) -> None:
        self.attributes = attributes or Attributes()
        self._composite = Composite(view, handlers)
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

    def notification(self, request: Request) -> Reply:
        """Return what is true now of what is observed."""
        if request.method is Method.FETCH:
            return self._composite.read(request)
        return self.read(request.path, request.accept)

    def observed(self, request: Request) -> tuple[Path, ...]:
        """Return the paths that a request to observe is about."""
        if request.method is Method.FETCH:
            return self._composite.paths(request)
        return (request.path,)

    def number(self, path: Path) -> float | None:
        """Return the value of a resource that is one number, else None."""
        try:
            node = read(self._view(), path)
        except Refused:
            return None
        content = getattr(node, "content", getattr(node, "value", None))
        if isinstance(content, bool) or not isinstance(content, int | float):
            return None
        return float(content)

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
            found = links(self._view(), request.path, self.attributes)
            return Reply(codes.CONTENT, link_format.write(found), ContentFormat.LINK)
        return self.read(request.path, request.accept)

    async def _put(self, request: Request) -> Reply:
        if request.query and request.content_format is None:  # Write-Attributes (§6.3.4)
            return self._write_attributes(request)
        return self._write(request)

    async def _post(self, request: Request) -> Reply:
        parts = request.path.parts
        if len(parts) == 1:
            return self._create(request)
        handler = self._handlers.executes.get((parts[0], parts[2])) if len(parts) == 3 else None
        if handler is not None:
            read(self._view(), Path(*parts[:2]))  # 4.04 where there is no such instance
            await handler(parts[1], request.payload.decode(errors="replace"))
            return Reply(codes.CHANGED)
        if len(parts) != 2:
            raise Refused(codes.METHOD_NOT_ALLOWED, f"{request.path} cannot be executed")
        return self._write(request)

    async def _delete(self, request: Request) -> Reply:
        parts = request.path.parts
        handler = self._handlers.deletes.get(parts[0]) if len(parts) == 2 else None
        if handler is None:
            raise Refused(codes.METHOD_NOT_ALLOWED, f"{request.path} cannot be deleted")
        handler(parts[1])
        return Reply(codes.DELETED)

    async def _fetch(self, request: Request) -> Reply:
        return self._composite.read(request)

    async def _ipatch(self, request: Request) -> Reply:
        body = self._assemble(request)
        if body is None:
            return _continue(request)
        return self._composite.write(request, body)

    async def _refuse(self, request: Request) -> Reply:
        raise Refused(codes.METHOD_NOT_ALLOWED, f"{request.path} takes no {request.method.name}")

    _METHODS: Final = {
        Method.GET: _get,
        Method.PUT: _put,
        Method.POST: _post,
        Method.DELETE: _delete,
        Method.FETCH: _fetch,
        Method.IPATCH: _ipatch,
        Method.OTHER: _refuse,
    }

    # Writing ----------------------------------------------------------------

    def _write(self, request: Request) -> Reply:
        parts = request.path.parts
        if not 2 <= len(parts) <= 4:
            raise Refused(codes.METHOD_NOT_ALLOWED, f"{request.path} cannot be written")
        read(self._view(), Path(*parts[:2]))  # 4.04 where there is no such instance
        if _is_package(request.path) and not _clears(request):
            return self._write_package(request)
        if len(parts) == 2 and parts[0] in self._handlers.creates:
            return self._write_nodes(request)
        if len(parts) > 2 and (parts[0], parts[2]) in self._handlers.nodes:
            return self._write_nodes(request)
        if len(parts) == 4 or (
            len(parts) == 3 and (parts[0], parts[2]) not in self._handlers.writes
        ):
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

    def _write_nodes(self, request: Request) -> Reply:
        body = self._assemble(request)
        if body is None:
            return _continue(request)
        parts = request.path.parts
        node = _decode(request, body)
        if isinstance(node, Object):
            raise Refused(codes.METHOD_NOT_ALLOWED, f"{request.path} cannot be written")
        handler = next(
            one
            for (number, resource), one in self._handlers.nodes.items()
            if number == parts[0] and (len(parts) == 2 or resource == parts[2])
        )
        handler(parts[1], node, replace=request.method is Method.PUT)
        return Reply(codes.CHANGED, block1=request.block1)

    def _write_attributes(self, request: Request) -> Reply:
        if len(request.path.parts) < 4:
            links(self._view(), request.path, self.attributes)  # 4.04 where there is nothing
        else:
            read(self._view(), request.path)
        told = dict(option.partition("=")[::2] for option in request.query)
        self.attributes.write(request.path, NotificationAttributes.parse(told))
        return Reply(codes.CHANGED)

    def _create(self, request: Request) -> Reply:
        object_id = request.path.parts[0]
        handler = self._handlers.creates.get(object_id)
        if handler is None:
            raise Refused(codes.METHOD_NOT_ALLOWED, f"no instance of {request.path} is created")
        body = self._assemble(request)
        if body is None:
            return _continue(request)
        new = _new_instance(request, body, self._handlers.free(object_id))
        handler(new)
        location = (str(object_id), str(new.id))
        return Reply(codes.CREATED, block1=request.block1, location=location)

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


def _new_instance(request: Request, body: bytes, free: int) -> ObjectInstance:
    """Return the instance in a Create; of bare resources (in TLV) it gets the number `free`."""
    try:
        node = codecs.decode(request.content_format, body, request.path, _REGISTRY)
    except UnsupportedFormat:
        raise
    except CodecError:
        base = request.path.child(free)
        node = codecs.decode(request.content_format, body, base, _REGISTRY)
    if isinstance(node, ObjectInstance):
        return node
    if not isinstance(node, Object) or len(node.instances) != 1:
        raise Refused(codes.BAD_REQUEST, "a Create carries one instance")
    return node.instances[0]


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
