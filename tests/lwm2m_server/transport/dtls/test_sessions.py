"""Sessions outlive whatever strangers send, and nothing is kept for who has proven nothing."""

import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lwm2m_server.coap.limits import LIMITS
from lwm2m_server.protocol.identity import Identity, SecurityMode
from lwm2m_server.transport.dtls.openssl import OpensslEngine
from lwm2m_server.transport.dtls.sessions import Sessions

from .cid_client import CidClient
from .client import Client
from .keyring import KEY, MemoryKeyring

HERE = b"\0" * 10 + b"\xff\xff" + bytes((192, 0, 2, 1)) + bytes(4)


class Table:
    """A table of sessions on a network that is a dictionary."""

    def __init__(self, engine, limits=LIMITS, busy=lambda _: False, kind=Sessions) -> None:
        self.sent: list[tuple[tuple, bytes]] = []
        self.arrived: list[tuple[Identity, bytes]] = []
        self.ended: list[tuple[str, str]] = []
        self.disproved: list[tuple[str, str]] = []
        self.now = 1000.0
        self.last = None
        self.sessions = kind(
            engine,
            lambda datagram, to, pktinfo: self.sent.append((to, datagram)),
            self._received,
            lambda session, why: self.ended.append((session.address, why)),
            entropy=os.urandom,
            limits=limits,
            busy=busy,
            disproved=lambda who, address: self.disproved.append((who.name, address)),
        )

    def _received(self, pairs) -> None:
        for session, data in pairs:
            self.last = session
            self.arrived.append((session.identity, data))

    def put(self, source, *datagrams: bytes) -> list[bytes]:
        """Deliver datagrams from an address; return what is sent there in turn."""
        self.sessions.take([(d, source, HERE) for d in datagrams], self.now)
        answers = [d for to, d in self.sent if to == source]
        self.sent = [(to, d) for to, d in self.sent if to != source]
        return answers

    def connect(self, source, client: Client) -> Client:
        """Carry a handshake on until neither side has anything to say."""
        flight = client.step()
        while flight:
            flight = client.step(*self.put(source, *flight))
        return client


def at(number: int) -> tuple[str, int, int, int]:
    return (f"::ffff:192.0.2.{number % 250}", 50_000 + number // 250, 0, 0)


A, B = at(2), at(3)


@pytest.fixture(scope="module")
def engine():
    return OpensslEngine(MemoryKeyring())


@pytest.fixture
def table(engine):
    return Table(engine)


def limited(engine, busy=lambda _: False, **limits) -> Table:
    return Table(engine, replace(LIMITS, **limits), busy)


def test_plaintext_goes_up_and_down_a_session(table):
    client = table.connect(A, Client())
    assert client.done
    table.put(A, client.seal(b"up"), client.seal(b"again"))
    device = Identity(SecurityMode.PSK, "dev1")
    assert table.arrived == [(device, b"up"), (device, b"again")]
    assert table.last.address == "coaps://192.0.2.2:50000?local=192.0.2.1"
    table.last.send(b"down")
    assert client.read(*[d for _, d in table.sent]) == [b"down"]


def test_a_session_is_found_by_its_address_and_for_its_identity_alone(table):
    client = table.connect(A, Client())
    table.put(A, client.seal(b"up"))
    address = table.last.address
    assert table.sessions.find(address, table.last.identity) is table.last
    assert table.sessions.find(address, Identity(SecurityMode.PSK, "dev2")) is None
    assert table.sessions.find("coaps://192.0.2.9:1", table.last.identity) is None


def test_nothing_is_kept_before_a_cookie_comes_back(table):
    for number in range(200):
        [answer] = table.put(at(number), *Client().step())
        assert len(answer) < 67
    assert len(table.sessions) == table.sessions.half_open == 0


def test_a_cookie_of_another_address_begins_nothing(table):
    client = Client()
    [second] = client.step(*table.put(A, *client.step()))
    table.put(B, second)
    assert table.sessions.half_open == 0
    table.put(A, second)
    assert table.sessions.half_open == 1


@given(st.binary(max_size=300))
def test_garbage_keeps_nothing_and_ends_nothing(engine, data):
    table = Table(engine)
    client = table.connect(A, Client())
    for source in (A, B):
        assert table.put(source, data, b"\x16\xfe\xfd" + data, b"\x17\xfe\xfd\0\1" + data) == []
    assert (len(table.sessions), table.sessions.half_open) == (1, 0)
    table.put(A, client.seal(b"still here"))
    assert table.arrived[-1][1] == b"still here"
    assert table.ended == []


def test_a_hello_on_a_live_address_leaves_the_session_until_the_new_one_is_done(table):
    old = table.connect(A, Client())
    new = Client()
    flight = new.step(*table.put(A, *new.step()))
    flight = new.step(*table.put(A, *flight))
    assert table.sessions.half_open == 1
    # The old session serves on, in both directions, while the handshake is under way.
    table.put(A, old.seal(b"old"))
    table.last.send(b"down")
    assert old.read(*[d for _, d in table.sent]) == [b"down"]
    table.sent.clear()
    former = table.last
    assert table.ended == []
    new.step(*table.put(A, *flight))
    assert new.done
    assert [address for address, _ in table.ended] == [former.address]
    table.put(A, old.seal(b"late"), new.seal(b"new"))
    assert [data for _, data in table.arrived] == [b"old", b"new"]
    assert table.sessions.find(former.address, former.identity) is table.last is not former
    former.send(b"nobody hears this")
    assert table.sent == []


@pytest.mark.parametrize(
    ("who", "opened"),
    [
        ({"identity": "dev2", "key": KEY[::-1]}, True),
        ({"identity": "nobody"}, False),
        ({"key": b"another key 0123"}, False),
    ],
    ids=["another identity", "an unknown identity", "a wrong key"],
)
def test_another_identity_gets_a_live_address_if_it_has_the_key(table, who, opened):
    old = table.connect(A, Client())
    new = table.connect(A, Client(**who))
    assert new.done is opened
    talks = new if opened else old
    table.put(A, talks.seal(b"here"))
    assert table.arrived[-1][1] == b"here"
    assert len(table.ended) == opened


def test_a_new_hello_begins_anew_and_a_repeated_one_does_not(table):
    first = Client()
    second_hello = first.step(*table.put(A, *first.step()))
    flight = table.put(A, *second_hello)
    assert flight
    table.put(A, *second_hello)
    assert table.sessions.half_open == 1
    other = table.connect(A, Client())
    assert other.done
    assert table.sessions.half_open == 0
    # What is left of the first handshake finds nobody.
    table.put(A, *first.step(*flight))
    table.put(A, other.seal(b"x"))
    assert table.arrived[-1][1] == b"x"


def test_a_replayed_handshake_begins_nothing_that_ends_the_session(table):
    client = Client()
    tape = []
    flight = client.step()
    while flight:
        tape += flight
        flight = client.step(*table.put(A, *flight))
    table.put(A, client.seal(b"once"))
    for _ in range(3):
        table.put(A, *tape)
    table.put(A, client.seal(b"twice"))
    assert [data for _, data in table.arrived] == [b"once", b"twice"]
    assert table.ended == []
    assert len(table.sessions) == 1


def test_close_notify_ends_the_session_after_what_came_before_it(table):
    client = table.connect(A, Client())
    answers = table.put(A, client.seal(b"last"), client.close())
    assert [data for _, data in table.arrived] == [b"last"]
    assert [why for _, why in table.ended] == ["the peer closed the session"]
    client.read(*answers)
    assert client.closed
    assert len(table.sessions) == 0


def test_a_wrong_key_is_forgotten_when_its_time_is_over(table):
    client = table.connect(A, Client(key=b"another key 0123"))
    assert not client.done
    assert table.sessions.half_open == 1
    table.now += LIMITS.handshake_time
    assert table.sessions.next_due() <= table.now
    table.sessions.tick(table.now)
    assert table.sessions.half_open == 0
    assert table.sessions.next_due() is None


ABOUT_A = "coaps://192.0.2.2:50000?local=192.0.2.1"


def test_a_wrong_key_is_told_of_once_the_handshake_is_over(table):
    """Not before: until then it may have been somebody else's datagram."""
    table.connect(A, Client(key=b"another key 0123"))
    assert table.disproved == []
    table.now += LIMITS.handshake_time
    table.sessions.tick(table.now)
    assert table.disproved == [("dev1", ABOUT_A)]


def test_a_wrong_key_is_told_of_where_another_handshake_takes_the_place(table):
    table.connect(A, Client(key=b"another key 0123"))
    assert table.connect(A, Client()).done
    assert table.disproved == [("dev1", ABOUT_A)]


@pytest.mark.parametrize("kind", [Client, CidClient])
def test_who_proves_itself_is_not_told_of_though_somebody_meddled(table, kind):
    client = kind()
    hello = client.step(*table.put(A, *client.step()))
    last = client.step(*table.put(A, *hello))
    whole = b"".join(last)
    client.step(*table.put(A, whole[:-1] + bytes((whole[-1] ^ 1,)), *last))
    assert len(table.sessions) == 1
    table.now += LIMITS.handshake_time
    table.sessions.tick(table.now)
    assert table.disproved == []


@pytest.mark.parametrize("who", [{"identity": "nobody"}, {}], ids=["unknown", "gone half-way"])
def test_who_has_not_tried_to_prove_anything_is_not_told_of(table, who):
    client = Client(**who)
    flight = client.step(*table.put(A, *client.step()))
    table.put(A, *(client.step(*table.put(A, *flight)) if who else flight))
    table.now += LIMITS.handshake_time
    table.sessions.tick(table.now)
    assert table.disproved == []


def test_handshakes_under_way_are_bounded_and_the_oldest_goes(engine):
    table = limited(engine, half_open=5)
    clients = [Client() for _ in range(20)]
    for number, client in enumerate(clients):
        for datagram in client.step(*table.put(at(number), *client.step())):
            table.put(at(number), datagram)
        assert table.sessions.half_open == min(number + 1, 5)


def test_handshakes_begin_at_a_limited_rate_and_come_again_by_their_timer(engine):
    table = limited(engine, handshakes=10)
    hellos = []
    for number in range(15):
        client = Client()
        hellos.append((at(number), client.step(*table.put(at(number), *client.step()))))
    answered = [bool(table.put(source, *hello)) for source, hello in hellos]
    assert answered == [True] * 10 + [False] * 5
    assert table.sessions.counts.refused == 5
    table.now += 0.5
    assert all(table.put(source, *hello) for source, hello in hellos[10:])


def test_the_session_that_was_silent_longest_makes_room(engine):
    table = limited(engine, sessions=3, session_idle=100.0)
    clients = []
    for number in range(3):
        clients.append(table.connect(at(number), Client()))
        table.now += 1.0
    table.now += 100.0
    table.put(at(0), clients[0].seal(b"here"))
    newcomer = table.connect(at(9), Client())
    assert newcomer.done
    assert [address.split("?")[0] for address, _ in table.ended] == ["coaps://192.0.2.1:50000"]
    assert len(table.sessions) == 3
    # It is told, so that it does not talk to nobody.
    clients[1].read(*[d for to, d in table.sent if to == at(1)])
    assert clients[1].closed


def test_where_nobody_is_idle_a_newcomer_gets_no_answer(engine):
    table = limited(engine, sessions=2, session_idle=100.0)
    clients = [table.connect(at(n), Client()) for n in range(2)]
    newcomer = Client()
    hello = newcomer.step(*table.put(at(9), *newcomer.step()))
    assert table.put(at(9), *hello) == []
    assert table.ended == []
    # A device that is here already may begin a new session all the same.
    assert table.connect(at(0), Client()).done
    table.now += 200.0
    assert table.put(at(9), *hello)
    assert len(clients) == 2


def test_a_busy_session_is_never_evicted(engine):
    busy: set[str] = {"coaps://192.0.2.0:50000?local=192.0.2.1"}
    table = limited(engine, busy=lambda s: s.address in busy, sessions=2, session_idle=100.0)
    for number in range(2):
        table.connect(at(number), Client())
    table.now += 1000.0
    assert table.connect(at(9), Client()).done
    assert {address for address, _ in table.ended} == {"coaps://192.0.2.1:50000?local=192.0.2.1"}
    table.now += 1.0
    refused = Client()
    hello = refused.step(*table.put(at(8), *refused.step()))
    assert table.put(at(8), *hello) == []


def test_who_cannot_finish_a_handshake_evicts_nobody(engine):
    table = limited(engine, sessions=2, session_idle=100.0)
    for number in range(2):
        table.connect(at(number), Client())
    table.now += 1000.0
    for number in range(10, 20):
        assert not table.connect(at(number), Client(key=b"another key 0123")).done
    assert table.ended == []


def test_a_revoked_identity_is_ended_and_told(table):
    clients = [table.connect(A, Client()), table.connect(B, Client("dev2", KEY[::-1]))]
    table.sessions.end(Identity(SecurityMode.PSK, "dev1"))
    assert [why for _, why in table.ended] == ["the credential was revoked"]
    clients[0].read(*[d for to, d in table.sent if to == A])
    assert clients[0].closed
    table.put(B, clients[1].seal(b"here"))
    assert table.arrived[-1][1] == b"here"


def test_at_the_end_every_session_is_closed_and_told(table):
    clients = {A: table.connect(A, Client()), B: table.connect(B, Client("dev2", KEY[::-1]))}
    table.sessions.close()
    assert len(table.ended) == 2
    for source, client in clients.items():
        client.read(*[d for to, d in table.sent if to == source])
        assert client.closed


def test_what_is_remembered_of_a_session_is_never_taken_for_another_s(table):
    hashes = set()
    for _ in range(50):
        client = table.connect(A, Client())
        table.put(A, client.seal(b"x"), client.close())
        hashes.add(hash(table.last))
        table.last = None
        table.arrived.clear()
    assert len(hashes) == 50


@settings(max_examples=30)
@given(st.data())
def test_a_damaged_handshake_ends_nothing_but_itself(engine, data):
    table = Table(engine)
    live = table.connect(A, Client())
    client = data.draw(st.sampled_from((Client, CidClient)))()
    flight = client.step()
    for _ in range(4):
        answers = []
        for datagram in flight:
            damaged = bytearray(datagram)
            damaged[data.draw(st.integers(0, len(datagram) - 1))] ^= data.draw(st.integers(1, 255))
            answers += table.put(A, bytes(damaged))
            answers += table.put(A, datagram)
        flight = client.step(*answers) if answers else []
    if not client.done:
        table.put(A, live.seal(b"still here"))
        assert table.arrived[-1][1] == b"still here"
    assert len(table.sessions) == 1


class Losing:
    """A link that loses, repeats and reorders as it is told."""

    def __init__(self, data) -> None:
        self._data = data

    def carry(self, datagrams: list[bytes]) -> list[bytes]:
        kept = [
            d
            for d in datagrams
            for _ in range(self._data.draw(st.sampled_from((0, 1, 1, 1, 2)), "copies"))
        ]
        return list(self._data.draw(st.permutations(kept), "order"))


@settings(max_examples=40)
@given(st.data())
def test_on_a_bad_link_there_is_one_session_or_none_and_never_two_answers_to_one_message(
    engine, data
):
    table, link = Table(engine), Losing(data)
    client = data.draw(st.sampled_from((Client, CidClient)))()
    flight = client.step()
    for _ in range(8):
        answers = table.put(A, *link.carry(flight))
        flight = client.step(*link.carry(answers)) if not client.done else []
    if client.done:
        table.put(A, *link.carry([client.seal(b"1"), client.seal(b"2")]))
    arrived = [text for _, text in table.arrived]
    assert len(arrived) == len(set(arrived))
    assert len(table.sessions) + table.sessions.half_open <= 1
    # Whatever became of it, the device can begin again.
    again = table.connect(A, Client())
    assert again.done
    table.put(A, again.seal(b"again"))
    assert table.arrived[-1][1] == b"again"


def test_a_handshake_by_a_former_key_ends_in_nothing(table):
    """Its key is revoked, and another made by the same name, before the Finished is sent."""
    late, other = Client(), Client("dev2", KEY[::-1])
    for source, client in ((A, late), (B, other)):
        flight = client.step(*table.put(source, *client.step()))
        client.last = client.step(*table.put(source, *flight))
    table.sessions.end(Identity(SecurityMode.PSK, "dev1"))
    late.step(*table.put(A, *late.last))
    other.step(*table.put(B, *other.last))
    assert [one for one in (A, B) if table.sessions.at((one, HERE))] == [B]
    assert table.sessions.half_open == 0
    assert table.connect(A, Client()).done
    assert table.sessions.at((A, HERE)) is not None
