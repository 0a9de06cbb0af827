"""What the use-cases need of the world: Protocols that the shells implement.

What they need of storage is in `repositories`.
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from compiler.spec import BuildSpec, Built
from compiler.summary import ModelSummary
from objects.path import Path

from ..protocol.events import Event, EventKind
from ..protocol.identity import Identity
from ..protocol.operations import Operation, Response
from ..protocol.registration import EndpointName, Registration
from .answers import Queued


class Unreachable(Exception):
    """The endpoint did not answer: a time-out, or the network said no."""


class Unsent(Unreachable):
    """Nothing has left the server: there is no way to the endpoint now, or a limit of ours."""


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

    def package_uri(
        self, registration: Registration, token: str, schemes: Collection[str] | None = None
    ) -> str:
        """Return the URI (at most 127 characters) under which `token`'s image is pulled.

        `schemes` are those that the device can pull by, None where that is not told. The one
        it registered by is preferred, and plain CoAP will do: an image is signed, and its
        token nobody can foresee. Raises `Unreachable` where no such URI can be told.
        """
        ...

    async def aclose(self) -> None:
        """Fail what is under way and release the sockets."""
        ...


class Submitter(Protocol):
    """Where requests of operators go: out at once, or into the queue of an endpoint that sleeps."""

    async def submit(
        self,
        registration: Registration,
        operation: Operation,
        patience: float | None = None,
        otherwise: Sequence[Operation] = (),
        /,
    ) -> Response | Queued:
        """Carry out an operation, or keep it until the endpoint is awake.

        `patience` is in seconds, as in `Asking`. An answer that comes at once is returned as it
        is. Where the request is kept, `otherwise` is the same operation in other content formats,
        to be sent in turn after a 4.06 or 4.15. Raises `EndpointUnreachable`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Package:
    """Bytes to be pulled, and the ETag that tells them from others (RFC 7252 §5.10.6)."""

    data: bytes = field(repr=False)
    etag: bytes


class PullSource(Protocol):
    """Where the transport finds the image behind a pull token."""

    def package(self, token: str) -> Package | None:
        """Return what is served under `token`, None where there is no such token."""
        ...

    def pulled(self, token: str, done: int, total: int) -> None:
        """Note that the endpoint has fetched `done` of `total` bytes."""
        ...


class BuildRunner(Protocol):
    """Parses and builds apart from the server, which holds the keys; what hangs is killed."""

    async def run(self, spec: BuildSpec, progress: Callable[[str], None]) -> Built:
        """Build, or raise the `CompileError` that the build ended with."""
        ...

    async def check(self, model: bytes) -> ModelSummary:
        """Say what `model` is, or raise the `CompileError` that tells why it cannot be served."""
        ...


class EventSink(Protocol):
    """Where use-cases report what happened."""

    def emit(
        self, kind: EventKind, at: float, endpoint: EndpointName | None, data: dict[str, Any]
    ) -> None:
        """Take note of an event (see `Event`); never blocks and never fails the caller."""
        ...

    def emit_all(
        self, at: float, happened: Iterable[tuple[EventKind, EndpointName | None, dict[str, Any]]]
    ) -> None:
        """Take note of events of one time, in order."""
        ...


class EventFeed(Protocol):
    """Where the API reads what happened."""

    async def recent(self, after: int, limit: int) -> list[Event]:
        """Return stored events with an id above `after`, oldest first."""
        ...

    def follow(self, after: int) -> AsyncIterator[Event]:
        """Yield stored events above `after`, then new ones as they happen."""
        ...


class Clock(Protocol):
    """What time it is, and being called when it is later; seconds since the epoch."""

    def now(self) -> float:
        """Return the time."""
        ...

    def call_at(self, when: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` once at `when`; return what cancels that."""
        ...


class Admission(Protocol):
    """Who may speak for an endpoint: asked on Register, Update, De-register and Send."""

    def admit(self, identity: Identity, endpoint: EndpointName) -> None:
        """Return where `identity` may speak for `endpoint`; raises `Forbidden` (4.03)."""
        ...

    def may_stay(self, identity: Identity, endpoint: EndpointName) -> bool:
        """Whether what `identity` registered for `endpoint` once may stay registered."""
        ...

    def endpoint_of(self, identity: Identity) -> EndpointName | None:
        """Return the endpoint that `identity` speaks for, None where it is known by nothing."""
        ...


class Sequences(Protocol):
    """Numbers that are never given out twice, whatever happens (RFC 8613 §7.2.1)."""

    def reserve(self, name: str, count: int) -> int:
        """Return the first of `count` numbers that were never given out, durable on return."""
        ...


class Keyring(Protocol):
    """What a DTLS engine asks: answers are immediate, from memory."""

    def psk(self, identity: str) -> bytes | None:
        """Return the pre-shared key of a PSK identity, None where there is none."""
        ...

    def oscore(self, sender: str) -> bytes | None:
        """Return the master secret of an OSCORE sender id (hex), None where there is none."""
        ...

    def peer_of_certificate(self, der: bytes) -> Identity | None:
        """Return who presents this certificate, None where nobody we know of does.

        `der` is an end-entity certificate whose possession the handshake proves. Trust,
        validity and the name are judged here.
        """
        ...

    def trusted(self) -> tuple[bytes, ...]:
        """Return the certificates (DER) that devices' certificates are, or are signed by.

        It is for engines that judge by themselves before they ask `peer_of_certificate`.
        """
        ...

    def peer_of_public_key(self, spki: bytes) -> Identity | None:
        """Return who has this raw public key (SubjectPublicKeyInfo, DER), None for a stranger."""
        ...

    def own_certificate(self) -> tuple[bytes, bytes] | None:
        """Return the server's certificate chain and private key (PEM), None where there is none."""
        ...
