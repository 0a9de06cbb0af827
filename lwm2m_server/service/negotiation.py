"""Operations in one content format after the other, until the endpoint takes one (§7.4)."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Final, TypeVar

from objects.errors import InvalidValue, ObjectsError, UnsupportedFormat
from objects.path import Path
from objects.registry import Registry as Definitions
from objects.tree import Node, Resource, ResourceInstance
from objects.value import ResourceType

from ..protocol.formats import Shape
from ..protocol.operations import (
    CancelComposite,
    Create,
    ObserveComposite,
    Operation,
    ReadComposite,
    Response,
    Write,
    WriteComposite,
)
from ..protocol.registration import EndpointName, Registration
from .answers import Queued
from .errors import InvalidInput

# RFC 7252 §5.9.2: 4.02 of a client that does not know Accept, 4.06 and 4.15.
FORMAT_REFUSED: Final = frozenset({0x82, 0x86, 0x8F})
_ENDPOINTS: Final = 10_000

_Told = TypeVar("_Told", bound=Response | Queued)

Use = tuple[Shape, bool]
"""What a format is for: the shape of what it carries, and whether that is written."""


class LearnedFormats:
    """What endpoints took after they had refused another format, until they register anew.

    Bounded: of more endpoints than `most` the one that was asked for longest ago is forgotten.
    """

    def __init__(self, most: int = _ENDPOINTS) -> None:
        self._most = most
        self._known: OrderedDict[EndpointName, tuple[str, dict[Use, int]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def of(self, registration: Registration, use: Use) -> int | None:
        """Return what this registration took last, None where nothing was refused."""
        known = self._known.get(registration.endpoint)
        if known is None or known[0] != registration.id:
            return None
        self._known.move_to_end(registration.endpoint)
        return known[1].get(use)

    def learn(self, registration: Registration, use: Use, content_format: int) -> None:
        """Keep what was taken; what was learned of a former registration is forgotten."""
        known = self._known.get(registration.endpoint)
        if known is None or known[0] != registration.id:
            known = self._known[registration.endpoint] = (registration.id, {})
        known[1][use] = content_format
        self._known.move_to_end(registration.endpoint)
        if len(self._known) > self._most:
            self._known.popitem(last=False)


async def negotiated(
    learned: LearnedFormats,
    registration: Registration,
    use: Use,
    forms: Iterable[Operation],
    ask: Callable[[Operation], Awaitable[_Told]],
) -> tuple[Operation, _Told]:
    """Carry out the first form that is not refused for its format, or return the last refusal.

    `forms` holds one operation in at least one content format. Raises what `ask` and making a
    form raise.
    """
    refused = False
    for operation in forms:
        response = await ask(operation)
        if isinstance(response, Queued) or response.code not in FORMAT_REFUSED:
            took = _format_of(operation)
            if refused and isinstance(response, Response) and response.ok:
                if took is None:
                    took = response.content_format
                if took is not None:
                    learned.learn(registration, use, took)
            return operation, response
        refused = True
    return operation, response


def written(
    formats: Iterable[int], encode: Callable[[int], bytes], make: Callable[[bytes, int], Operation]
) -> Iterator[Operation]:
    """Yield an operation that carries a payload, in each format that can carry it.

    Raises `InvalidInput` for a payload that no format can carry, or that is wrong by itself.
    """
    why: UnsupportedFormat | None = None
    able = False
    for content_format in formats:
        try:
            payload = encode(content_format)
        except UnsupportedFormat as error:
            why = error
        except ObjectsError as error:
            raise InvalidInput(str(error)) from error
        else:
            able = True
            yield make(payload, content_format)
    if not able:
        raise InvalidInput(str(why or "no content format that the endpoint reads can carry this"))


def use_of(operation: Operation, definitions: Definitions) -> Use:
    """Return what the content format of an operation is for."""
    composite = isinstance(operation, _COMPOSITE)
    shape = Shape.COMPOSITE if composite else shape_at(operation.path, definitions)
    return shape, isinstance(operation, _WRITING)


_COMPOSITE: Final = (ReadComposite, WriteComposite, ObserveComposite, CancelComposite)
_WRITING: Final = (Write, WriteComposite, Create, CancelComposite)


def _format_of(operation: Operation) -> int | None:
    """Return what an operation tells its content in, or else what it accepts; None for neither."""
    told: int | None = getattr(operation, "content_format", None)
    accepted: int | None = getattr(operation, "accept", None)
    return accepted if told is None else told


def shape_at(path: Path, definitions: Definitions) -> Shape:
    """Return the shape of what a Read of `path` yields; a resource nobody defined may be any."""
    if path.resource_id is None:
        return Shape.TREE
    definition = definitions.find_resource(path)
    whole = path.resource_instance_id is None
    if whole and (definition is None or definition.multiple):
        return Shape.TREE
    is_bytes = definition is not None and definition.type is ResourceType.OPAQUE
    return Shape.BYTES if is_bytes else Shape.ONE


def shape_of(path: Path, node: Node, definitions: Definitions) -> Shape:
    """Return the shape of a node that is to be written to `path`."""
    match node:
        case Resource(content=content) if isinstance(content, tuple):
            return Shape.TREE
        case Resource() | ResourceInstance():
            try:
                kind = definitions.type_of(path, node.value)
            except InvalidValue as error:
                raise InvalidInput(f"{path}: {error}") from error
            return Shape.BYTES if kind is ResourceType.OPAQUE else Shape.ONE
    return Shape.TREE
