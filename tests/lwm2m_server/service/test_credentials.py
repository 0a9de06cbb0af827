"""Credentials are kept sealed, replaced without a gap, and end at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from lwm2m_server.protocol.errors import Forbidden, UnknownRegistration
from lwm2m_server.protocol.events import EventKind
from lwm2m_server.protocol.identity import NOSEC, Identity, SecurityMode
from lwm2m_server.protocol.registration import RegisterRequest, UpdateRequest
from lwm2m_server.service.credentials import KEEP, CredentialService
from lwm2m_server.service.errors import Conflict, InvalidInput, NotFound, UnusableSecret
from lwm2m_server.service.events import EventLog
from lwm2m_server.service.issuing import NewCredential
from lwm2m_server.service.own_certificate import OwnCertificate
from lwm2m_server.service.registration import RegistrationService
from lwm2m_server.service.secret_files import MasterKey
from objects.codecs import decode, encode
from objects.path import Path as ObjectPath
from objects.registry import Registry

from ..pki import NOW, authority, end_entity, leaf, spki
from .memory import Memory
from .world import FakeClock, settle

KEY = bytes(range(32))
MASTER = MasterKey(Path("/nowhere"), "5e" * 32)
IDS = count()


def psk(name: str) -> Identity:
    return Identity(SecurityMode.PSK, name)


class World:
    """The service with a registry beside it; `memory` outlives both."""

    def __init__(
        self, memory: Memory, master: MasterKey = MASTER, *, allow_nosec: bool = True
    ) -> None:
        self.clock = FakeClock()
        self.clock.time = NOW
        self.memory = memory
        self.events = EventLog(memory.events)
        self.credentials = CredentialService(
            repository=memory.credentials,
            master_key=master,
            events=self.events,
            clock=self.clock,
            new_id=lambda: f"c{next(IDS)}",
            allow_nosec=allow_nosec,
        )
        self.registrations = RegistrationService(
            memory.registrations,
            self.events,
            self.clock,
            lambda: f"r{next(IDS)}",
            admission=self.credentials,
        )
        self.ended: list[Identity] = []
        self.credentials.listen(self._end_sessions)
        self.credentials.listen(self.registrations.revoked)
        self.credentials.listen_for_authorities(self.registrations.reconsider)

    def _end_sessions(self, identity: Identity, _endpoint: str) -> None:
        if identity != NOSEC:
            self.ended.append(identity)

    def register(self, identity: Identity, endpoint: str = "dev") -> None:
        asked = RegisterRequest("peer", (f"ep={endpoint}",), b"</3/0>", identity)
        self.registrations.register(asked)

    async def add(self, **given: object) -> str:
        asked = NewCredential(**{"endpoint": "dev", **given})  # type: ignore[arg-type]
        return (await self.credentials.add(asked)).credential.id


@asynccontextmanager
async def world(
    memory: Memory, master: MasterKey = MASTER, *, allow_nosec: bool = True
) -> AsyncIterator[World]:
    one = World(memory, master, allow_nosec=allow_nosec)
    await one.events.start()
    await one.credentials.start()
    await one.registrations.start()
    try:
        yield one
    finally:
        await one.registrations.aclose()
        await one.credentials.aclose()
        await one.events.aclose()


@pytest.fixture
async def at() -> AsyncIterator[World]:
    async with world(Memory()) as one:
        yield one


# --- keeping ------------------------------------------------------------------------------


async def test_a_key_that_is_made_here_is_told_once_and_kept(at: World) -> None:
    issued = await at.credentials.add(NewCredential("dev"))
    assert issued.key is not None
    assert len(issued.key) == 32
    assert issued.key.hex() not in repr(issued)
    assert at.credentials.psk("dev") == issued.key
    given = await at.credentials.add(NewCredential("dev", identity="x", key=KEY))
    assert given.key is None
    assert [one.identity for one in at.credentials.list("dev")] == ["dev", "x"]
    assert KEY.hex() not in repr(at.credentials.list())


async def test_an_oscore_credential_is_a_master_secret_under_a_sender_id(at: World) -> None:
    issued = await at.credentials.add(NewCredential("dev", SecurityMode.OSCORE))
    assert issued.key is not None
    assert at.credentials.oscore(issued.credential.identity) == issued.key
    assert (len(issued.key), len(issued.credential.identity)) == (16, 10)
    at.credentials.admit(Identity(SecurityMode.OSCORE, issued.credential.identity), "dev")
    await at.credentials.rotate(issued.credential.id)
    await at.add(mode=SecurityMode.OSCORE, identity="0A0B", key=KEY, endpoint="other")
    assert at.credentials.oscore("0a0b") == KEY
    assert at.credentials.psk("0a0b") is None
    with pytest.raises(NotFound):  # Object 21 would be wanted as well
        at.credentials.hand_out("other", "coap://server")


async def test_credentials_outlive_the_server_and_storage_reads_none() -> None:
    memory = Memory()
    ca = authority("ca")
    async with world(memory) as one:
        await one.add(key=KEY)
        await one.add(endpoint=None, mode=SecurityMode.X509, public=ca.der)
        before = one.credentials.list()
    for stored in memory.credentials.stored.values():
        assert KEY not in stored.sealed
        assert ca.der not in stored.sealed
    async with world(memory) as two:
        assert two.credentials.list() == before
        assert two.credentials.psk("dev") == KEY
        assert two.credentials.peer_of_certificate(leaf(ca, "n")) is not None


async def test_a_wrong_or_missing_master_key_is_named_and_loses_nothing(tmp_path: Path) -> None:
    memory = Memory()
    async with world(memory) as one:
        await one.add(key=KEY)
    before = dict(memory.credentials.stored)
    for wrong, words in (
        (MasterKey(tmp_path / "key"), "is not there, the key that 1 stored credentials"),
        (MasterKey(tmp_path / "key", "00" * 32), "not the key that the stored credentials"),
    ):
        with pytest.raises(UnusableSecret, match=words):
            async with world(memory, wrong):
                pass
    assert memory.credentials.stored == before
    assert not (tmp_path / "key").exists()
    async with world(memory) as two:
        assert two.credentials.psk("dev") == KEY


@pytest.mark.parametrize(
    "tampered",
    [
        lambda one: replace(one, sealed=one.sealed[:-1] + bytes((one.sealed[-1] ^ 1,))),
        lambda one: replace(one, identity="other"),
        lambda one: replace(one, id="other"),
        lambda one: replace(one, sealed=b""),
    ],
)
async def test_a_tampered_row_locks_its_endpoint_and_nothing_else(
    tampered: Callable[..., object],
) -> None:
    memory = Memory()
    async with world(memory) as one:
        spoilt = memory.credentials.stored.pop(await one.add())
        await one.add(endpoint="other")
    changed = tampered(spoilt)
    memory.credentials.stored[changed.id] = changed  # type: ignore[attr-defined]
    async with world(memory) as two:
        for identity in (psk("dev"), psk(changed.identity), NOSEC):  # type: ignore[attr-defined]
            with pytest.raises(Forbidden):
                two.credentials.admit(identity, "dev")
        two.credentials.admit(psk("other"), "other")
        (damaged,) = two.credentials.list("dev")
        assert damaged.damaged
        with pytest.raises(Conflict, match="revoke it and add it anew"):
            await two.credentials.rotate(damaged.id)
        await two.credentials.revoke(damaged.id)
        await two.add()
        two.credentials.admit(psk("dev"), "dev")


async def test_a_credential_of_one_endpoint_is_not_another_s(at: World) -> None:
    """A row whose endpoint was changed does not open."""
    number = await at.add(key=KEY)
    stored = at.memory.credentials.stored
    stored[number] = replace(stored[number], endpoint="victim")
    async with world(at.memory) as two:
        assert two.credentials.psk("dev") is None


async def test_what_cannot_be_stored_is_not_in_force(at: World) -> None:
    kept = await at.add()
    at.memory.credentials.error = OSError("disk full")
    for work in (
        at.credentials.add(NewCredential("dev", identity="x")),
        at.credentials.rotate(kept),
        at.credentials.revoke(kept),
    ):
        with pytest.raises(OSError, match="disk full"):
            await work
    assert [one.id for one in at.credentials.list()] == [kept]
    assert at.credentials.list()[0].retires_at is None


# --- replacing ----------------------------------------------------------------------------


async def test_old_and_new_key_are_good_until_the_new_one_is_used(at: World) -> None:
    old = await at.add()
    issued = await at.credentials.rotate(old)
    assert issued.credential.identity == "dev~2"
    assert at.credentials.psk("dev~2") == issued.key
    at.register(psk("dev"))
    await settle()
    assert len(at.credentials.list("dev")) == 2
    at.register(psk("dev~2"))
    at.clock.advance()
    await settle()
    assert [one.identity for one in at.credentials.list("dev")] == ["dev~2"]
    assert at.ended == [psk("dev")]
    assert set(at.memory.credentials.stored) == {issued.credential.id}


async def test_the_old_key_ends_with_its_time(at: World) -> None:
    old = await at.add()
    await at.credentials.rotate(old)
    async with world(at.memory) as two:  # and the time goes on over a restart
        two.clock.time += KEEP - 1
        two.register(psk("dev"))
        two.clock.time += 2
        two.clock.advance()
        await settle()
        assert two.ended == [psk("dev")]
        assert two.credentials.psk("dev") is None
        assert two.credentials.psk("dev~2") is not None


async def test_taking_the_new_key_back_keeps_the_old_one(at: World) -> None:
    old = await at.add()
    new = await at.credentials.rotate(old)
    with pytest.raises(Conflict, match="being replaced"):
        await at.credentials.rotate(old)
    await at.credentials.revoke(new.credential.id)
    (kept,) = at.credentials.list("dev")
    assert (kept.id, kept.retires_at) == (old, None)
    assert (await at.credentials.rotate(old)).credential.identity == "dev~2"


async def test_a_key_that_replaces_another_is_not_replaced_itself(at: World) -> None:
    """Else the last of three would leave the first in force, or its revocation revive it."""
    old = await at.add()
    new = await at.credentials.rotate(old)
    with pytest.raises(Conflict, match=f"replaces {old}, which is still good"):
        await at.credentials.rotate(new.credential.id)
    at.register(psk("dev~2"))
    at.clock.advance()
    await settle()
    assert (await at.credentials.rotate(new.credential.id)).credential.identity == "dev~3"


async def test_revoking_one_that_is_being_replaced_revives_nobody(at: World) -> None:
    """Three in a row, as former releases had them."""
    first = await at.add()
    second = (await at.credentials.rotate(first)).credential.id
    leaving = next(one for one in at.credentials._store if one.id == second)
    at.credentials._store.amend(replace(leaving, retires_at=NOW + 5))
    await at.credentials.revoke(second)
    (left,) = at.credentials.list("dev")
    assert (left.id, left.retires_at) == (first, NOW + KEEP)


async def test_certificates_of_one_name_end_by_time_alone(at: World) -> None:
    first, second = end_entity("dev"), end_entity("dev")
    old = await at.add(mode=SecurityMode.X509, public=first)
    with pytest.raises(InvalidInput, match="the device made its own key"):
        await at.credentials.rotate(old)
    await at.credentials.rotate(old, NewCredential(None, public=second), keep=10)
    who = at.credentials.peer_of_certificate(second)
    assert who is not None
    at.register(who)
    await settle()
    assert at.credentials.peer_of_certificate(first) == who
    at.clock.time += 11
    at.clock.advance()
    await settle()
    assert at.credentials.peer_of_certificate(first) is None
    assert at.credentials.peer_of_certificate(second) == who


@pytest.mark.parametrize("mode", [SecurityMode.PSK, SecurityMode.RPK, SecurityMode.X509])
async def test_keys_of_every_mode_are_made_here_and_rotated(at: World, mode: SecurityMode) -> None:
    made = await at.credentials.add(NewCredential("dev", mode))
    again = await at.credentials.rotate(made.credential.id)
    for issued in (made, again):
        assert (issued.key is None) == (mode is not SecurityMode.PSK)
        assert (issued.private_key is None) == (mode is SecurityMode.PSK)
    assert (made.key, made.private_key) != (again.key, again.private_key)


# --- revoking -----------------------------------------------------------------------------


async def test_revoking_ends_sessions_and_the_registration(at: World) -> None:
    number = await at.add()
    links = b"</3/0>"
    asked = RegisterRequest("peer", ("ep=dev",), links, psk("dev"))
    registered = at.registrations.register(asked).id
    await at.credentials.revoke(number)
    assert at.ended == [psk("dev")]
    assert at.registrations.by_endpoint("dev") is None
    await settle()
    assert at.memory.registrations.stored == {}
    with pytest.raises(UnknownRegistration, match=registered):
        at.registrations.update(UpdateRequest(registered, "peer", identity=psk("dev")))
    with pytest.raises(Forbidden, match="was revoked"):
        at.registrations.register(RegisterRequest("peer", ("ep=dev",), links, psk("dev")))
    with pytest.raises(NotFound):
        await at.credentials.revoke(number)


async def test_a_ca_takes_those_along_for_whom_it_vouched(at: World) -> None:
    ca = authority("ca")
    number = await at.add(endpoint=None, mode=SecurityMode.X509, public=ca.der)
    who = at.credentials.peer_of_certificate(leaf(ca, "n"))
    assert who is not None
    at.registrations.register(RegisterRequest("peer", (), b"</3/0>", who))
    assert at.registrations.by_endpoint("n") is not None
    await at.credentials.revoke(number)
    assert at.ended == [who]
    assert at.registrations.by_endpoint("n") is None


async def test_a_first_credential_ends_what_was_registered_without_it(at: World) -> None:
    at.register(NOSEC)
    at.register(NOSEC, "other")
    await at.add()
    assert at.registrations.by_endpoint("dev") is None
    assert at.registrations.by_endpoint("other") is not None
    at.register(psk("dev"))
    await at.add(identity="second")
    found = at.registrations.by_endpoint("dev")
    assert found is not None
    assert found.identity == psk("dev")


async def test_a_pinned_certificate_ends_sessions_that_a_ca_vouched_for(at: World) -> None:
    """They have its name, and have proven another's word: they must not speak for its endpoint."""
    ca = authority("ca")
    await at.add(endpoint=None, mode=SecurityMode.X509, public=ca.der)
    who = at.credentials.peer_of_certificate(leaf(ca, "n"))
    assert who is not None
    at.register(who, "n")
    await at.add(endpoint="dev", mode=SecurityMode.X509, public=end_entity("n"))
    assert {*at.ended} == {who, Identity(SecurityMode.X509, "dev")}
    assert at.registrations.by_endpoint("n") is None


async def test_a_credential_ends_what_a_ca_vouched_for_before_a_restart() -> None:
    memory, ca = Memory(), authority("ca")
    async with world(memory) as one:
        await one.add(endpoint=None, mode=SecurityMode.X509, public=ca.der)
        who = one.credentials.peer_of_certificate(leaf(ca, "n"))
        assert who is not None
        one.register(who, "n")
    async with world(memory) as two:
        assert two.registrations.by_endpoint("n") is not None
        await two.add(endpoint="n")
        assert two.registrations.by_endpoint("n") is None


async def test_what_a_restart_does_not_admit_any_more_is_ended() -> None:
    """Devices that registered without proof, and a server that now asks for one."""
    memory, ca = Memory(), authority("ca")
    async with world(memory) as one:
        await one.add(endpoint="dev")
        await one.add(endpoint=None, mode=SecurityMode.X509, public=ca.der)
        who = one.credentials.peer_of_certificate(leaf(ca, "n"))
        assert who is not None
        for identity, endpoint in ((psk("dev"), "dev"), (who, "n"), (NOSEC, "plain")):
            one.register(identity, endpoint)
    async with world(memory, allow_nosec=False) as two:
        await settle()
        assert [found.endpoint for found in two.registrations.all()] == ["dev", "n"]
        assert {found.endpoint for found in memory.registrations.stored.values()} == {"dev", "n"}
        told = memory.events.stored[-1]
        assert (told.kind.value, told.endpoint) == ("deregistered", "plain")


async def test_a_ca_takes_along_whom_it_vouched_for_before_a_restart() -> None:
    memory, ca, other = Memory(), authority("ca"), authority("other")
    async with world(memory) as one:
        number = await one.add(endpoint=None, mode=SecurityMode.X509, public=ca.der)
        who = one.credentials.peer_of_certificate(leaf(ca, "n"))
        assert who is not None
        one.register(who, "n")
    async with world(memory) as two:
        another = await two.add(endpoint=None, mode=SecurityMode.X509, public=other.der)
        await two.credentials.revoke(another)
        assert two.registrations.by_endpoint("n") is not None
        await two.credentials.revoke(number)
        assert two.registrations.by_endpoint("n") is None


async def test_another_than_who_registered_is_refused(at: World) -> None:
    await at.add()
    await at.add(endpoint="mallory")
    asked = RegisterRequest("peer", ("ep=dev",), b"</3/0>", psk("dev"))
    registered = at.registrations.register(asked).id
    for identity in (NOSEC, psk("mallory")):
        with pytest.raises(Forbidden):
            at.registrations.register(RegisterRequest("peer", ("ep=dev",), b"</3/0>", identity))
        with pytest.raises(Forbidden):
            at.registrations.update(UpdateRequest(registered, "peer", identity=identity))
        with pytest.raises(Forbidden):
            at.registrations.deregister(registered, identity)
    await at.registrations.deregister(registered, psk("dev"))


async def test_events_tell_what_happened_and_no_key(at: World) -> None:
    number = await at.add(key=KEY)
    issued = await at.credentials.rotate(number)
    await at.credentials.revoke(issued.credential.id)
    await settle()
    told = [event for event in at.memory.events.stored if event.kind.value == "credential"]
    assert [event.data["action"] for event in told] == ["added", "rotated", "revoked"]
    assert {event.endpoint for event in told} == {"dev"}
    assert issued.key is not None
    for key in (KEY, issued.key):
        assert key.hex() not in repr(told)


async def test_events_tell_of_who_is_refused_and_what_to_do() -> None:
    async with world(Memory(), allow_nosec=False) as at:
        number = await at.add()
        for identity, endpoint in ((NOSEC, "new"), (NOSEC, "dev"), (psk("dev"), "new")):
            for _ in range(3):
                with pytest.raises(Forbidden):
                    at.register(identity, endpoint)
        at.register(psk("dev"))
        registered = at.registrations.by_endpoint("dev")
        assert registered is not None
        with pytest.raises(Forbidden):
            at.registrations.update(UpdateRequest(registered.id, "coap://192.0.2.9:1"))
        assert at.credentials.psk("Dev") is None
        assert at.credentials.peer_of_certificate(end_entity("stranger")) is None
        assert at.credentials.peer_of_certificate(b"?") is None
        for port in range(3):
            at.credentials.disproved(psk("dev"), f"coaps://192.0.2.9:{port}")
        await at.credentials.revoke(number)
    told = [one for one in at.memory.events.stored if one.kind is EventKind.REFUSED]
    assert [one.endpoint for one in told] == ["new", "dev", "new", "dev", None, None, None, "dev"]
    assert [one.data["untold"] for one in told] == [0, 2, 2, 2, 0, 0, 0, 0]
    assert told[3].data["address"] == "coap://192.0.2.9:1"
    why = [one.data["why"] for one in told]
    assert "`tinymlaas credentials add 'new'`" in why[0]
    assert "--allow-nosec" in why[0]
    assert "PSK identity 'Dev' has no credential here" in why[4]
    assert "a certificate of 'CN=stranger' is not trusted" in why[5]
    assert "a certificate that cannot be read" in why[6]
    assert "PSK identity 'dev' was named by a peer that did not prove it" in why[7]
    assert told[7].data["address"] == "coaps://192.0.2.9:0"


# --- what operators get wrong -------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"mode": SecurityMode.NOSEC}, "psk, rpk, x509 and oscore"),
        ({"key": b"short"}, "16 to 64 bytes, not 5"),
        ({"endpoint": None}, "a PSK identity is 1 to 128 bytes|for all endpoints"),
        ({"mode": SecurityMode.RPK, "key": KEY}, "mode psk or oscore alone"),
        ({"public": b"x"}, "goes with mode x509 or rpk"),
        ({"mode": SecurityMode.OSCORE, "identity": "00"}, "1 to 7 bytes"),
        ({"mode": SecurityMode.OSCORE, "identity": "dev"}, "1 to 7 bytes"),
        ({"mode": SecurityMode.OSCORE, "key": b"short"}, "16 to 64 bytes, not 5"),
        ({"mode": SecurityMode.RPK, "public": b"x"}, "no public key"),
        ({"mode": SecurityMode.RPK, "identity": "x"}, "its own identity"),
        ({"mode": SecurityMode.X509, "public": b"x"}, "no X.509 certificate"),
        ({"mode": SecurityMode.X509, "endpoint": "n" * 65}, "64 characters"),
        (
            {"mode": SecurityMode.X509, "public": end_entity("dev"), "identity": "x"},
            "CN is 'dev'",
        ),
        (
            {"mode": SecurityMode.X509, "public": end_entity("dev"), "endpoint": None},
            "only a CA's",
        ),
    ],
)
async def test_a_bad_credential_is_refused(at: World, given: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as refused:
        await at.add(**given)
    assert KEY.hex() not in str(refused.value)
    assert at.credentials.list() == []


async def test_two_at_once_get_no_identity_twice(at: World) -> None:
    both = await asyncio.gather(at.add(), at.add(), return_exceptions=True)
    assert sum(isinstance(one, InvalidInput) for one in both) == 1
    assert len(at.credentials.list()) == 1


# --- handing out --------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [SecurityMode.PSK, SecurityMode.RPK, SecurityMode.X509])
async def test_a_bootstrap_server_writes_it_to_object_0(tmp_path: Path, mode: SecurityMode) -> None:
    own = OwnCertificate.make(tmp_path)
    async with world(Memory()) as one:
        one.credentials._own = own
        issued = await one.credentials.add(NewCredential("dev", mode))
        uri = "coaps://192.0.2.1:5684"
        given = one.credentials.hand_out("dev", uri, short_server_id=7)
        base, definitions = ObjectPath(0, 0), Registry.standard()
        for content_format in (11542, 112):  # TLV, SenML CBOR
            data = encode(content_format, base, given, definitions)
            written = decode(content_format, data, base, definitions)
            values = {resource.id: resource.value for resource in written.resources}  # type: ignore[union-attr]
            assert (values[0], values[1], values[10]) == (uri, False, 7)
            if mode is SecurityMode.PSK:
                assert (values[2], values[3], values[5]) == (0, b"dev", issued.key)
                continue
            number, server = {
                SecurityMode.RPK: (1, own.public_key_der),
                SecurityMode.X509: (2, own.certificate_der),
            }[mode]
            assert (values[2], values[3]) == (number, issued.public)
            assert (values[4], values[5]) == (server, issued.private_key)


async def test_a_key_that_only_the_device_has_is_not_handed_out(at: World) -> None:
    await at.add(mode=SecurityMode.RPK, public=spki("dev").der)
    for endpoint in ("dev", "nobody"):
        with pytest.raises(NotFound):
            at.credentials.hand_out(endpoint, "coaps://h")
