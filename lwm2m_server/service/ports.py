"""What the use-cases need of the world: Protocols that the shells implement."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from compiler.spec import BuildSpec, Built
from compiler.summary import ModelSummary
from objects.path import Path

from ..protocol.events import Event, EventKind
from ..protocol.identity import Identity
from ..protocol.operations import Operation, Response
from ..protocol.queued_request import QueuedRequest
from ..protocol.registration import EndpointName, Registration
from .answers import Queued
from .bootstrap_ports import ConfigurationRepository
from .records import (
    DeploymentRecord,
    DeviceRecord,
    ObservedTarget,
    SealedCredential,
)
from .views import BuildView


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


class RegistrationRepository(Protocol):
    """Registrations as they survive a restart."""

    async def all(self) -> list[Registration]:
        """Return every stored registration."""
        ...

    async def write(self, put: Sequence[Registration], remove: Sequence[EndpointName]) -> None:
        """Insert or replace, and remove, by endpoint; all of it durable on return or none.

        No endpoint is told of twice.
        """
        ...


class DeviceRepository(Protocol):
    """What is known of endpoints, registered or not."""

    async def all(self) -> list[DeviceRecord]:
        """Return every endpoint, by name."""
        ...

    async def write(self, devices: Sequence[DeviceRecord]) -> None:
        """Insert or replace, all of them durable on return or none."""
        ...


class BuildRepository(Protocol):
    """Builds by key."""

    async def latest(self, limit: int) -> list[BuildView]:
        """Return builds, newest first."""
        ...

    async def get(self, key: str) -> BuildView | None:
        """Return one build."""
        ...

    async def put(self, build: BuildView) -> None:
        """Insert or replace."""
        ...


class DeploymentRepository(Protocol):
    """Deployments, machines included."""

    async def latest(self, endpoint: EndpointName | None, limit: int) -> list[DeploymentRecord]:
        """Return deployments, newest first."""
        ...

    async def unfinished(self) -> list[DeploymentRecord]:
        """Return those without an outcome."""
        ...

    async def get(self, deployment: str) -> DeploymentRecord | None:
        """Return one deployment."""
        ...

    async def put(self, deployment: DeploymentRecord) -> None:
        """Insert or replace; durable on return."""
        ...


class EventRepository(Protocol):
    """The event log as it survives a restart."""

    async def last_id(self) -> int:
        """Return the highest id ever stored, 0 for none."""
        ...

    async def append(self, events: Sequence[Event]) -> None:
        """Store events; their ids are given.

        They outlive the process, and a power cut from the next durable write on.
        """
        ...

    async def after(self, event: int, limit: int) -> list[Event]:
        """Return events with an id above `event`, oldest first."""
        ...

    async def trim(self, keep: int) -> None:
        """Remove all but the newest `keep` events."""
        ...


class ObservationRepository(Protocol):
    """What operators observe."""

    async def all(self) -> dict[EndpointName, tuple[ObservedTarget, ...]]:
        """Return what is observed, by endpoint."""
        ...

    async def write(self, endpoint: EndpointName, observed: Sequence[ObservedTarget]) -> None:
        """Keep what is observed of one endpoint, in place of what was; durable on return."""
        ...


class CredentialRepository(Protocol):
    """Credentials, sealed: storage never sees a key."""

    async def all(self) -> list[SealedCredential]:
        """Return every credential, in the order of their ids."""
        ...

    async def write(self, put: Sequence[SealedCredential], remove: Sequence[str]) -> None:
        """Remove by id, then insert or replace, all of it durable on return or none."""
        ...


class RequestRepository(Protocol):
    """Requests that wait for endpoints in queue mode, and how they ended."""

    async def waiting(self) -> list[QueuedRequest]:
        """Return those that have not ended, in the order in which they were asked for."""
        ...

    async def get(self, request: str) -> QueuedRequest | None:
        """Return one request."""
        ...

    async def latest(self, endpoint: EndpointName | None, limit: int) -> list[QueuedRequest]:
        """Return requests, newest first."""
        ...

    async def write(self, put: Sequence[QueuedRequest], remove: Sequence[str]) -> None:
        """Remove by id, then insert or replace, all of it durable on return or none."""
        ...

    async def trim(self, keep: int, before: float) -> None:
        """Remove what ended before that time, and all that ended but the newest `keep`."""
        ...


class Repositories(Protocol):
    """Everything that storage offers."""

    @property
    def credentials(self) -> CredentialRepository:
        """The credentials."""
        ...

    @property
    def configurations(self) -> ConfigurationRepository:
        """The bootstrap configurations."""
        ...

    @property
    def registrations(self) -> RegistrationRepository:
        """The registrations."""
        ...

    @property
    def observations(self) -> ObservationRepository:
        """What operators observe."""
        ...

    @property
    def devices(self) -> DeviceRepository:
        """The endpoints."""
        ...

    @property
    def builds(self) -> BuildRepository:
        """The builds."""
        ...

    @property
    def deployments(self) -> DeploymentRepository:
        """The deployments."""
        ...

    @property
    def requests(self) -> RequestRepository:
        """The queued requests."""
        ...

    @property
    def events(self) -> EventRepository:
        """The event log."""
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
