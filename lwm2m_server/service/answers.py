"""What comes back of an operation on an endpoint, typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from objects.codecs import Record
from objects.link_format import Link
from objects.path import Path
from objects.tree import Node

from ..protocol.operations import Response


@dataclass(frozen=True, slots=True)
class Asking:
    """How an operation is asked for.

    `content_format` is what to read or write in, None to let `protocol.formats` choose and try
    the next on 4.06 and 4.15; `path_format` likewise for the paths of composite operations.
    `timeout` is in seconds, None for the server's own. `patience` is for how many seconds a
    request may wait for an endpoint that sleeps, 0 for not at all, None for the queue's own.
    """

    content_format: int | None = None
    path_format: int | None = None
    timeout: float | None = None
    patience: float | None = None


ASKING = Asking()


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint answered, errors included: its code, and what it carried.

    Of `node` (Read, Observe), `records` (composite), `links` (Discover) and `created` (Create: the
    instance's path) at most one is there.
    """

    response: Response = field(repr=False)
    node: Node | None = None
    records: tuple[Record, ...] | None = None
    links: tuple[Link, ...] | None = None
    created: Path | None = None

    @property
    def ok(self) -> bool:
        """Whether the code is of class 2."""
        return self.response.ok


@dataclass(frozen=True, slots=True)
class Queued:
    """The endpoint sleeps: the request has this id, and its outcome will be a `response` event."""

    id: str


Result = Answer | Queued

Values = Mapping[Path, Node]
"""Nodes of any level by the path they hang at: what a Write-Composite carries."""
