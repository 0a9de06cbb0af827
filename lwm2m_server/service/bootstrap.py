"""The bootstrap server's use-cases: who comes is given what is meant for it (Core 1.2 §6.1)."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any, Final

from objects.codecs import ContentFormat, composite, decode, encode_values
from objects.errors import ObjectsError
from objects.path import Path
from objects.server import OBJECT_ID as SERVER
from objects.server import Resource as ServerResource
from objects.tree import leaves

from ..protocol.bootstrap import begin
from ..protocol.bootstrap_configuration import Configuration
from ..protocol.bootstrap_request import Asked, BootstrapRequest, parse
from ..protocol.bootstrap_session import Phase, Rules, Session
from ..protocol.errors import (
    Forbidden,
    InvalidConfiguration,
    InvalidCredential,
    InvalidRequest,
    NotAcceptable,
    NothingToBootstrap,
    Overloaded,
)
from ..protocol.events import EventKind
from ..protocol.identity import Identity, SecurityMode
from ..protocol.operations import Execute
from ..protocol.registration import EndpointName
from .answers import Queued
from .bootstrap_configurations import Configurations
from .bootstrap_ports import BootstrapPeer
from .bootstrap_run import BootstrapRun
from .credentials import CredentialService
from .errors import Conflict, NotFound, OperationRefused, ServiceError
from .gateway import Gateway
from .ports import Clock, EventSink, Submitter
from .refusals import Refusals
from .values import json_of

MOST: Final = 4096
"""Bootstraps that are under way at once; one more is told to come again (5.03)."""

_UNPROVEN: Final = (
    "its bootstrap configuration has keys: connect by coaps with a credential (`tinymlaas"
    " credentials add {endpoint} --bootstrap`), or let the configuration give them in clear"
)


Pack = tuple[int, bytes]
"""A content format, and all of a configuration in it."""


@dataclass(frozen=True, slots=True)
class SessionView:
    """A bootstrap under way; `began_at` is in seconds since the epoch."""

    endpoint: EndpointName
    phase: Phase
    began_at: float
    written: tuple[str, ...]


class BootstrapService:
    """What the transport calls for `/bs` and `/bspack`, and operators for the rest.

    `credentials` are those by which endpoints prove themselves here; `issuer` has those that
    they register with, of which an own account is handed out.
    """

    def __init__(
        self,
        *,
        configurations: Configurations,
        credentials: CredentialService,
        issuer: CredentialService,
        gateway: Gateway,
        submitter: Submitter,
        events: EventSink,
        clock: Clock,
        rules: Rules,
        most: int = MOST,
    ) -> None:
        self.configurations = configurations
        self.credentials = credentials
        self._issuer = issuer
        self._gateway = gateway
        self._submitter = submitter
        self._events = events
        self._clock = clock
        self._rules = rules
        self._most = most
        self._refusals = Refusals(events, clock)
        self._runs: dict[EndpointName, BootstrapRun] = {}
        credentials.listen(self._revoked)

    async def aclose(self) -> None:
        """End what is under way."""
        for run in list(self._runs.values()):
            run.end("the server is shutting down")
        await self.credentials.aclose()

    # --- what clients ask -------------------------------------------------------------------

    def request(self, request: BootstrapRequest, peer: BootstrapPeer) -> None:
        """Begin to bootstrap who asks; the first operation leaves after this request's answer.

        A newer request of an endpoint ends what is under way. Raises `InvalidRequest`,
        whose `code` is the answer, `Forbidden` where the peer may not speak for the endpoint.
        """
        asked = parse(request, self.credentials.endpoint_of(request.identity))
        former = self._runs.get(asked.endpoint)
        if former is not None and request.key is not None and former.key == request.key:
            return  # the same datagram once more
        configuration = self._admitted(request, asked)
        if former is not None:
            former.end("the endpoint asked anew")
        elif len(self._runs) >= self._most:
            raise Overloaded(f"{self._most} bootstraps are under way; come again")
        now = self._clock.now()
        run = BootstrapRun(
            begin(asked.endpoint, configuration, asked.preferred, now, self._rules),
            peer,
            identity=request.identity,
            key=request.key,
            prepare=self._prepared,
            refused=(ServiceError, InvalidConfiguration, InvalidCredential),
            done=self._done,
            clock=self._clock,
            rules=self._rules,
        )
        self._runs[asked.endpoint] = run
        told = {"phase": Phase.BEGINNING.value, "address": request.address}
        self._tell(asked.endpoint, told | {"identity": request.identity.name})
        run.start()

    def packed(
        self, request: BootstrapRequest, accept: int | None, *, again: bool = False
    ) -> "asyncio.Future[Pack]":
        """Return what will be the Bootstrap-Pack (§6.1.7): its content format and its bytes.

        `accept` is a content format number, None for SenML CBOR; `again` where a client asks for
        the rest of what it has begun to fetch, of which nothing is told. Raises as
        `request` does, and `NotAcceptable` (4.06).
        """
        asked = parse(request, self.credentials.endpoint_of(request.identity))
        configuration = self._admitted(request, asked)
        content_format = ContentFormat.SENML_CBOR if accept is None else accept
        if content_format not in composite():
            formats = ", ".join(str(int(one)) for one in sorted(composite()))
            raise NotAcceptable(f"content format {content_format}: a pack is one of {formats}")
        making = self._pack(asked.endpoint, configuration, content_format)
        address = None if again else request.address
        return asyncio.get_running_loop().create_task(self._told(asked.endpoint, making, address))

    # --- what operators do ------------------------------------------------------------------

    def sessions(self) -> list[SessionView]:
        """Return the bootstraps under way, by endpoint."""
        found = sorted(self._runs.items())
        return [
            SessionView(name, one.session.phase, one.session.began_at, _paths(one.session.written))
            for name, one in found
        ]

    def cancel(self, endpoint: EndpointName) -> None:
        """End the bootstrap of an endpoint; raises `NotFound`."""
        run = self._runs.get(endpoint)
        if run is None:
            raise NotFound("bootstrap under way of", endpoint)
        run.end("an operator ended it")

    async def trigger(self, endpoint: EndpointName, instance: int | None = None) -> Queued | None:
        """Have a registered endpoint ask its bootstrap server anew (Execute /1/x/9).

        `instance` is that of Object 1 by which it knows this server, by default its first. An
        endpoint that sleeps is told once it wakes, and the request is returned that waits. Raises
        `NotRegistered`, `Conflict` where the endpoint's version has no such resource,
        `EndpointUnreachable` and `OperationRefused`.
        """
        registration = self._gateway.registration(endpoint)
        if registration.lwm2m_version == "1.0":
            raise Conflict(
                f"{endpoint} speaks LwM2M 1.0, which has no Bootstrap-Request Trigger: restart it"
            )
        if instance is None:
            there = [path.instance_id for path in registration.objects if path.object_id == SERVER]
            instance = next((one for one in there if one is not None), 0)
        path = Path(SERVER, instance, ServerResource.BOOTSTRAP_REQUEST_TRIGGER)
        answer = await self._submitter.submit(registration, Execute(path))
        if isinstance(answer, Queued):
            return answer
        if not answer.ok:
            raise OperationRefused("Execute", path, answer.code)
        self._tell(endpoint, {"phase": "triggered"})
        return None

    # --- inside -----------------------------------------------------------------------------

    def _admitted(self, request: BootstrapRequest, asked: Asked) -> Configuration:
        """Return what is meant for the endpoint; raises as `request` does."""
        try:
            self.credentials.admit(request.identity, asked.endpoint)
            return self._meant(request.identity, asked.endpoint)
        except InvalidRequest as refusal:
            self._refusals.note(asked.endpoint, request.address, str(refusal))
            raise

    def _meant(self, identity: Identity, endpoint: EndpointName) -> Configuration:
        try:
            found = self.configurations.for_endpoint(endpoint)
        except InvalidConfiguration as fault:
            raise NothingToBootstrap(f"the configuration of {endpoint}: {fault}") from None
        if found is None:
            raise NothingToBootstrap(
                f"{endpoint} has no bootstrap configuration, nor is there a default"
            )
        unproven = identity.mode is SecurityMode.NOSEC
        if unproven and (found.own or (found.holds_keys and not found.in_clear)):
            raise Forbidden(_UNPROVEN.format(endpoint=endpoint))
        return found

    async def _prepared(self, session: Session) -> Session:
        configuration = await self._with_own(session.endpoint, session.configuration)
        return replace(session, configuration=configuration)

    async def _with_own(self, endpoint: EndpointName, told: Configuration) -> Configuration:
        """Return a configuration whose own accounts are instances like all others, and first."""
        made = [
            (
                Path(0, one.instance),
                await self._issuer.provide(endpoint, one.uri, one.short_server_id, one.instance),
            )
            for one in told.own
        ]
        return replace(told, own=(), instances=(*made, *told.instances))

    async def _pack(self, endpoint: EndpointName, told: Configuration, content_format: int) -> Pack:
        try:
            whole = await self._with_own(endpoint, told)
            values = {at: value for path, one in whole.instances for at, value in leaves(path, one)}
            payload = encode_values(content_format, values, self._rules.definitions)
        except ServiceError as fault:
            raise NothingToBootstrap(f"the configuration of {endpoint}: {fault}") from None
        except ObjectsError:
            # Its text could show a value, which may be a key.
            raise NothingToBootstrap(f"the configuration of {endpoint} cannot be packed") from None
        return content_format, payload

    async def _told(
        self, endpoint: EndpointName, making: Coroutine[Any, Any, Pack], address: str | None
    ) -> Pack:
        """Return a pack, and tell what became of it unless it has been told (`address` None)."""
        data: dict[str, Any] = {"phase": "packed", "address": address}
        try:
            return await making
        except NothingToBootstrap as refusal:
            data |= {"phase": Phase.FAILED.value, "reason": str(refusal)}
            raise
        finally:
            if address is not None:
                self._tell(endpoint, data)

    def _done(self, run: BootstrapRun) -> None:
        session = run.session
        if self._runs.get(session.endpoint) is run:
            del self._runs[session.endpoint]
        data: dict[str, Any] = {"phase": session.phase.value}
        data["written"] = list(_paths(session.written))
        if session.reason is not None:
            data["reason"] = session.reason
        if session.notes:
            data["notes"] = list(session.notes)
        if session.read:
            data["read"] = self._shown(session)
        self._tell(session.endpoint, data)

    def _shown(self, session: Session) -> dict[str, Any]:
        """Return what was read of Objects 1 and 2, which hold no keys."""
        shown: dict[str, Any] = {}
        for path, response in session.read:
            try:
                definitions = self._rules.definitions
                node = decode(response.content_format, response.payload, path, definitions)
            except ObjectsError as fault:
                shown[str(path)] = f"unreadable: {fault}"
                continue
            shown |= {str(at): json_of(value) for at, value in leaves(path, node)}
        return shown

    def _revoked(self, identity: Identity, endpoint: EndpointName) -> None:
        run = self._runs.get(endpoint)
        if run is not None and run.identity == identity:
            run.end("its credential was revoked")

    def _tell(self, endpoint: EndpointName, data: dict[str, Any]) -> None:
        self._events.emit(EventKind.BOOTSTRAP, self._clock.now(), endpoint, data)


def _paths(paths: tuple[Path, ...]) -> tuple[str, ...]:
    return tuple(str(path) for path in paths)
