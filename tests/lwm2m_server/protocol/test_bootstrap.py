"""The machine of a bootstrap: every phase and input, and clients of all kinds to the end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.protocol.bootstrap import begin, formats, placed, step
from lwm2m_server.protocol.bootstrap_configuration import Configuration
from lwm2m_server.protocol.bootstrap_discovery import Discovered
from lwm2m_server.protocol.bootstrap_session import (
    OVER,
    Answered,
    Begun,
    BootstrapOperation,
    Elapsed,
    Ended,
    Finish,
    Input,
    Phase,
    Rules,
    Session,
    Unanswered,
)
from lwm2m_server.protocol.errors import IllegalInput
from lwm2m_server.protocol.operations import Delete, Discover, Read, Response, Write
from objects.codecs import ContentFormat, decode
from objects.path import Path
from objects.registry import Registry

from .configurations import PLAIN, SECURED, instance, nosec

RULES = Rules(Registry.standard(), progress=10.0, whole=100.0)
CHANGED, DELETED, CONTENT = 0x44, 0x42, 0x45
BAD_REQUEST, NOT_FOUND, NOT_ALLOWED, NOT_ACCEPTABLE, UNSUPPORTED = 0x80, 0x84, 0x85, 0x86, 0x8F
NOW = 1000.0

WHOLE = replace(PLAIN, read=(Path(1),))


def begun(configuration: Configuration = PLAIN, pct: int | None = None) -> Session:
    return begin("dev", configuration, pct, NOW, RULES)


@dataclass
class Client:
    """What answers by the first fitting of its rules, else as a good client does."""

    has: bytes = b"</>;lwm2m=1.1,</0/0>"
    rules: dict[type, int] = field(default_factory=dict)
    formats: frozenset[int] = frozenset({112, 110, 11542})
    asked: list[BootstrapOperation] = field(default_factory=list)

    def answer(self, operation: BootstrapOperation) -> Response:
        self.asked.append(operation)
        if (code := self.rules.get(type(operation))) is not None:
            return Response(code)
        if isinstance(operation, Write) and operation.content_format not in self.formats:
            return Response(UNSUPPORTED)
        if isinstance(operation, Discover):
            return Response(CONTENT, self.has, 40)
        return Response(DELETED if isinstance(operation, Delete) else CHANGED)

    def of(self, kind: type) -> list[BootstrapOperation]:
        return [one for one in self.asked if isinstance(one, kind)]


def bootstrap(session: Session, client: Client) -> Session:
    """Go on to the end, no time passing."""
    session, operation = step(session, Begun(), NOW, RULES)
    while operation is not None:
        event = Answered(session.ticket, client.answer(operation))
        session, operation = step(session, event, NOW, RULES)
    assert session.over
    return session


def test_0_client_initiated_bootstrap() -> None:
    client = Client()
    session = bootstrap(begun(WHOLE), client)
    assert session.phase is Phase.SUCCEEDED
    assert [type(one) for one in client.asked] == [
        *(Discover, Read, Delete, Delete, Write, Write, Finish)
    ]
    paths = [str(one.path) for one in client.asked]
    assert paths == ["/0", "/1", "/0", "/1", "/0/1", "/1/0", "/"]
    assert session.written == (Path(0, 1), Path(1, 0))


def test_6_what_is_written_is_what_is_meant() -> None:
    client = Client()
    bootstrap(begun(SECURED), client)
    for write, (path, told) in zip(client.of(Write), SECURED.instances, strict=True):
        assert isinstance(write, Write)
        assert write.replace
        node = decode(write.content_format, write.payload, path, RULES.definitions)
        assert node == told


def test_4_all_is_deleted_but_the_bootstrap_servers_own_account() -> None:
    client = Client(has=b"</0/0>;ssid=1,</0/3>,</1/0>")
    told = replace(PLAIN, delete=(Path(0, 0), Path(0, 3), Path(1)))
    assert bootstrap(begun(told), client).phase is Phase.SUCCEEDED
    assert [str(one.path) for one in client.of(Delete)] == ["/0/0", "/1"]


@pytest.mark.parametrize("code", [BAD_REQUEST, NOT_FOUND, NOT_ALLOWED, 0xA0])
@pytest.mark.parametrize("operation", [Discover, Read, Delete])
def test_what_a_client_lacks_does_not_stop_it(operation: type, code: int) -> None:
    session = bootstrap(begun(WHOLE), Client(rules={operation: code}))
    assert session.phase is Phase.SUCCEEDED
    assert all(operation.__name__ in note for note in session.notes)
    assert len(session.notes) >= 1


@pytest.mark.parametrize("garbage", [b"\xff", b"</0/0", b"lwm2m"])
def test_a_discover_that_cannot_be_read_is_none(garbage: bytes) -> None:
    session = bootstrap(begun(), Client(has=garbage))
    assert (session.phase, len(session.notes)) == (Phase.SUCCEEDED, 1)


def test_9_inconsistent_configuration() -> None:
    session = bootstrap(begun(), Client(rules={Finish: NOT_ACCEPTABLE}))
    assert session.phase is Phase.FAILED
    assert session.reason == (
        "Finish: the endpoint answered 4.06: it finds what was written inconsistent"
    )


def test_a_write_that_is_refused_ends_it_before_finish() -> None:
    client = Client(rules={Write: BAD_REQUEST})
    session = bootstrap(begun(), client)
    assert session.reason == "Write /0/1: the endpoint answered 4.00"
    assert client.of(Finish) == []


# --- content formats ------------------------------------------------------------------------

TLV, CBOR, JSON = ContentFormat.TLV, ContentFormat.SENML_CBOR, ContentFormat.SENML_JSON


@pytest.mark.parametrize(
    ("told", "pct", "version", "first"),
    [
        (None, None, None, TLV),  # nothing is known: 1.0
        (None, None, "1.0", TLV),
        (None, None, "1.1", CBOR),
        (None, None, "1.2", CBOR),
        (None, CBOR, None, CBOR),
        (None, TLV, "1.1", TLV),
        (None, JSON, "1.0", JSON),
        (CBOR, TLV, "1.0", CBOR),  # the operator knows better
        (None, 0, "1.1", CBOR),  # text carries no instance
        (None, 65000, None, TLV),
    ],
)
def test_the_format_is_what_is_preferred_else_what_the_version_has(
    told: int | None, pct: int | None, version: str | None, first: int
) -> None:
    session = begun(replace(PLAIN, content_format=told), pct)
    found = formats(replace(session, discovered=Discovered(version=version)))
    assert found[0] == first
    assert {TLV, CBOR} <= {*found}
    assert len({*found}) == len(found)


@pytest.mark.parametrize("code", [UNSUPPORTED, NOT_ACCEPTABLE])
def test_a_format_that_is_refused_is_followed_by_the_next(code: int) -> None:
    client = Client(formats=frozenset({TLV}))
    session = bootstrap(begun(pct=CBOR), client)
    assert session.phase is Phase.SUCCEEDED
    written = [
        (str(one.path), one.content_format) for one in client.of(Write) if isinstance(one, Write)
    ]
    # What is refused once is not tried again.
    assert written[0] == ("/0/1", CBOR)
    assert written[-2:] == [("/0/1", TLV), ("/1/0", TLV)]
    assert len({*written}) == len(written)


def test_a_client_that_takes_no_format_is_given_up() -> None:
    session = bootstrap(begun(), Client(formats=frozenset()))
    assert session.reason == "Write /0/1: the endpoint answered 4.15"


# --- where Object 0 goes --------------------------------------------------------------------


def places(configuration: Configuration, discovered: Discovered) -> list[str]:
    session = replace(begun(configuration), discovered=discovered)
    return [str(path) for path, _ in placed(session)]


def test_nothing_is_written_over_the_bootstrap_servers_account() -> None:
    assert places(PLAIN, Discovered()) == ["/0/1", "/1/0"]
    assert places(PLAIN, Discovered(0, frozenset({0}))) == ["/0/1", "/1/0"]
    assert places(PLAIN, Discovered(1, frozenset({1}))) == ["/0/0", "/1/0"]
    assert places(PLAIN, Discovered(1, frozenset({0, 1, 2}))) == ["/0/3", "/1/0"]


def test_its_own_account_is_written_where_the_client_keeps_it() -> None:
    own = nosec("/0/0", x1=True)
    told = Configuration((own, *PLAIN.instances))
    assert places(told, Discovered(0, frozenset({0}))) == ["/0/0", "/0/1", "/1/0"]
    assert places(told, Discovered(1, frozenset({0, 1}))) == ["/0/1", "/0/2", "/1/0"]
    assert places(told, Discovered(5, frozenset({5}))) == ["/0/5", "/0/1", "/1/0"]


@given(
    st.sets(st.integers(0, 8), min_size=1).flatmap(
        lambda taken: st.tuples(st.sampled_from(sorted(taken)), st.just(frozenset(taken)))
    ),
    st.sets(st.integers(0, 8), max_size=5),
    st.none() | st.integers(0, 8),
)
def test_places_are_never_shared(
    there: tuple[int, frozenset[int]], security: set[int], own: int | None
) -> None:
    account, taken = there
    told = [nosec(f"/0/{one}", one + 1) for one in security - {own}]
    told += [] if own is None else [nosec(f"/0/{own}", x1=True)]
    found = places(Configuration(tuple(told)), Discovered(account, taken))
    assert len({*found}) == len(found) == len(told)
    at = [one for one, (_, what) in zip(found, told, strict=True) if what.value(1, bool)]
    assert at == ([] if own is None else [f"/0/{account}"])
    assert own is not None or f"/0/{account}" not in found


# --- all that can happen --------------------------------------------------------------------

INPUTS: dict[str, Callable[[Session], Input]] = {
    "begun": lambda _: Begun(),
    "answered": lambda one: Answered(one.ticket, Response(CHANGED)),
    "refused": lambda one: Answered(one.ticket, Response(BAD_REQUEST)),
    "of another ticket": lambda one: Answered(one.ticket + 1, Response(CHANGED)),
    "unanswered": lambda one: Unanswered(one.ticket, "nothing came"),
    "unanswered, long ago": lambda one: Unanswered(one.ticket - 1, "nothing came"),
    "elapsed": lambda _: Elapsed(),
    "ended": lambda _: Ended("somebody said so"),
}


def sessions() -> Iterator[Session]:
    """Yield a session in each phase, as it comes there."""
    session = begun(WHOLE)
    yield session
    client = Client()
    session, operation = step(session, Begun(), NOW, RULES)
    while operation is not None:
        yield session
        event = Answered(session.ticket, client.answer(operation))
        session, operation = step(session, event, NOW, RULES)
    yield session
    yield replace(session, phase=Phase.FAILED)


SESSIONS = list({one.phase: one for one in sessions()}.values())


def test_each_phase_is_reached() -> None:
    assert {one.phase for one in SESSIONS} == {*Phase}


@pytest.mark.parametrize(("session", "name"), [*product(SESSIONS, INPUTS)])
@pytest.mark.parametrize("later", [0.0, 10.0, 100.0])
def test_every_pair_ends_or_asks_or_waits(session: Session, name: str, later: float) -> None:
    now = NOW + later
    event = INPUTS[name](session)
    try:
        after, operation = step(session, event, now, RULES)
    except IllegalInput:
        assert isinstance(event, Begun | Answered | Unanswered)
        assert session.phase is Phase.BEGINNING or isinstance(event, Begun)
        return
    if session.over:
        assert (after, operation) == (session, None)
    elif operation is not None:
        assert after.phase not in OVER
        assert after.ticket == session.ticket + 1
        assert now <= after.deadline <= now + RULES.progress or later == 100.0
    elif after.over:
        assert (after.phase is Phase.FAILED) == (after.reason is not None)
    else:
        assert after == session  # stale, or too early
        assert now < after.deadline or not isinstance(event, Elapsed)


@given(st.data())
def test_whatever_clients_answer_it_comes_to_its_end(data: st.DataObject) -> None:
    """In order, with as many operations as paths and formats at most; Finish comes after all."""
    told = data.draw(st.sampled_from([PLAIN, SECURED, WHOLE, replace(WHOLE, discover=False)]))
    session, operation = step(begun(told), Begun(), NOW, RULES)
    codes = st.sampled_from([CHANGED, CONTENT, BAD_REQUEST, NOT_ACCEPTABLE, UNSUPPORTED])
    asked = list[BootstrapOperation]()
    while operation is not None:
        asked.append(operation)
        assert len(asked) < 20
        answer = Response(data.draw(codes), data.draw(st.binary(max_size=8)))
        session, operation = step(session, Answered(session.ticket, answer), NOW, RULES)
    order = [Discover, Read, Delete, Write, Finish]
    ranks = [order.index(type(one)) for one in asked]
    assert ranks == sorted(ranks)
    if isinstance(asked[-1], Finish):
        assert len(session.written) == len(told.instances)
    assert (session.phase is Phase.SUCCEEDED) == (session.reason is None)


def test_time_passes_for_each_operation_and_for_the_whole() -> None:
    session, _ = step(begun(), Begun(), NOW, RULES)
    early, _ = step(session, Elapsed(), session.deadline - 0.1, RULES)
    assert early == session
    late, _ = step(session, Elapsed(), session.deadline, RULES)
    assert late.reason == "while discovering: no answer for 10 s"
    slow = replace(session, began_at=NOW - 95.0)
    slow, _ = step(slow, Answered(slow.ticket, Response(CONTENT)), NOW, RULES)
    assert slow.deadline == NOW + 5.0
    over, _ = step(slow, Elapsed(), NOW + 5.0, RULES)
    assert over.reason == "while deleting: not done after 100 s"


def test_a_value_that_no_format_carries_is_not_shown() -> None:
    broken = Configuration((instance("/1/0", {1: "a secret where a number belongs"}),))
    session = bootstrap(begun(broken), Client())
    assert session.reason == "no content format that the endpoint takes can carry it"
    assert "secret" not in repr(session)
