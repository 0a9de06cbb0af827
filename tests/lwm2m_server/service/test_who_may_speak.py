"""Nobody speaks for an endpoint but who may, whatever happens in whatever order.

Peers prove themselves as a handshake would have them, and keep their sessions through what
operators do meanwhile; the law is told by a model of what each session was proven with.
"""

import asyncio
import contextlib
from collections.abc import Coroutine
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from lwm2m_server.protocol.errors import Forbidden, InvalidRequest, UnknownRegistration
from lwm2m_server.protocol.identity import NOSEC, Identity, SecurityMode
from lwm2m_server.protocol.registration import RegisterRequest, Registration, UpdateRequest
from lwm2m_server.service.credentials import CredentialService
from lwm2m_server.service.errors import Conflict, InvalidInput, NotFound
from lwm2m_server.service.events import EventLog
from lwm2m_server.service.issuing import NewCredential
from lwm2m_server.service.registration import RegistrationService

from ..pki import NOW, authority, end_entity, leaf
from .memory import Memory
from .test_credentials import MASTER
from .world import FakeClock, settle

ENDPOINTS = ("a", "b")
CA = authority("a CA")
PINNED = {name: end_entity(name) for name in ENDPOINTS}
ISSUED = {name: leaf(CA, name) for name in ENDPOINTS}
LINKS = b"</3/0>"


@dataclass(eq=False)
class Session:
    """A peer that has proven to be `identity`, by what `proof` names: a key or certificate."""

    identity: Identity
    proof: object
    address: str


class Trust(RuleBasedStateMachine):
    """One server after the other on the same storage; sessions live as long as a server."""

    sessions = Bundle("sessions")
    credentials = Bundle("credentials")
    registrations = Bundle("registrations")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.memory = Memory()
        self.clock = FakeClock()
        self.clock.time = NOW
        self.numbers = count()
        self.live: set[Session] = set()
        # What is in force: its endpoint (None: a CA's) by the id, and what proves it.
        self.bound: dict[str, str | None] = {}
        self.proofs: dict[str, object] = {}
        self.owner: dict[str, Session] = {}  # of each registration
        self.start(allow_nosec=True)

    def teardown(self) -> None:
        self.stop()
        self.loop.close()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def start(self, *, allow_nosec: bool) -> None:
        self.allow_nosec = allow_nosec
        self.do(self._start())

    async def _start(self) -> None:
        self.events = EventLog(self.memory.events)
        number = lambda: f"n{next(self.numbers)}"  # noqa: E731
        self.service = CredentialService(
            repository=self.memory.credentials,
            master_key=MASTER,
            events=self.events,
            clock=self.clock,
            new_id=number,
            allow_nosec=self.allow_nosec,
        )
        self.registry = RegistrationService(
            self.memory.registrations, self.events, self.clock, number, admission=self.service
        )
        self.service.listen(self.registry.revoked)
        self.service.listen(self._end)
        self.service.listen_for_authorities(self.registry.reconsider)
        await self.events.start()
        await self.service.start()
        await self.registry.start()
        await settle()

    def stop(self) -> None:
        async def stopped() -> None:
            await self.registry.aclose()
            await self.service.aclose()
            await self.events.aclose()

        self.do(stopped())

    def _end(self, identity: Identity, _endpoint: str) -> None:
        """What the sockets do: nothing proves a NoSec peer, so nothing of it ends."""
        if identity is not NOSEC:
            self.live -= {one for one in self.live if one.identity == identity}

    # --- the law ----------------------------------------------------------------------------

    def may_speak(self, session: Session, endpoint: str) -> bool:
        mine = [one for one, whose in self.bound.items() if whose == endpoint]
        if session.identity is NOSEC:
            return self.allow_nosec and not mine
        if session.proof is CA:
            trusted = any(self.proofs[one] is CA for one in self.bound)
            return trusted and not mine and session.identity.name == endpoint
        return any(self.proofs[one] == session.proof for one in mine)

    @invariant()
    def every_registration_is_of_one_who_may_speak(self) -> None:
        for one in self.registry.all():
            assert self.may_speak(self.owner[one.id], one.endpoint), one

    @invariant()
    def what_is_stored_is_what_is_in_force(self) -> None:
        self.do(settle())
        stored = {one.id: one.identity for one in self.memory.registrations.stored.values()}
        assert stored == {one.id: one.identity for one in self.registry.all()}

    # --- what operators do ------------------------------------------------------------------

    def _added(self, asked: NewCredential, proof: object) -> Any:
        try:
            issued = self.do(self.service.add(asked))
        except InvalidInput:  # the identity is taken
            return multiple()
        return self._noted(issued, asked.endpoint, proof)

    def _noted(self, issued: Any, endpoint: str | None, proof: object) -> Any:
        number = issued.credential.id
        self.bound[number] = endpoint
        self.proofs[number] = issued.key or proof
        return number

    @rule(
        target=credentials,
        endpoint=st.sampled_from(ENDPOINTS),
        name=st.sampled_from((None, *ENDPOINTS)),
    )
    def add_a_key(self, endpoint: str, name: str | None) -> Any:
        return self._added(NewCredential(endpoint, identity=name), None)

    @rule(
        target=credentials,
        endpoint=st.sampled_from(ENDPOINTS),
        name=st.sampled_from(ENDPOINTS),
    )
    def pin_a_certificate(self, endpoint: str, name: str) -> Any:
        der = PINNED[name]
        return self._added(NewCredential(endpoint, SecurityMode.X509, public=der), der)

    @rule(target=credentials)
    def trust_a_ca(self) -> Any:
        return self._added(NewCredential(None, SecurityMode.X509, public=CA.der), CA)

    @rule(target=credentials, credential=credentials)
    def rotate(self, credential: str) -> Any:
        found = next((one for one in self.service.list() if one.id == credential), None)
        if found is None or found.mode is not SecurityMode.PSK:
            return multiple()
        try:
            issued = self.do(self.service.rotate(credential))
        except (Conflict, InvalidInput):  # it is being replaced, or the next name is taken
            return multiple()
        return self._noted(issued, found.endpoint, None)

    @rule(credential=consumes(credentials))
    def revoke(self, credential: str) -> None:
        with contextlib.suppress(NotFound):
            self.do(self.service.revoke(credential))
        self.bound.pop(credential, None)

    @rule()
    def let_rotations_end(self) -> None:
        """A week is over; those that were replaced are gone."""
        self.do(self._pass(8 * 86400))

    @rule(allow_nosec=st.booleans())
    def restart(self, allow_nosec: bool) -> None:
        self.stop()
        self.live = {one for one in self.live if one.identity is NOSEC}
        self.start(allow_nosec=allow_nosec)

    # --- what peers do ----------------------------------------------------------------------

    @rule(target=sessions)
    def come_unproven(self) -> Session:
        return self._session(NOSEC, None)

    @rule(target=sessions, name=st.sampled_from((*ENDPOINTS, "a~2", "b~2", "a~3")))
    def come_by_a_key(self, name: str) -> Any:
        key = self.do(self._called(self.service.psk, name))
        return self._session(Identity(SecurityMode.PSK, name), key) if key else multiple()

    @rule(target=sessions, name=st.sampled_from(ENDPOINTS), issued=st.booleans())
    def come_by_a_certificate(self, name: str, issued: bool) -> Any:
        der = (ISSUED if issued else PINNED)[name]
        who = self.do(self._called(self.service.peer_of_certificate, der))
        return multiple() if who is None else self._session(who, CA if issued else der)

    def _session(self, identity: Identity, proof: object) -> Session:
        made = Session(identity, proof, f"peer-{next(self.numbers)}")
        self.live.add(made)
        return made

    @rule(target=registrations, session=sessions, endpoint=st.sampled_from((*ENDPOINTS, None)))
    def register(self, session: Session, endpoint: str | None) -> Any:
        if session not in self.live:
            return multiple()
        query = () if endpoint is None else (f"ep={endpoint}",)
        named = endpoint or self.service.endpoint_of(session.identity)
        request = RegisterRequest(session.address, query, LINKS, session.identity)
        former = {one.id for one in self.registry.all()}
        there = self.registry.by_endpoint(named or "")
        # What a CA's word has registered stays until it ends, though the name is not bound.
        proven = there is not None and there.identity is not NOSEC and session.identity is NOSEC
        if named is None or proven or not self.may_speak(session, named):
            with pytest.raises(InvalidRequest):
                self.do(self._called(self.registry.register, request))
            assert {one.id for one in self.registry.all()} == former
            return multiple()
        accepted = self.do(self._called(self.registry.register, request))
        self.owner[accepted.id] = session
        self._first_use()
        return accepted.id

    @rule(session=sessions, registration=registrations, leave=st.booleans())
    def speak(self, session: Session, registration: str, leave: bool) -> None:
        """Update or De-register what may be somebody else's."""
        if session not in self.live:
            return
        found = {one.id: one for one in self.registry.all()}.get(registration)
        try:
            if leave:
                self.do(self._called(self.registry.deregister, registration, session.identity))
            else:
                request = UpdateRequest(registration, session.address, identity=session.identity)
                self.do(self._called(self.registry.update, request))
        except UnknownRegistration:
            assert found is None
        except Forbidden:
            assert found is not None
            self._untouched(found)
        else:
            assert found is not None
            assert self.may_speak(session, found.endpoint)
            assert self.owner[registration].identity == session.identity
            self.owner[registration] = session
            self._first_use()

    def _untouched(self, found: Registration) -> None:
        assert self.registry.by_endpoint(found.endpoint) == found

    async def _called(self, work: Any, *given: Any) -> Any:
        return work(*given)

    def _first_use(self) -> None:
        """Let the first use of a new key end the former."""
        self.do(self._pass(0.001))

    async def _pass(self, seconds: float) -> None:
        """Let time pass; what it ends is in force no more."""
        await settle()
        self.clock.pass_until(self.clock.time + seconds)
        await settle()
        kept = {one.id for one in self.service.list()}
        self.bound = {one: whose for one, whose in self.bound.items() if one in kept}


def test_nobody_speaks_for_an_endpoint_but_who_may() -> None:
    run_state_machine_as_test(
        Trust,
        settings=settings(
            max_examples=60,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
