"""Who comes is given what is meant for it, once, in time, and nobody sees a key."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

import pytest

from lwm2m_server.protocol.bootstrap_configuration import Configuration, OwnAccount
from lwm2m_server.protocol.bootstrap_request import BootstrapRequest
from lwm2m_server.protocol.bootstrap_session import BootstrapOperation, Finish, Phase
from lwm2m_server.protocol.credentials import Use
from lwm2m_server.protocol.errors import (
    Forbidden,
    NotAcceptable,
    NothingToBootstrap,
    Overloaded,
)
from lwm2m_server.protocol.events import EventKind
from lwm2m_server.protocol.identity import NOSEC, Identity, SecurityMode
from lwm2m_server.protocol.operations import Discover, Execute, Read, Response, Write
from lwm2m_server.protocol.registration import RegisterRequest
from lwm2m_server.service.bootstrap import BootstrapService
from lwm2m_server.service.bootstrap_accounts import Account, NewConfiguration, configured
from lwm2m_server.service.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    OperationRefused,
    UnusableSecret,
)
from lwm2m_server.service.issuing import NewCredential
from lwm2m_server.service.ports import Unreachable
from lwm2m_server.service.secret_files import MasterKey
from objects.codecs import ContentFormat, decode_records
from objects.path import Path
from objects.registry import Registry

from ..protocol.configurations import KEY, PLAIN, SECURE, SECURED, server
from .world import FakeClock, World, settle, start, world

DEFINITIONS = Registry.standard()
OWN = Configuration((server(),), own=(OwnAccount(1, SECURE),))


@dataclass
class Peer:
    """A client that answers all; may be silent, and may be gone from an operation on."""

    silent_on: type | None = None
    gone_on: type | None = None
    fault: Exception | None = None
    asked: list[BootstrapOperation] = field(default_factory=list)

    async def request(self, operation: BootstrapOperation) -> Response:
        self.asked.append(operation)
        await asyncio.sleep(0)
        if self.fault is not None:
            raise self.fault
        if type(operation) is self.gone_on:
            raise Unreachable("its session ended")
        if type(operation) is self.silent_on:
            await asyncio.Event().wait()
        if isinstance(operation, Discover):
            return Response(0x45, b"</0/0>", 40)
        return Response(0x45, b"\xc1\x01\x3c", 11542) if isinstance(operation, Read) else OK


OK = Response(0x44)


@pytest.fixture
async def one(tmp_path: File) -> AsyncIterator[World]:
    async with world(tmp_path) as opened:
        yield opened


def service(one: World) -> BootstrapService:
    return one.services.bootstrap


def asks(
    endpoint: str = "dev", identity: Identity = NOSEC, key: object = None, *more: str
) -> BootstrapRequest:
    return BootstrapRequest("coap://peer", (f"ep={endpoint}", *more), identity, key)


async def told(one: World, kind: EventKind = EventKind.BOOTSTRAP) -> list[dict[str, Any]]:
    found = await one.services.events.recent(0, 1000)
    return [event.data for event in found if event.kind is kind]


async def proven(one: World, endpoint: str = "dev") -> Identity:
    """Give an endpoint a credential for the bootstrap server; return what it proves."""
    issued = await service(one).credentials.add(NewCredential(endpoint))
    return Identity(SecurityMode.PSK, issued.credential.identity)


async def test_0_client_initiated_bootstrap(one: World) -> None:
    await service(one).configurations.put("dev", PLAIN)
    peer = Peer()
    service(one).request(asks(), peer)
    assert peer.asked == []  # the request is answered first
    assert [view.phase for view in service(one).sessions()] == [Phase.BEGINNING]
    await settle()
    assert isinstance(peer.asked[-1], Finish)
    assert service(one).sessions() == []
    begun, ended = await told(one)
    assert begun == {"phase": "beginning", "address": "coap://peer", "identity": ""}
    assert ended == {"phase": "succeeded", "written": ["/0/1", "/1/0"]}


async def test_the_default_is_for_all_others(one: World) -> None:
    with pytest.raises(NothingToBootstrap) as refused:
        service(one).request(asks(), Peer())
    assert (refused.value.code, "dev" in str(refused.value)) == (0x80, True)
    await service(one).configurations.put("*", PLAIN)
    other = Configuration(PLAIN.instances, delete=())
    await service(one).configurations.put("dev", other)
    for endpoint, count in (("dev", 4), ("new", 6)):
        peer = Peer()
        service(one).request(asks(endpoint), peer)
        await settle()
        assert len(peer.asked) == count


async def test_8_what_was_read_is_told(one: World) -> None:
    await service(one).configurations.put("dev", Configuration(PLAIN.instances, read=(Path(1, 0),)))
    service(one).request(asks(), Peer())
    await settle()
    assert (await told(one))[-1]["read"] == {"/1/0/1": 60}


# --- who ------------------------------------------------------------------------------------


async def test_who_has_a_credential_is_bootstrapped_by_it_alone(one: World) -> None:
    await service(one).configurations.put("*", PLAIN)
    who = await proven(one)
    with pytest.raises(Forbidden):
        service(one).request(asks(), Peer())
    with pytest.raises(Forbidden):
        service(one).request(asks("other", who), Peer())
    service(one).request(BootstrapRequest("coaps://peer", (), who), Peer())  # ep by identity
    await settle()
    assert (await told(one))[-1]["phase"] == "succeeded"
    assert [row["why"] for row in await told(one, EventKind.REFUSED)]


async def test_a_credential_opens_one_door(one: World) -> None:
    """One name and one key at both, and each store knows its own alone."""
    management = one.services.credentials
    await proven(one)
    assert management.psk("dev") is None
    await management.add(NewCredential("dev", key=KEY))
    assert service(one).credentials.psk("dev") != KEY
    assert {row.use for row in await one.storage.credentials.all()} == {*Use}


@pytest.mark.parametrize("configuration", [SECURED, OWN], ids=["told", "own"])
async def test_keys_do_not_go_to_the_unproven(one: World, configuration: Configuration) -> None:
    await service(one).configurations.put("*", configuration)
    with pytest.raises(Forbidden, match="coaps"):
        service(one).request(asks(), Peer())
    with pytest.raises(Forbidden, match="coaps"):
        service(one).packed(asks(), None)
    service(one).request(asks("dev", await proven(one)), Peer())


async def test_keys_go_in_clear_where_that_is_said_but_the_servers_own_never(one: World) -> None:
    clear = Configuration(SECURED.instances, in_clear=True)
    await service(one).configurations.put("*", clear)
    service(one).request(asks(), Peer())
    await service(one).configurations.put("*", Configuration(OWN.instances, OWN.own, in_clear=True))
    with pytest.raises(Forbidden):
        service(one).request(asks("new"), Peer())


async def test_a_revoked_credential_ends_what_is_under_way(one: World) -> None:
    await service(one).configurations.put("*", SECURED)
    who = await proven(one)
    service(one).request(asks("dev", who), Peer(silent_on=Write))
    await settle()
    (credential,) = service(one).credentials.list("dev")
    await service(one).credentials.revoke(credential.id)
    assert (await told(one))[-1]["reason"] == "its credential was revoked"


# --- the server's own credential ------------------------------------------------------------


async def test_a_credential_is_made_once_and_handed_out_again(one: World) -> None:
    await service(one).configurations.put("*", OWN)
    who = await proven(one)
    written = []
    for _ in range(2):
        peer = Peer()
        service(one).request(asks("dev", who), peer)
        await settle()
        written.append([call.payload for call in peer.asked if isinstance(call, Write)])
    (made,) = one.services.credentials.list("dev")
    key = one.services.credentials.psk(made.identity)
    assert key is not None
    assert key in written[0][0]
    assert written[0] == written[1]
    events = await one.services.events.recent(0, 1000)
    assert key.hex() not in str(events)
    assert "5e" * 16 not in str(events)


async def test_a_credential_that_cannot_be_made_ends_it(one: World) -> None:
    await one.services.credentials.add(NewCredential("thief", identity="dev"))
    await service(one).configurations.put("*", OWN)
    peer = Peer()
    service(one).request(asks("dev", await proven(one)), peer)
    await settle()
    assert peer.asked == []
    ended = (await told(one))[-1]
    assert (ended["phase"], "is taken" in ended["reason"]) == ("failed", True)


# --- what goes wrong ------------------------------------------------------------------------


async def test_silence_ends_it_with_a_reason(one: World) -> None:
    await service(one).configurations.put("dev", PLAIN)
    service(one).request(asks(), Peer(silent_on=Write))
    await one.run_until(lambda: not service(one).sessions())
    assert (await told(one))[-1]["reason"] == "while writing: no answer for 100 s"


async def test_a_client_that_is_gone_ends_it_with_a_reason(one: World) -> None:
    await service(one).configurations.put("dev", PLAIN)
    service(one).request(asks(), Peer(gone_on=Finish))
    await settle()
    assert (await told(one))[-1]["reason"] == "while finishing: its session ended"


async def test_a_fault_of_ours_ends_it_too(one: World) -> None:
    await service(one).configurations.put("dev", PLAIN)
    service(one).request(asks(), Peer(fault=ZeroDivisionError("ours")))
    await settle()
    assert "its log says why" in (await told(one))[-1]["reason"]


async def test_of_two_requests_the_newer_wins(one: World) -> None:
    await service(one).configurations.put("dev", PLAIN)
    first, second = Peer(silent_on=Write), Peer()
    service(one).request(asks(key="first"), first)
    await settle()
    service(one).request(asks(key="second"), second)
    await settle()
    phases = [(row["phase"], row.get("reason")) for row in await told(one)]
    assert phases == [
        ("beginning", None),
        ("failed", "the endpoint asked anew"),
        ("beginning", None),
        ("succeeded", None),
    ]


async def test_the_same_datagram_begins_nothing_until_it_is_over(one: World) -> None:
    """Retransmissions come soon; a client that started anew may well send the very same bytes."""
    await service(one).configurations.put("dev", PLAIN)
    for _ in range(2):
        service(one).request(asks(key="same"), Peer())
    await settle()
    service(one).request(asks(key="same"), Peer())
    await settle()
    phases = [row["phase"] for row in await told(one)]
    assert phases == ["beginning", "succeeded"] * 2


async def test_a_refused_request_leaves_what_is_under_way(one: World) -> None:
    await service(one).configurations.put("*", SECURED)
    service(one).request(asks("dev", await proven(one)), Peer(silent_on=Write))
    with pytest.raises(Forbidden):
        service(one).request(asks(), Peer())
    assert len(service(one).sessions()) == 1


async def test_there_is_room_for_so_many(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        whole = service(one)
        some = BootstrapService(
            configurations=whole.configurations,
            credentials=whole.credentials,
            issuer=one.services.credentials,
            gateway=one.services.gateway,
            submitter=one.services.queue,
            events=one.services.events,
            clock=one.clock,
            rules=whole._rules,
            most=2,
        )
        await whole.configurations.put("*", PLAIN)
        for endpoint in ("a", "b"):
            some.request(asks(endpoint), Peer(silent_on=Write))
        with pytest.raises(Overloaded) as refused:
            some.request(asks("c"), Peer())
        assert refused.value.code == 0xA3
        some.request(asks("a", NOSEC, "anew"), Peer())  # its own place is free
        some.cancel("b")
        some.request(asks("c"), Peer())
        with pytest.raises(NotFound):
            some.cancel("b")
        await settle()
        await some.aclose()


# --- packs ----------------------------------------------------------------------------------


@pytest.mark.parametrize("accept", [None, 110, 112, 11544])
async def test_a_pack_is_all_of_it_at_once(one: World, accept: int | None) -> None:
    await service(one).configurations.put("*", OWN)
    made = service(one).packed(asks("dev", await proven(one)), accept)
    content_format, payload = await made
    assert content_format == accept or (accept is None and content_format == 112)
    records = decode_records(content_format, payload, DEFINITIONS, 0.0)
    values = {str(record.path): record.value for record in records}
    (credential,) = one.services.credentials.list("dev")
    assert values["/0/1/3"] == credential.identity.encode()
    assert values["/0/1/5"] == one.services.credentials.psk(credential.identity)
    assert values["/1/0/1"] == 300
    assert await told(one) == [{"phase": "packed", "address": "coap://peer"}]
    await service(one).packed(asks("dev", Identity(SecurityMode.PSK, "dev")), accept, again=True)
    assert len(await told(one)) == 1


async def test_a_pack_that_cannot_be_made_is_told(one: World) -> None:
    await one.services.credentials.add(NewCredential("thief", identity="dev"))
    await service(one).configurations.put("*", OWN)
    made = service(one).packed(asks("dev", await proven(one)), None)
    with pytest.raises(NothingToBootstrap, match="is taken"):
        await made
    assert (await told(one))[-1]["phase"] == "failed"


async def test_a_pack_is_of_a_format_that_carries_paths(one: World) -> None:
    await service(one).configurations.put("*", PLAIN)
    with pytest.raises(NotAcceptable) as refused:
        service(one).packed(asks(), ContentFormat.TLV)
    assert refused.value.code == 0x86


# --- what operators do ----------------------------------------------------------------------


async def test_5_server_triggered_bootstrap(one: World) -> None:
    await one.register()
    endpoint = one.device.endpoint
    asked = list[object]()
    one.downlink.device.answer = lambda it: asked.append(it) or OK  # type: ignore[assignment,func-returns-value]
    await service(one).trigger(endpoint)
    await service(one).trigger(endpoint, 3)
    assert asked == [Execute(Path(1, 0, 9)), Execute(Path(1, 3, 9))]
    assert await told(one) == [{"phase": "triggered"}] * 2
    one.downlink.device.answer = lambda _: Response(0x84)  # type: ignore[assignment]
    with pytest.raises(OperationRefused, match=r"/1/7/9.* 4\.04"):
        await service(one).trigger(endpoint, 7)


async def test_5_lwm2m_1_0_has_no_trigger(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        one.services.registrations.register(RegisterRequest("peer", ("ep=old",), b"</1/0>"))
        with pytest.raises(Conflict, match=r"1\.0"):
            await service(one).trigger("old")


@pytest.mark.proves("bootstrap-hidden")
async def test_what_is_kept_shows_no_key_and_outlives_a_restart(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        view = await service(one).configurations.put("dev", SECURED)
        assert (view.keys, "/0/1/5" in view.values) == (("/0/1/5",), False)
        assert KEY.hex() not in str(view)
        (row,) = await one.storage.configurations.all()
        assert KEY not in row.sealed
        assert SECURE.encode() not in row.sealed
        again = await start(one.storage, one.store, one.device, clock=FakeClock(), number=1)
        try:
            assert service(again).configurations.for_endpoint("dev") == SECURED
            await service(again).configurations.remove("dev")
            assert await one.storage.configurations.all() == []
            with pytest.raises(NotFound):
                await service(again).configurations.remove("dev")
        finally:
            await again.services.aclose()


async def test_a_row_that_was_damaged_or_moved_bootstraps_nobody(tmp_path: File) -> None:
    async with world(tmp_path) as one:
        await service(one).configurations.put("*", PLAIN)
        await service(one).configurations.put("dev", PLAIN)
        stored = one.storage.configurations.stored
        moved = stored["*"]
        stored["dev"] = type(moved)("dev", moved.sealed)
        again = await start(one.storage, one.store, one.device, clock=FakeClock(), number=1)
        try:
            assert [view.damaged for view in service(again).configurations.list()] == [False, True]
            with pytest.raises(NothingToBootstrap, match="damaged"):
                service(again).request(asks(), Peer())
        finally:
            await again.services.aclose()


async def test_a_credential_that_is_moved_to_the_other_door_proves_nothing(
    tmp_path: File,
) -> None:
    async with world(tmp_path) as one:
        await proven(one)
        stored = one.storage.credentials.stored
        ((number, row),) = stored.items()
        stored[number] = type(row)(row.id, row.endpoint, row.mode, row.identity, row.sealed)
        again = await start(one.storage, one.store, one.device, clock=FakeClock(), number=1)
        try:
            (view,) = again.services.credentials.list("dev")
            assert view.damaged
            assert again.services.credentials.psk("dev") is None
        finally:
            await again.services.aclose()


@pytest.mark.parametrize("key", [None, "77" * 32])
async def test_without_the_key_nothing_is_opened_and_none_is_made(
    one: World, tmp_path: File, key: str | None
) -> None:
    await service(one).configurations.put("*", PLAIN)
    lost = MasterKey(tmp_path / "key", key)
    configurations = type(service(one).configurations)(
        one.storage.configurations, lost, DEFINITIONS
    )
    with pytest.raises(UnusableSecret, match="Nothing was changed"):
        await configurations.start()
    assert not (tmp_path / "key").exists()


@pytest.mark.parametrize("name", ["", "a\nb"])
async def test_a_configuration_is_for_a_name(one: World, name: str) -> None:
    with pytest.raises(InvalidInput, match="name"):
        await service(one).configurations.put(name, PLAIN)


async def test_a_name_that_makes_a_configuration_useless_is_told(one: World) -> None:
    long = configured(
        NewConfiguration([Account(SECURE, identity="{endpoint}" * 3, key=KEY)]), DEFINITIONS
    )
    await service(one).configurations.put("*", long)
    with pytest.raises(NothingToBootstrap, match="PSK identity is 1 to 128"):
        service(one).request(asks("x" * 60), Peer())


# --- accounts -------------------------------------------------------------------------------


def test_accounts_are_numbered_around_what_is_told() -> None:
    asked = NewConfiguration(
        accounts=[
            Account("coap://a", 1),
            Account(SECURE, 2),
            Account(SECURE, 3, key=KEY, security_instance=9, server_instance=9),
        ],
        instances={"/0/2": {"0": "coap://x", "1": True, "2": 3}, "/3/0": {"14": "+02:00"}},
    )
    made = configured(asked, DEFINITIONS)
    assert [str(path) for path, _ in made.instances] == [
        *("/0/1", "/0/2", "/0/9", "/1/0", "/1/1", "/1/9", "/3/0")
    ]
    assert made.own == (OwnAccount(3, SECURE, 2),)
    psk = dict(made.instances)[Path(0, 9)]
    assert psk.value(3, bytes) == b"{endpoint}"


def test_multiple_resources_are_told_by_instance() -> None:
    made = configured(NewConfiguration(instances={"/0/1": {"16": {"0": 49320}}}), DEFINITIONS)
    ((_, instance),) = made.instances
    assert instance.resources[0].values == (49320,)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"instances": {"/1": {}}}, "object instances"),
        ({"instances": {"/1/0": {"1": "soon"}}}, "/1/0/1"),
        ({"instances": {"/1/0": {"x": 1}}}, "'x'"),
        ({"instances": {"/1/0": {"8": 1}}}, "executed"),
        ({"instances": {"/0/1": {"5": "no hex"}}}, "/0/1/5"),
        ({"accounts": [Account(SECURE, identity="dev")]}, "goes with a key"),
        ({"accounts": [Account(SECURE, identity="\ud800", key=KEY)]}, "identity"),
        ({"delete": ["/a"]}, "/a"),
    ],
)
def test_what_cannot_be_a_configuration_is_named(told: dict[str, Any], why: str) -> None:
    with pytest.raises((InvalidInput, ValueError)) as refused:
        configured(NewConfiguration(**told), DEFINITIONS)
    assert why in str(refused.value)
