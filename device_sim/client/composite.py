"""Read-Composite and Write-Composite on the device (OMA LwM2M Core 1.1 §6.3.8, §6.3.9)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from objects import codecs, firmware_update, model_slot
from objects.codecs import ContentFormat
from objects.errors import UnsupportedFormat
from objects.path import Path
from objects.registry import Registry
from objects.tree import ResourceInstance, leaves
from objects.value import Value

from ..errors import Refused
from . import requests as codes
from .requests import Reply, Request
from .tree import View, read

if TYPE_CHECKING:
    from .management import Handlers

_REGISTRY: Final = Registry.standard()
_MOST_PATHS: Final = 64
# A write there begins something that cannot be taken back.
_BY_THEMSELVES: Final = frozenset({firmware_update.OBJECT_ID, model_slot.OBJECT_ID})
# RFC 8790: a request in the one is answered in the other.
_ANSWERED_IN: Final = {
    ContentFormat.SENML_ETCH_JSON: ContentFormat.SENML_JSON,
    ContentFormat.SENML_ETCH_CBOR: ContentFormat.SENML_CBOR,
}


class Composite:
    """Answers what is about several paths; `view` gives what is true now."""

    def __init__(self, view: Callable[[], View], handlers: "Handlers") -> None:
        self._view = view
        self._handlers = handlers

    def paths(self, request: Request) -> tuple[Path, ...]:
        """Return the paths that a FETCH names; raises `Refused`, `CodecError`."""
        found = codecs.decode_paths(request.content_format, request.payload)
        if not 0 < len(found) <= _MOST_PATHS:
            raise Refused(codes.BAD_REQUEST, f"{len(found)} paths; 1 to {_MOST_PATHS} are read")
        return found

    def read(self, request: Request) -> Reply:
        """Answer with what there is of the paths; 4.04 where there is nothing of any."""
        view, values = self._view(), dict[Path, Value]()
        for path in self.paths(request):
            try:
                values.update(leaves(path, read(view, path)))
            except Refused:  # §6.3.8: what is not there, or not readable, is left out
                continue
        if not values:
            return Reply(codes.NOT_FOUND, b"there is nothing of that")
        asked = request.content_format or 0
        content_format = _ANSWERED_IN.get(ContentFormat(asked), asked)
        if request.accept is not None:
            content_format = request.accept
        try:
            payload = codecs.encode_values(content_format, values, _REGISTRY)
        except UnsupportedFormat as error:
            return Reply(codes.NOT_ACCEPTABLE, str(error).encode())
        return Reply(codes.CONTENT, payload, content_format)

    def write(self, request: Request, body: bytes) -> Reply:
        """Write all values, or none of them; raises `Refused`, `CodecError`."""
        records = codecs.decode_records(request.content_format, body, _REGISTRY, 0.0)
        steps = [self._step(record.path, record.value) for record in records]
        undo = self._handlers.snapshot()
        try:
            for step in steps:
                step()
        except Exception:
            undo()
            raise
        return Reply(codes.CHANGED, block1=request.block1)

    def _step(self, path: Path, value: Value | None) -> Callable[[], None]:
        """Return what writes one value; raises `Refused` where nothing can be written."""
        parts = path.parts
        if value is None or len(parts) < 3:
            raise Refused(codes.BAD_REQUEST, f"{path} has no value")
        read(self._view(), Path(*parts[:2]))  # 4.04 where there is no such instance
        key = parts[0], parts[2]
        handler, several = self._handlers.writes.get(key), self._handlers.nodes.get(key)
        if several is not None and len(parts) == 4:
            one = ResourceInstance(parts[3], value)
            return lambda: several(parts[1], one, replace=False)
        if handler is None or len(parts) == 4 or parts[0] in _BY_THEMSELVES:
            raise Refused(codes.METHOD_NOT_ALLOWED, f"{path} is not written with others")
        return lambda: handler(parts[1], value)
