"""What goes to an address that a Register only claims (RFC 7252 §11.3)."""

import asyncio
from pathlib import Path as File

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.coap.message import Message, Options, encode
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.protocol.operations import (
    CancelObservation,
    Discover,
    Observe,
    Operation,
    Read,
    Response,
    Write,
)
from lwm2m_server.protocol.registration import (
    RegisterRequest,
    Registration,
    UpdateRequest,
    register,
    update,
)
from lwm2m_server.service.ports import Unreachable, Unsent
from lwm2m_server.transport.contact import allowance
from lwm2m_server.transport.downlink import CoapDownlink
from objects.path import Path

from ..service.world import settle, world
from .line import At, Line, turn

LINKS = b"</1/0>,</3/0>,</26241/0>"
ID = "0123456789ab"
OPERATIONS: list[Operation] = [
    Read(Path(3), 112),
    Read(Path(26241, 0), 112),
    Observe(Path(3, 0, 9), 112),
    Write(Path(1, 0, 1), b"\x00" * 100, 42),
    Write(Path(5, 0, 0), bytes(3000), 42),
    Discover(Path(3, 0)),
    CancelObservation(Path(3, 0, 9)),
]


def asked(ep: str = "d", links: bytes = LINKS) -> Message:
    """A Register with no more than there has to be."""
    options = Options(uri_path=("rd",), uri_query=(f"ep={ep}",))
    return Message(Code.POST, options, links, Type.CON, 1)


def registration(at: At, message: Message, ident: str = ID, now: float = 1.0) -> Registration:
    query = tuple(message.options.uri_query)
    request = RegisterRequest(at.address, query, bytes(message.payload))
    return register(request, ident, now)


def answer(ident: str = ID) -> Message:
    return Message(Code.CREATED, Options(location_path=("rd", ident)))


def size(*messages: Message) -> int:
    return sum(len(encode(message)) for message in messages)


@pytest.fixture
def line() -> Line:
    return Line(trusting=False)


@pytest.fixture
def told() -> list[Response]:
    return []


@pytest.fixture
def downlink(line: Line, told: list[Response]) -> CoapDownlink:
    return CoapDownlink(line.carriers, lambda *one: told.append(one[2]), progress_timeout=60)


async def begin(
    downlink: CoapDownlink, held: Registration, operations: list[Operation]
) -> "list[asyncio.Future[Response]]":
    begun = [asyncio.ensure_future(downlink.request(held, one)) for one in operations]
    await turn()
    return begun


# --- the law -----------------------------------------------------------------------------------


@given(
    st.sampled_from(["d", "urn:imei:490154203237518", "é" * 9]),
    st.lists(
        st.sampled_from(["</3>", " </3/0> ", "</65534/65534>", '</>;rt="oma.lwm2m"', "</3/0>;x"]),
        min_size=1,
        max_size=9,
    ).map(",".join),
    st.sampled_from(["r", ID]),
)
def test_no_more_is_allowed_than_three_times_what_came(ep: str, links: str, ident: str) -> None:
    message = asked(ep, links.encode())
    held = registration(At("coap://192.0.2.1:1"), message, ident)
    assert 0 < allowance(held) <= 3 * size(message) - size(answer(ident))
    again = Message(Code.POST, Options(uri_path=("rd", ident)))
    later = update(held, UpdateRequest(ident, held.address), 2.0)
    assert 0 < allowance(later) <= 3 * size(again) - size(Message(Code.CHANGED))


@given(st.lists(st.sampled_from(OPERATIONS), max_size=10), st.booleans())
async def test_a_forged_register_is_no_amplifier(asked_for: list[Operation], later: bool) -> None:
    """Whatever the server wants of the endpoint, at once or after its time-outs."""
    line = Line(trusting=False)
    downlink = CoapDownlink(line.carriers, lambda *_: None, progress_timeout=60)
    victim = line.device(1, lambda _: None)
    message = asked()
    held = registration(victim.at, message)
    downlink.registered(held)
    begun = []
    for one in asked_for:
        begun += await begin(downlink, held, [one])
        if later:
            await line.pass_by(200)
    await line.pass_by(2000)
    assert size(answer(), *victim.requests) <= 3 * size(message)
    assert all(isinstance(one.exception(), Unreachable) for one in begun if not one.cancelled())
    assert len(downlink.contacts) == 0


async def test_what_the_services_want_of_it_is_no_more(tmp_path: File) -> None:
    """Hardware reads, from the Register on, and again by each silence that is broken."""
    line = Line(trusting=False)
    victim = line.device(1, lambda _: None)
    downlink = CoapDownlink(line.carriers, lambda *_: None, progress_timeout=60)
    message = asked()
    async with world(tmp_path) as behind:
        behind.downlink.request = downlink.request  # type: ignore[method-assign] # of a fake
        request = RegisterRequest(victim.at.address, ("ep=d",), LINKS)
        registered = behind.services.registrations.register(request)
        await registered.durable
        for _ in range(20):
            await settle()
            behind.clock.pass_until(behind.clock.time + 10)
            await line.pass_by(10)
    assert victim.requests, "the hardware is read"
    assert size(answer(registered.id), *victim.requests) <= 3 * size(message)


# --- who answers -------------------------------------------------------------------------------


async def test_who_answers_is_served_as_before(line: Line, downlink: CoapDownlink) -> None:
    device = line.device(1, answering)
    begun = await begin(downlink, registration(device.at, asked()), OPERATIONS)
    await turn()
    assert [one.result().code >> 5 for one in begun] == [2] * len(OPERATIONS)


async def test_what_is_small_is_asked_at_once(line: Line, downlink: CoapDownlink) -> None:
    device = line.device(1, answering)
    await begin(downlink, registration(device.at, asked()), [Read(Path(3), 112)])
    assert [one.options.uri_path for one in device.requests] == [("3",)]


async def test_observations_prove_an_address_too(line: Line, downlink: CoapDownlink) -> None:
    device = line.device(1, answering)
    await begin(downlink, registration(device.at, asked()), [Observe(Path(3, 0, 9), 112)])
    assert len(device.requests) == 1
    assert line.endpoint.proven(device.at)


@pytest.mark.parametrize("again", [False, True], ids=["Update", "Register"])
async def test_a_body_on_its_way_goes_on_at_an_address_that_proves_itself(
    line: Line,
    downlink: CoapDownlink,
    again: bool,
) -> None:
    device = line.device(1, answering)
    held = registration(device.at, asked())
    await begin(downlink, held, [Read(Path(3), 112)])
    device.answer = lambda one: answering(one) if len(device.requests) < 4 else None
    (writing,) = await begin(downlink, held, [Write(Path(5, 0, 0), bytes(9000), 42)])
    line.moved(device, 2)
    device.answer = answering
    moved = registration(device.at, asked(), "another", 2.0)
    if not again:
        moved = update(held, UpdateRequest(ID, device.at.address), 2.0)
    downlink.updated(moved)
    await line.pass_by(10)
    assert writing.result().code == Code.CHANGED


async def test_a_new_register_has_to_be_proven_anew(line: Line, downlink: CoapDownlink) -> None:
    device = line.device(1, answering)
    await begin(downlink, registration(device.at, asked()), [Read(Path(3), 112)])
    device.answer, device.requests = (lambda _: None), []
    again = registration(device.at, asked(), "another", 2.0)
    await begin(downlink, again, [Read(Path(3), 112)] * 9)
    await line.pass_by(2000)
    assert device.requests
    assert size(answer("another"), *device.requests) <= 3 * size(asked())


async def test_what_was_not_sent_is_told_so(line: Line, downlink: CoapDownlink) -> None:
    device = line.device(1, lambda _: None)
    begun = await begin(downlink, registration(device.at, asked()), [Read(Path(3), 112)] * 9)
    await line.pass_by(2000)
    assert type(begun[0].exception()) is Unreachable
    assert type(begun[-1].exception()) is Unsent


def answering(request: Message) -> Message:
    block, observe = request.options.block1, request.options.observe
    if block is not None:
        code = Code.CONTINUE if block.more else Code.CHANGED
        return Message(code, Options(block1=block))
    if request.code == Code.PUT:
        return Message(Code.CHANGED)
    return Message(Code.CONTENT, Options(observe=1 if observe == 0 else None), b"ok")
