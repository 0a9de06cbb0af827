"""What is under way with an endpoint follows it to where it is, and ends with its registration."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.coap.block import Block
from lwm2m_server.coap.message import Message, Options
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.protocol.identity import Identity, SecurityMode
from lwm2m_server.protocol.operations import (
    CancelObservation,
    Create,
    Delete,
    Discover,
    Execute,
    Observe,
    Operation,
    Read,
    Response,
    Write,
)
from lwm2m_server.service.ports import Unreachable
from lwm2m_server.transport.downlink import CoapDownlink
from lwm2m_server.transport.exchanges import Carrier, Carriers, found_by_session
from lwm2m_server.transport.messages import request_of
from objects.path import Path

from .line import At, Device, Line, registered, turn

CHANGED = Message(Code.CHANGED)
HERE = Path(3, 0, 9)


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def told() -> list[tuple[str, Path, Response]]:
    return []


@pytest.fixture
def downlink(line: Line, told: list[tuple[str, Path, Response]]) -> CoapDownlink:
    return CoapDownlink(line.carriers, lambda *one: told.append(one), progress_timeout=60)


def content(payload: bytes, **options: object) -> Message:
    return Message(Code.CONTENT, Options(**options), payload)  # type: ignore[arg-type] # by name


def silent(_: Message) -> None:
    return None


def taking_blocks(request: Message) -> Message:
    block = request.options.block1
    return Message(Code.CONTINUE if block and block.more else Code.CHANGED, Options(block1=block))


# --- operations as requests (OMA LwM2M Transport 1.1 §6.4) -------------------------------------

REQUESTS = [
    (Read(HERE, 112), Code.GET, {"accept": 112}, b""),
    (Discover(HERE), Code.GET, {"accept": 40}, b""),
    (Write(HERE, b"x", 42), Code.PUT, {"content_format": 42}, b"x"),
    (Write(HERE, b"x", 11542, replace=False), Code.POST, {"content_format": 11542}, b"x"),
    (Execute(HERE), Code.POST, {}, b""),
    (Execute(HERE, "0='x'"), Code.POST, {"content_format": 0}, b"0='x'"),
    (Create(HERE, b"x", 11542), Code.POST, {"content_format": 11542}, b"x"),
    (Delete(HERE), Code.DELETE, {}, b""),
    (Observe(HERE, 0), Code.GET, {"accept": 0, "observe": 0}, b""),
    (CancelObservation(HERE), Code.GET, {"observe": 1}, b""),
]


@pytest.mark.parametrize(("operation", "code", "options", "payload"), REQUESTS)
@pytest.mark.parametrize(("root", "prefix"), [("/", ()), ("/lwm2m", ("lwm2m",))])
def test_an_operation_is_one_request(
    operation: Operation,
    code: Code,
    options: dict[str, int],
    payload: bytes,
    root: str,
    prefix: tuple[str, ...],
) -> None:
    expected = Message(code, Options(uri_path=(*prefix, "3", "0", "9"), **options), payload)  # type: ignore[arg-type] # by name
    assert request_of(operation, root) == expected


async def test_an_execute_is_told_of_before_it_is_answered(line: Line) -> None:
    """A device may restart by it and never answer; see `RegistrationDirectory.stands`."""
    device, told = line.device(1, silent), []
    downlink = CoapDownlink(
        line.carriers, lambda *_: None, executed=told.append, progress_timeout=60
    )
    here = registered(device)
    for operation in (Write(HERE, b"x", 42), Execute(HERE)):
        pending = asyncio.ensure_future(downlink.request(here, operation))
        await turn()
        assert told == ([here] if isinstance(operation, Execute) else [])
        pending.cancel()
        await asyncio.gather(pending, return_exceptions=True)


# --- where an endpoint is ----------------------------------------------------------------------


async def test_a_request_goes_on_where_an_update_came_from(
    line: Line, downlink: CoapDownlink
) -> None:
    device = line.device(1, silent)
    pending = asyncio.ensure_future(downlink.request(registered(device), Read(HERE)))
    await turn()
    line.moved(device, 2)
    device.answer = lambda _: content(b"there")
    downlink.updated(registered(device, at=1.0))
    await line.pass_by(10)
    assert pending.result().payload == b"there"


@pytest.mark.proves("nat-transfer")
async def test_a_push_goes_on_at_the_block_it_had_come_to(
    line: Line, downlink: CoapDownlink
) -> None:
    device = line.device(1, lambda one: taking_blocks(one) if len(device.requests) < 3 else None)
    done: list[int] = []
    pending = asyncio.ensure_future(
        downlink.push(registered(device), HERE, bytes(4000), lambda one, _: done.append(one))
    )
    await turn()
    line.moved(device, 2)
    device.answer = taking_blocks
    downlink.updated(registered(device, at=1.0))
    await line.pass_by(10)
    assert pending.result().code_text == "2.04"
    numbers = [one.options.block1.number for one in device.requests if one.options.block1]
    assert sorted(set(numbers)) == [0, 1, 2, 3]
    assert numbers == sorted(numbers)
    assert len({one.token for one in device.requests}) == 1
    assert done[-1] == 4000


async def test_a_new_register_from_elsewhere_fails_what_awaits_an_answer_and_no_push(
    line: Line, downlink: CoapDownlink
) -> None:
    device = line.device(1, silent)
    reading = asyncio.ensure_future(downlink.request(registered(device), Execute(HERE)))
    pushing = asyncio.ensure_future(
        downlink.push(registered(device), HERE, bytes(2000), lambda *_: None)
    )
    await turn()
    line.moved(device, 2)
    device.answer = taking_blocks
    downlink.registered(registered(device, "r2", at=1.0, registered_at=1.0))
    await line.pass_by(1)
    with pytest.raises(Unreachable, match="registered anew"):
        reading.result()
    assert pushing.result().code_text == "2.04"


async def test_who_starts_anew_at_the_same_address_is_not_asked_again(
    line: Line, downlink: CoapDownlink
) -> None:
    """An Execute that is sent once more after a reboot would reboot the device once more."""
    device = line.device(1, silent)
    executing = asyncio.ensure_future(downlink.request(registered(device), Execute(HERE)))
    observing = asyncio.ensure_future(downlink.request(registered(device), Observe(HERE)))
    pushing = asyncio.ensure_future(
        downlink.push(registered(device), HERE, bytes(2000), lambda *_: None)
    )
    await turn()
    device.requests.clear()
    device.answer = taking_blocks
    downlink.registered(registered(device, "r2", at=1.0, registered_at=1.0))
    await line.pass_by(200)
    for ended in (executing, observing):
        with pytest.raises(Unreachable, match="registered anew"):
            ended.result()
    assert pushing.result().code_text == "2.04"
    assert {one.code for one in device.requests} == {Code.PUT}


async def test_a_long_answer_goes_on_where_an_update_came_from(
    line: Line, downlink: CoapDownlink
) -> None:
    blocks = dict(in_blocks(BIG * 2))
    device = line.device(1, lambda _: blocks[0])
    silence = iter([blocks[0], None])
    device.answer = lambda _: next(silence)
    pending = asyncio.ensure_future(downlink.request(registered(device), Read(HERE)))
    await turn()
    line.moved(device, 2)
    device.answer = lambda one: blocks[one.options.block2.number] if one.options.block2 else None
    downlink.updated(registered(device, at=1.0))
    await line.pass_by(10)
    assert pending.result().payload == BIG * 2


async def test_an_old_registration_moves_nothing_back(line: Line, downlink: CoapDownlink) -> None:
    device = line.device(1, lambda _: content(b"1", observe=0))
    before = registered(device)
    await downlink.request(before, Observe(HERE))
    line.moved(device, 2)
    downlink.updated(registered(device, at=1.0))
    downlink.updated(before)
    assert (await downlink.request(before, Read(HERE))).payload == b"1"


async def test_what_another_has_at_a_former_address_stays_there(
    line: Line, downlink: CoapDownlink
) -> None:
    """A NAT gives one device the port that was another's."""
    first = line.device(1, lambda _: content(b"first", observe=0))
    await downlink.request(registered(first, endpoint="first"), Observe(HERE))
    line.moved(first, 2)
    second = line.device(1, silent)
    pending = asyncio.ensure_future(
        downlink.request(registered(second, endpoint="second"), Read(HERE))
    )
    await turn()
    second.answer = lambda _: content(b"second")
    downlink.updated(registered(first, endpoint="first", at=1.0))
    downlink.registered(registered(first, "r2", endpoint="first", registered_at=2.0))
    await line.pass_by(10)
    assert pending.result().payload == b"second"


async def test_nothing_more_is_sent_for_who_stopped_waiting(
    line: Line, downlink: CoapDownlink
) -> None:
    device = line.device(1, silent)
    for begun in (
        downlink.request(registered(device), Read(HERE)),
        downlink.request(registered(device), Observe(HERE)),
        downlink.push(registered(device), HERE, bytes(3000), lambda *_: None),
    ):
        device.requests.clear()
        task = asyncio.ensure_future(begun)
        await turn()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(device.requests) == 1
        await line.pass_by(200)
        assert len(device.requests) == 1


@pytest.mark.parametrize("operation", [Read(HERE), Observe(HERE)])
async def test_the_rest_of_an_answer_is_not_fetched_for_who_stopped_waiting(
    line: Line, downlink: CoapDownlink, operation: Operation
) -> None:
    blocks = dict(in_blocks(BIG))
    device = line.device(1, lambda one: None if one.options.block2 else blocks[0])
    task = asyncio.ensure_future(downlink.request(registered(device), operation))
    await turn()
    assert len(device.requests) == 2
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await line.pass_by(200)
    assert len(device.requests) == 2
    assert len(downlink.contacts) == 0


async def test_requests_are_sent_in_order(line: Line, downlink: CoapDownlink) -> None:
    device = line.device(1, silent)
    ended: list[int] = []

    async def ask(number: int) -> None:
        await downlink.request(registered(device), Read(Path(number)))
        ended.append(number)

    asked = [asyncio.ensure_future(ask(number)) for number in range(5)]
    await turn()
    device.answer = lambda _: content(b"1")
    await line.pass_by(5)
    assert ended == [*range(5)]
    await asyncio.gather(*asked)


async def test_who_stops_waiting_holds_nobody_up(line: Line, downlink: CoapDownlink) -> None:
    """NSTART is 1: the next request has its turn at once (RFC 7252 §4.7)."""
    device = line.device(1, silent)
    first = asyncio.ensure_future(downlink.request(registered(device), Read(HERE)))
    second = asyncio.ensure_future(downlink.request(registered(device), Read(Path(1))))
    await turn()
    device.answer = lambda _: content(b"1")
    first.cancel()
    await turn()
    assert second.done()
    assert (await second).payload == b"1"


async def test_requests_wait_for_the_sockets() -> None:
    carriers = Carriers()
    line = Line()
    device = line.device(1, lambda _: content(b"1"))
    downlink = CoapDownlink(carriers, lambda *_: None, progress_timeout=60)
    pending = asyncio.ensure_future(downlink.request(registered(device), Read(HERE)))
    await turn()
    assert not device.requests
    carriers.add("coap", line.carriers.of(registered(device)))
    carriers.open()
    await turn()
    assert pending.result().payload == b"1"


async def test_an_address_that_nothing_here_carries_is_unreachable(downlink: CoapDownlink) -> None:
    nowhere = registered(Device(Line(), At("sms://1"), silent))
    with pytest.raises(Unreachable, match="nothing here carries"):
        await downlink.request(nowhere, Read(HERE))


class Live:
    """A port with one session of one identity."""

    def __init__(self, session: At | None) -> None:
        self.session = session

    def find(self, address: str, identity: Identity) -> At | None:
        session = self.session
        return session if session is not None and session.identity == identity else None


async def test_a_secured_endpoint_is_reached_by_its_live_session_alone(
    line: Line, downlink: CoapDownlink
) -> None:
    who = Identity(SecurityMode.PSK, "dev")
    device = Device(line, At("coaps://192.0.2.1:5684", who), lambda _: content(b"1", observe=0))
    line.devices[device.at] = device
    live = Live(device.at)
    line.carriers.add("coaps", Carrier(line, found_by_session(live.find), 5684))
    registration = registered(device, identity=who)
    assert (await downlink.request(registration, Observe(HERE))).payload == b"1"
    with pytest.raises(Unreachable, match="session is gone"):
        await downlink.request(registered(device, endpoint="other"), Read(HERE))
    # A new handshake from the same address: requests go by the new session.
    live.session = second = At("coaps://192.0.2.1:5684 again", who)
    line.devices[second] = Device(line, second, lambda _: content(b"2"))
    assert (await downlink.request(registration, Read(HERE))).payload == b"2"
    live.session = None
    with pytest.raises(Unreachable, match="session is gone"):
        await downlink.request(registration, Read(HERE))


WHO = Identity(SecurityMode.PSK, "dev")
SESSION, AGAIN = (At(f"coaps://192.0.2.1:{port}?local=192.0.2.254", WHO) for port in (1, 2))


def secured(line: Line, live: "Live", downlink: CoapDownlink) -> Callable[[At], None]:
    """Serve sessions; returns what ends one, as `CoapServer.lost` does."""
    line.carriers.add("coaps", Carrier(line, found_by_session(live.find), 5684))

    def lost(session: At) -> None:
        line.endpoint.forget(session, "the session is over", line.time)
        downlink.contacts.lost(session)
        line.flush()

    return lost


async def test_an_observation_outlives_its_session(
    line: Line, downlink: CoapDownlink, told: list[tuple[str, Path, Response]]
) -> None:
    """A NAT that forgets, or a device that slept, costs a handshake and nothing else."""
    live = Live(SESSION)
    lost = secured(line, live, downlink)
    device = Device(line, SESSION, lambda _: content(b"0", observe=0))
    line.place(device, SESSION)
    here = registered(device, identity=WHO)
    await downlink.request(here, Observe(HERE))
    device.answer = silent
    reading = asyncio.ensure_future(downlink.request(here, Read(HERE)))
    await turn()
    live.session = AGAIN
    lost(SESSION)
    await line.pass_by(1)
    with pytest.raises(Unreachable, match="session is over"):
        reading.result()
    line.place(device, AGAIN)
    device.notify(token_of(device), b"1")
    downlink.updated(registered(device, at=1.0, identity=WHO))
    device.notify(token_of(device), b"2")
    assert payloads(told) == [b"1", b"2"]
    assert [one.type for one in device.answers] == [Type.ACK, Type.ACK]


@pytest.mark.parametrize(
    "stranger", [At("coap://192.0.2.1:1"), At("coaps://192.0.2.1:1", Identity(WHO.mode, "other"))]
)
async def test_a_token_is_not_enough_to_speak_for_a_secured_endpoint(
    line: Line,
    downlink: CoapDownlink,
    told: list[tuple[str, Path, Response]],
    stranger: At,
) -> None:
    secured(line, Live(SESSION), downlink)
    device = Device(line, SESSION, lambda _: content(b"0", observe=0))
    line.place(device, SESSION)
    await downlink.request(registered(device, identity=WHO), Observe(HERE))
    line.place(device, stranger)
    device.notify(token_of(device), b"forged")
    assert told == []
    assert [one.type for one in device.answers] == [Type.RST]


async def test_a_push_goes_on_over_the_session_that_takes_the_place(
    line: Line, downlink: CoapDownlink
) -> None:
    """A device that lost its keys and no more: nothing is registered or updated."""
    live = Live(SESSION)
    lost = secured(line, live, downlink)
    device = Device(line, SESSION, taking_blocks)
    device.answer = lambda one: taking_blocks(one) if len(device.requests) < 3 else None
    line.place(device, SESSION)
    pushing = asyncio.ensure_future(
        downlink.push(registered(device, identity=WHO), HERE, bytes(4000), lambda *_: None)
    )
    await turn()
    line.devices[AGAIN] = again = Device(line, AGAIN, taking_blocks)
    live.session = AGAIN
    lost(SESSION)
    await line.pass_by(1)
    assert pushing.result().code_text == "2.04"
    assert [one.options.block1.number for one in again.requests if one.options.block1] == [2, 3]


# --- observations ------------------------------------------------------------------------------


async def observed(line: Line, downlink: CoapDownlink, host: int = 1) -> Device:
    device = line.device(host, lambda _: content(b"0", observe=0))
    assert (await downlink.request(registered(device), Observe(HERE))).payload == b"0"
    return device


def token_of(device: Device) -> bytes:
    return device.requests[0].token


def payloads(told: list[tuple[str, Path, Response]]) -> list[bytes]:
    return [response.payload for _, _, response in told]


async def test_a_notification_counts_wherever_it_comes_from(
    line: Line, downlink: CoapDownlink, told: list[tuple[str, Path, Response]]
) -> None:
    device = await observed(line, downlink)
    token = token_of(device)
    device.notify(token, b"1")
    line.moved(device, 2)
    device.notify(token, b"2")
    assert told[0] == ("dev", HERE, Response(Code.CONTENT, b"1"))
    assert payloads(told) == [b"1", b"2"]


async def test_an_observation_ends_with_its_registration(
    line: Line, downlink: CoapDownlink, told: list[tuple[str, Path, Response]]
) -> None:
    device = await observed(line, downlink)
    downlink.registered(registered(device, "r2", registered_at=1.0))
    device.notify(token_of(device), b"late")
    assert told == []
    assert [one.type for one in device.answers] == [Type.RST]


async def test_an_endpoint_that_is_gone_is_observed_no_more(
    line: Line, downlink: CoapDownlink, told: list[tuple[str, Path, Response]]
) -> None:
    device = await observed(line, downlink)
    downlink.ended(registered(device))
    device.notify(token_of(device), b"late")
    assert told == []


async def test_the_same_path_observed_anew_counts_once(
    line: Line, downlink: CoapDownlink, told: list[tuple[str, Path, Response]]
) -> None:
    device = await observed(line, downlink)
    first = token_of(device)
    device.requests.clear()
    await downlink.request(registered(device), Observe(HERE))
    device.notify(first, b"old")
    device.notify(token_of(device), b"new")
    assert payloads(told) == [b"new"]


async def under_way(line: Line, downlink: CoapDownlink) -> "asyncio.Task[Response]":
    device = line.device(1, silent)
    pending = asyncio.ensure_future(downlink.request(registered(device), Observe(HERE)))
    await turn()
    return pending


async def test_who_observes_what_is_observed_anew_is_told_so(
    line: Line, downlink: CoapDownlink
) -> None:
    first = await under_way(line, downlink)
    second = await under_way(line, downlink)
    with pytest.raises(Unreachable, match="observed anew"):
        first.result()
    assert not second.done()
    second.cancel()


async def test_who_observes_what_is_cancelled_meanwhile_is_told_so(
    line: Line, downlink: CoapDownlink
) -> None:
    pending = await under_way(line, downlink)
    device = line.device(1, lambda _: content(b"0"))
    assert (await downlink.request(registered(device), CancelObservation(HERE))).ok
    with pytest.raises(Unreachable, match="cancelled"):
        await pending


async def test_who_observes_an_endpoint_that_takes_its_leave_is_told_so(
    line: Line, downlink: CoapDownlink
) -> None:
    pending = await under_way(line, downlink)
    downlink.ended(registered(line.device(1, silent)))
    with pytest.raises(Unreachable, match="registration is over"):
        await pending
    assert len(downlink.contacts) == 0


async def test_notifications_wait_for_a_first_value_that_is_long(
    line: Line, downlink: CoapDownlink, told: list[tuple[str, Path, Response]]
) -> None:
    blocks = dict(in_blocks(BIG))
    first = Message(Code.CONTENT, blocks[0].options.but(observe=0), blocks[0].payload)
    device = line.device(1, lambda one: None if one.options.block2 else first)
    pending = asyncio.ensure_future(downlink.request(registered(device), Observe(HERE)))
    await turn()
    device.notify(token_of(device), b"next")
    assert told == []
    device.answer = lambda one: blocks[one.options.block2.number] if one.options.block2 else None
    await line.pass_by(5)
    assert pending.result().payload == BIG
    assert payloads(told) == [b"next"]


async def test_an_error_is_the_last_notification(
    line: Line, downlink: CoapDownlink, told: list[tuple[str, Path, Response]]
) -> None:
    device = await observed(line, downlink)
    device.send(Code.NOT_FOUND, token_of(device))
    device.notify(token_of(device), b"more")
    assert [response.code_text for _, _, response in told] == ["4.04"]


async def test_a_cancellation_has_the_token_of_its_observation(
    line: Line, downlink: CoapDownlink, told: list[tuple[str, Path, Response]]
) -> None:
    device = await observed(line, downlink)
    assert (await downlink.request(registered(device), CancelObservation(HERE))).ok
    assert device.requests[-1].options.observe == 1
    assert device.requests[-1].token == token_of(device)
    device.notify(token_of(device), b"late")
    assert told == []


BIG = bytes(range(256)) * 8


def in_blocks(body: bytes) -> Iterator[tuple[int, Message]]:
    for number in range(-(-len(body) // 1024)):
        more = (number + 1) * 1024 < len(body)
        piece = body[number * 1024 : (number + 1) * 1024]
        yield number, content(piece, block2=Block(number, more), etags=(b"1",))


async def test_big_notifications_are_fetched_and_keep_their_turn(
    line: Line, downlink: CoapDownlink, told: list[tuple[str, Path, Response]]
) -> None:
    device = await observed(line, downlink)
    blocks = dict(in_blocks(BIG))
    device.answer = silent
    device.notify(token_of(device), BIG[:1024], block2=Block(0, more=True), etags=(b"1",))
    device.notify(token_of(device), b"small")
    assert told == []
    device.answer = lambda one: blocks[one.options.block2.number] if one.options.block2 else None
    await line.pass_by(5)
    assert payloads(told) == [BIG, b"small"]
    assert device.requests[-1].options.observe is None


async def test_a_notification_that_breaks_off_holds_up_no_other(
    line: Line, downlink: CoapDownlink, told: list[tuple[str, Path, Response]]
) -> None:
    device = await observed(line, downlink)
    device.answer = lambda _: content(b"other", block2=Block(1, more=False), etags=(b"2",))
    device.notify(token_of(device), BIG[:1024], block2=Block(0, more=True), etags=(b"1",))
    device.notify(token_of(device), b"small")
    assert payloads(told) == [b"small"]


@given(st.lists(st.sampled_from([b"1", b"22", BIG[:1024]]), max_size=100))
async def test_all_that_waits_comes_in_order(sent: list[bytes]) -> None:
    """While one is fetched, as many as there is room for wait: the newest (RFC 7641 §1.3)."""
    line, told = Line(), list[bytes]()
    downlink = CoapDownlink(
        line.carriers, lambda *one: told.append(one[2].payload), progress_timeout=60
    )
    device = await observed(line, downlink)
    device.answer = silent
    device.notify(token_of(device), BIG[:1024], block2=Block(0, more=True), etags=(b"1",))
    for payload in sent:
        device.notify(token_of(device), payload)
    device.answer = lambda _: content(BIG[1024:], block2=Block(1, more=False), etags=(b"1",))
    await line.pass_by(5)
    assert told == [BIG, *sent[-64:]]


async def test_what_is_not_observable_is_read_once(
    line: Line, downlink: CoapDownlink, told: list[tuple[str, Path, Response]]
) -> None:
    device = line.device(1, lambda _: content(b"once"))
    assert (await downlink.request(registered(device), Observe(HERE))).payload == b"once"
    device.notify(token_of(device), b"more")
    assert told == []


async def test_nothing_is_kept_of_endpoints_that_nothing_is_under_way_with(
    line: Line, downlink: CoapDownlink
) -> None:
    device = await observed(line, downlink)
    await downlink.request(registered(device), CancelObservation(HERE))
    await downlink.request(registered(device), Write(HERE, bytes(3000), 42))
    device.answer = silent
    pending = asyncio.ensure_future(downlink.request(registered(device), Read(HERE)))
    await turn()
    await line.pass_by(200)
    with pytest.raises(Unreachable):
        pending.result()
    assert len(downlink.contacts) == 0


async def test_closing_fails_what_is_under_way_and_forgets_what_is_observed(
    line: Line, downlink: CoapDownlink, told: list[tuple[str, Path, Response]]
) -> None:
    device = await observed(line, downlink)
    device.answer = silent
    under_way = [
        asyncio.ensure_future(downlink.request(registered(device), Read(HERE))),
        asyncio.ensure_future(
            downlink.push(registered(device), HERE, bytes(2000), lambda *_: None)
        ),
    ]
    await turn()
    await downlink.aclose()
    device.notify(token_of(device), b"late")
    assert told == []
    for one in under_way:
        with pytest.raises(Unreachable, match="shutting down"):
            await one
    assert len(downlink.contacts) == 0


# --- where a device pulls from -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "public", "uri"),
    [
        ("coap://192.0.2.7:56830?local=192.0.2.1", None, "coap://192.0.2.1:5683/p/t"),
        ("coap://[2001:db8::7]:1?local=2001:db8::1", None, "coap://[2001:db8::1]:5683/p/t"),
        ("coaps://192.0.2.7:56830?local=192.0.2.1", None, "coaps://192.0.2.1:5684/p/t"),
        (
            "coap://192.0.2.7:56830?local=192.0.2.1",
            "iot.example:7000",
            "coap://iot.example:7000/p/t",
        ),
        ("coap://192.0.2.7:56830", "iot.example", "coap://iot.example/p/t"),
        ("coaps://192.0.2.7:56830", "iot.example:7000", "coaps://iot.example:5684/p/t"),
        ("coaps://192.0.2.7:56830", "[2001:db8::1]:7000", "coaps://[2001:db8::1]:5684/p/t"),
        ("coaps://192.0.2.7:56830", "iot.example", "coaps://iot.example:5684/p/t"),
    ],
)
def test_a_package_is_where_the_device_registered(
    line: Line, address: str, public: str | None, uri: str
) -> None:
    line.carriers.add("coaps", Carrier(line, found_by_session(Live(None).find), 5684))
    downlink = CoapDownlink(line.carriers, lambda *_: None, progress_timeout=1, public=public)
    assert downlink.package_uri(registered(Device(line, At(address), silent)), "t") == uri


@pytest.mark.parametrize(
    ("schemes", "uri"),
    [
        (None, "coaps://192.0.2.1:5684/p/t"),
        ({"coaps"}, "coaps://192.0.2.1:5684/p/t"),
        ({"coap", "coaps"}, "coaps://192.0.2.1:5684/p/t"),
        ({"coap"}, "coap://192.0.2.1:5683/p/t"),
    ],
)
def test_a_package_is_pulled_by_what_the_device_can(
    line: Line, downlink: CoapDownlink, schemes: set[str] | None, uri: str
) -> None:
    line.carriers.add("coaps", Carrier(line, found_by_session(Live(None).find), 5684))
    here = registered(Device(line, At("coaps://192.0.2.7:56830?local=192.0.2.1"), silent))
    assert downlink.package_uri(here, "t", schemes) == uri


@pytest.mark.parametrize("schemes", [{"coaps"}, {"coap+tcp", "coaps+tcp"}, set()])
def test_a_device_that_pulls_by_nothing_of_ours_is_not_told_to(
    line: Line, downlink: CoapDownlink, schemes: set[str]
) -> None:
    here = registered(Device(line, At("coap://192.0.2.7:56830?local=192.0.2.1"), silent))
    with pytest.raises(Unreachable, match="the device pulls by"):
        downlink.package_uri(here, "t", schemes)


@pytest.mark.parametrize("address", ["coap://192.0.2.7:56830", "coap://nonsense", "sms://1"])
def test_a_device_that_cannot_be_told_an_address_is_told_so(
    downlink: CoapDownlink, address: str
) -> None:
    with pytest.raises(Unreachable):
        downlink.package_uri(registered(Device(Line(), At(address), silent)), "t")
