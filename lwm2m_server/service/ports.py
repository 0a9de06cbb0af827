"""What the use-cases need of the world: Protocols that the shells implement."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

from compiler.build import BuildSpec, Built
from objects.path import Path

from ..protocol.events import Event
from ..protocol.operations import Operation, Response
from ..protocol.registration import Registration


class Unreachable(Exception):
    """The endpoint did not answer: a time-out, or the network said no."""


class Downlink(Protocol):
    """Requests to a registered endpoint, from the port it registered with."""

    async def request(self, registration: Registration, operation: Operation) -> Response:
        """Carry out one operation. Raises `Unreachable`; an error code is an answer."""
        ...

    async def push(
        self,
        registration: Registration,
        path: Path,
        image: bytes,
        progress: Callable[[int, int], None],
    ) -> Response:
        """Write `image` (opaque) to `path` by Block1 and return the last answer.

        `progress(done, total)` in bytes after each acknowledged block. Each block is
        retried by itself; a 4.08 starts again at block 0, a 4.13 shrinks the blocks.
        Raises `Unreachable` when no block got through for the progress time-out.
        """
        ...

    def package_uri(self, registration: Registration, token: str) -> str:
        """Return the URI (at most 127 characters) under which `token`'s image is pulled."""
        ...

    async def aclose(self) -> None:
        """Fail what is under way and release the sockets."""
        ...


class PullSource(Protocol):
    """Where the transport finds the image behind a pull token."""

    def image(self, token: str) -> bytes | None:
        """Return the immutable bytes of `token`, None where there is no such token."""
        ...

    def pulled(self, token: str, done: int, total: int) -> None:
        """Note that the endpoint has fetched `done` of `total` bytes."""
        ...


class BuildRunner(Protocol):
    """Runs one build apart from the server, so that it can be killed and take nothing along."""

    async def run(self, spec: BuildSpec, progress: Callable[[str], None]) -> Built:
        """Build, or raise the `CompileError` that the build ended with."""
        ...


class EventSink(Protocol):
    """Where use-cases report what happened."""

    def emit(self, event: Event) -> None:
        """Take note; never blocks and never fails the caller."""
        ...


class EventFeed(Protocol):
    """Where the API reads what happened."""

    async def recent(self, after: int, limit: int) -> list[Event]:
        """Return stored events with an id above `after`, oldest first."""
        ...

    def follow(self, after: int) -> AsyncIterator[Event]:
        """Yield stored events above `after`, then new ones as they happen."""
        ...


Json = dict[str, Any]
