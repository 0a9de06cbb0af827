"""What a fleet cannot live with in a DTLS server, each fault once.

Every scenario runs on the naive design too, and must fail there: so it is known to bite.
"""

from dataclasses import replace

import pytest

from lwm2m_server.coap.limits import LIMITS
from lwm2m_server.protocol.identity import Identity, SecurityMode
from lwm2m_server.transport.dtls.openssl import OpensslEngine
from lwm2m_server.transport.dtls.sessions import Sessions

from .client import Client
from .keyring import KEY, MemoryKeyring
from .naive import NaiveSessions
from .test_sessions import Table, at

HOME = at(2)
A_DAY = 24 * 3600.0
OTHER = {"identity": "dev2", "key": KEY[::-1]}


@pytest.fixture(scope="module")
def engine() -> OpensslEngine:
    return OpensslEngine(MemoryKeyring())


@pytest.fixture(
    params=[
        Sessions,
        pytest.param(NaiveSessions, marks=pytest.mark.xfail(strict=True, raises=AssertionError)),
    ],
    ids=["ours", "naive"],
)
def table(request: pytest.FixtureRequest, engine: OpensslEngine) -> Table:
    return Table(engine, replace(LIMITS, sessions=20, session_idle=60.0), kind=request.param)


def kept(table: Table) -> int:
    return len(table.sessions) + table.sessions.half_open


@pytest.mark.parametrize("kind", [Sessions, NaiveSessions])
def test_both_let_a_good_client_in(engine: OpensslEngine, kind: type) -> None:
    """What the scenarios rest on."""
    table = Table(engine, kind=kind)
    client = table.connect(HOME, Client())
    assert client.done
    table.put(HOME, client.seal(b"up"))
    assert [data for _, data in table.arrived] == [b"up"]


def test_an_address_is_no_identity_s_own(table: Table) -> None:
    """NAT gives a device's port to another one: it must not be locked out."""
    table.connect(HOME, Client())
    newcomer = table.connect(HOME, Client(**OTHER))
    assert newcomer.done
    table.put(HOME, newcomer.seal(b"up"))
    assert [who.name for who, _ in table.arrived] == ["dev2"]


def test_a_device_that_restarts_gets_in_again(table: Table) -> None:
    """RFC 6347 §4.2.8: it knows nothing of its former association, and says no good-bye."""
    table.connect(HOME, Client())
    again = table.connect(HOME, Client())
    assert again.done


@pytest.mark.parametrize("data", [b"\x16", b"\x00" * 40, b"\x17\xfe\xfd" + bytes(30)])
def test_garbage_costs_no_memory(table: Table, data: bytes) -> None:
    for number in range(100):
        table.put(at(number), data)
    assert kept(table) == 0


def test_who_only_begins_costs_no_memory(table: Table) -> None:
    for number in range(100):
        table.put(at(number), *Client().step())
    assert kept(table) == 0, "RFC 6347 §4.2.1"


def test_handshakes_that_are_given_up_are_forgotten(table: Table) -> None:
    for number in range(10):
        client = Client()
        table.put(at(number), *client.step(*table.put(at(number), *client.step())))
    table.sessions.tick(table.now + A_DAY)
    assert kept(table) == 0


def test_sessions_of_devices_that_are_gone_make_room(table: Table) -> None:
    for number in range(40):
        assert table.connect(at(number), Client()).done
        table.now += 61.0
    assert kept(table) <= 20


def test_requests_go_to_a_device_when_the_server_wants(table: Table) -> None:
    client = table.connect(HOME, Client())
    table.put(HOME, client.seal(b"register"))
    address = "coaps://192.0.2.2:50000?local=192.0.2.1"
    session = table.sessions.find(address, Identity(SecurityMode.PSK, "dev1"))
    assert session is not None
    session.send(b"read")
    assert client.read(*[data for _, data in table.sent]) == [b"read"]
