"""What an endpoint's answer means, by the operation that it is to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from objects.codecs import ContentFormat, decode, decode_records
from objects.errors import ObjectsError
from objects.link_format import Link, parse
from objects.path import Path
from objects.registry import Registry as Definitions
from objects.tree import Object

from ..protocol.operations import (
    CancelComposite,
    CancelObservation,
    Create,
    Discover,
    Observe,
    ObserveComposite,
    Operation,
    Read,
    ReadComposite,
    Response,
)
from .answers import Answer
from .errors import UnreadableAnswer


@dataclass(frozen=True, slots=True)
class _Asked:
    operation: Operation
    root: str
    definitions: Definitions
    now: float


def answer_of(
    root: str,
    operation: Operation,
    response: Response,
    definitions: Definitions,
    now: float,
) -> Answer:
    """Return what `response` carries, typed; an error code is an answer that carries nothing.

    `root` is the client's alternate path, `definitions` are those of the object versions that the
    endpoint registered with, `now` what relative times of records count from. Raises
    `UnreadableAnswer`.
    """
    answer = Answer(response)
    carried = _CARRIED.get(type(operation))
    if carried is None or not response.ok:
        return answer
    try:
        return carried(answer, _Asked(operation, root, definitions, now))
    except ObjectsError as error:
        raise UnreadableAnswer(operation.path, str(error)) from error


def _node(answer: Answer, asked: _Asked) -> Answer:
    told = answer.response
    content_format, path = _format_of(told, asked), asked.operation.path
    return replace(
        answer, node=decode(content_format, told.payload, path, asked.definitions, asked.root)
    )


def _records(answer: Answer, asked: _Asked) -> Answer:
    told = answer.response
    content_format = _format_of(told, asked)
    records = decode_records(content_format, told.payload, asked.definitions, asked.now, asked.root)
    return replace(answer, records=records)


def _format_of(told: Response, asked: _Asked) -> int | None:
    """Return what an answer is in: where it does not say, only what was accepted can be it."""
    if told.content_format is not None:
        return told.content_format
    accepted: int | None = getattr(asked.operation, "accept", None)  # RFC 7252 §5.10.4
    return accepted


def _last_node(answer: Answer, asked: _Asked) -> Answer:
    return _node(answer, asked) if _tells_last(answer, asked) else answer


def _last_records(answer: Answer, asked: _Asked) -> Answer:
    return _records(answer, asked) if _tells_last(answer, asked) else answer


def _tells_last(answer: Answer, asked: _Asked) -> bool:
    """Whether the end of an observation came with the value, as that of an active one may."""
    cancel = asked.operation
    assert isinstance(cancel, CancelObservation | CancelComposite)  # noqa: S101 - see the table below
    return cancel.active and bool(answer.response.payload)


def _links(answer: Answer, asked: _Asked) -> Answer:
    links = parse(answer.response.payload)
    return replace(answer, links=tuple(_below(asked.root, link) for link in links))


def _created(answer: Answer, asked: _Asked) -> Answer:
    """Take the instance from Location-Path (OMA LwM2M Transport 1.1 §6.4.4)."""
    segments = answer.response.location
    above = tuple(part for part in asked.root.split("/") if part)
    if above and segments[: len(above)] == above:
        segments = segments[len(above) :]
    told = Path.parse("/".join(segments)) if segments else _named(asked)
    return replace(answer, created=told)


def _named(asked: _Asked) -> Path | None:
    """Return the instance that a Create named itself: its answer then may have no location."""
    create = asked.operation
    assert isinstance(create, Create)  # noqa: S101 - see the table below
    if create.content_format in _NAMELESS and not _is_instance(create.payload):
        return None
    told = create.content_format, create.payload
    node = decode(*told, create.path, asked.definitions, root=asked.root)
    named = node.instances if isinstance(node, Object) else ()
    return create.path.child(named[0].id) if named else None


def _is_instance(payload: bytes) -> bool:
    """Whether a TLV begins with an object instance (§7.4.3, bits 7-6 of the type)."""
    return bool(payload) and payload[0] >> 6 == 0


def _below(root: str, link: Link) -> Link:
    """Return a link as it is below the client's alternate path."""
    if root == "/" or not link.target.startswith(f"{root}/"):
        return link
    return Link(link.target[len(root) :], link.attributes)


# TLV alone carries resources without the instance that they are of.
_NAMELESS: Final = frozenset({ContentFormat.TLV, ContentFormat.OLD_TLV})

_CARRIED: Final[Mapping[type, Callable[[Answer, _Asked], Answer]]] = MappingProxyType(
    {
        Read: _node,
        Observe: _node,
        CancelObservation: _last_node,
        ReadComposite: _records,
        ObserveComposite: _records,
        CancelComposite: _last_records,
        Discover: _links,
        Create: _created,
    }
)
