"""Composite operations, attributes and cancellation on the wire (RFC 8132, RFC 7641)."""

import pytest

from lwm2m_server.coap.block import Block
from lwm2m_server.coap.message import Message, Options
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.protocol.operations import (
    CancelComposite,
    CancelObservation,
    Create,
    Observe,
    ObserveComposite,
    Operation,
    Read,
    ReadComposite,
    Response,
    Target,
    WriteAttributes,
    WriteComposite,
)
from lwm2m_server.transport.downlink import CoapDownlink
from lwm2m_server.transport.messages import request_of
from objects.attributes import NotificationAttributes
from objects.path import Path

from .line import Device, Line, registered

BATTERY, DEVICE = Path(3, 0, 9), Path(3, 0)
PATHS = (BATTERY, Path(1, 0, 1))
NAMED = b"[names]"
SENML_CBOR, SENML_JSON = 112, 110

Told = list[tuple[str, Target, Response]]


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def downlink(line: Line, told: Told) -> CoapDownlink:
    return CoapDownlink(line.carriers, lambda *one: told.append(one), progress_timeout=60)


def content(payload: bytes, **options: object) -> Message:
    return Message(Code.CONTENT, Options(**options), payload)  # type: ignore[arg-type] # by name


REQUESTS = [
    (
        ReadComposite(PATHS, NAMED, SENML_CBOR, SENML_JSON),
        Code.FETCH,
        {"content_format": SENML_CBOR, "accept": SENML_JSON},
        NAMED,
    ),
    (WriteComposite(b"values", SENML_CBOR), Code.IPATCH, {"content_format": SENML_CBOR}, b"values"),
    (
        ObserveComposite(PATHS, NAMED, SENML_CBOR),
        Code.FETCH,
        {"content_format": SENML_CBOR, "observe": 0},
        NAMED,
    ),
    (
        CancelComposite(PATHS, NAMED, SENML_CBOR),
        Code.FETCH,
        {"content_format": SENML_CBOR, "observe": 1},
        NAMED,
    ),
]


@pytest.mark.parametrize(("operation", "code", "options", "payload"), REQUESTS)
@pytest.mark.parametrize(("root", "above"), [("/", ()), ("/lwm2m", ("lwm2m",))])
def test_a_composite_operation_is_asked_of_the_root(
    operation: Operation,
    code: Code,
    options: dict[str, int],
    payload: bytes,
    root: str,
    above: tuple[str, ...],
) -> None:
    expected = Message(code, Options(uri_path=above, **options), payload)  # type: ignore[arg-type] # by name
    assert request_of(operation, root) == expected


def test_261_write_attributes() -> None:
    attributes = NotificationAttributes(pmin=5, gt=1.5, unset=frozenset({"st"}))
    expected = Options(uri_path=("3", "0", "9"), uri_query=("pmin=5", "gt=1.5", "st"))
    request = request_of(WriteAttributes(BATTERY, attributes), "/")
    assert request == Message(Code.PUT, expected)


async def test_where_a_create_has_put_it_is_told(line: Line, downlink: CoapDownlink) -> None:
    location = Options(location_path=("1", "5"))
    device = line.device(1, lambda _: Message(Code.CREATED, location))
    response = await downlink.request(registered(device), Create(Path(1), b"x", 11542))
    assert response == Response(Code.CREATED, location=("1", "5"))


# --- observations -------------------------------------------------------------------------------


async def observed(line: Line, downlink: CoapDownlink, *operations: Operation) -> Device:
    device = line.device(1, lambda _: content(b"0", observe=0))
    for operation in operations:
        assert (await downlink.request(registered(device), operation)).payload == b"0"
    return device


async def test_notifications_of_several_paths_are_told_as_of_them(
    line: Line, downlink: CoapDownlink, told: Told
) -> None:
    device = await observed(
        line, downlink, Observe(BATTERY), ObserveComposite((BATTERY,), NAMED, SENML_CBOR)
    )
    for number, request in enumerate(device.requests):
        device.notify(request.token, b"%d" % number, content_format=SENML_CBOR)
    assert [(target, response.payload) for _, target, response in told] == [
        (BATTERY, b"0"),
        ((BATTERY,), b"1"),
    ]


async def test_the_same_paths_in_another_order_are_another_observation(
    line: Line, downlink: CoapDownlink, told: Told
) -> None:
    device = await observed(
        line,
        downlink,
        ObserveComposite(PATHS, NAMED, SENML_CBOR),
        ObserveComposite(PATHS[::-1], NAMED, SENML_CBOR),
    )
    for request in device.requests:
        device.notify(request.token, b"1")
    assert [target for _, target, _ in told] == [PATHS, PATHS[::-1]]


async def test_a_composite_cancellation_is_its_request_but_for_observe(
    line: Line, downlink: CoapDownlink
) -> None:
    """RFC 7641 §3.6: token and all options that are part of the cache key are the same."""
    device = await observed(line, downlink, ObserveComposite(PATHS, NAMED, SENML_CBOR, SENML_JSON))
    # However the operator names the paths this time.
    cancelled = CancelComposite(PATHS, b"[other names]", SENML_JSON)
    await downlink.request(registered(device, root="/elsewhere"), cancelled)
    first, second = device.requests
    assert second.options == first.options.but(observe=1)
    assert (second.code, second.token, second.payload) == (Code.FETCH, first.token, NAMED)


@pytest.mark.parametrize(
    ("operation", "cancelled"),
    [
        (Observe(BATTERY), CancelObservation(BATTERY, active=False)),
        (
            ObserveComposite(PATHS, NAMED, SENML_CBOR),
            CancelComposite(PATHS, NAMED, SENML_CBOR, active=False),
        ),
    ],
)
async def test_who_is_not_told_of_a_cancellation_learns_by_a_reset(
    line: Line, downlink: CoapDownlink, told: Told, operation: Operation, cancelled: Operation
) -> None:
    device = await observed(line, downlink, operation)
    assert (await downlink.request(registered(device), cancelled)).ok
    (request,) = device.requests
    device.notify(request.token, b"1")
    assert [answer.type for answer in device.answers] == [Type.RST]
    assert told == []
    assert len(downlink.contacts) == 0


# --- bodies in blocks ---------------------------------------------------------------------------

BODY = bytes(range(100))


def in_blocks(request: Message) -> Message:
    number = request.options.block2.number if request.options.block2 else 0
    piece = BODY[number * 64 : (number + 1) * 64]
    return content(piece, block2=Block(number, number == 0, 2))


@pytest.mark.parametrize(
    ("operation", "payload"),
    [(Read(DEVICE), b""), (ReadComposite(PATHS, NAMED, SENML_CBOR), NAMED)],
)
async def test_the_blocks_of_an_answer_are_asked_for_with_its_token_and_what_it_asked(
    line: Line, downlink: CoapDownlink, operation: Operation, payload: bytes
) -> None:
    """Zephyr knows an answer in blocks by the token; a FETCH tells by its body what it is of."""
    device = line.device(1, in_blocks)
    assert (await downlink.request(registered(device), operation)).payload == BODY
    first, second = device.requests
    assert second.token == first.token
    assert second.payload == payload
    assert second.options == first.options.but(block2=Block(1, more=False, exponent=2))


async def test_the_rest_of_a_notification_is_asked_for_by_itself(
    line: Line, downlink: CoapDownlink, told: Told
) -> None:
    device = await observed(line, downlink, ObserveComposite(PATHS, NAMED, SENML_CBOR))
    device.answer = in_blocks
    device.notify(device.requests[0].token, BODY[:64], block2=Block(0, more=True, exponent=2))
    observe, rest = device.requests
    assert rest.token != observe.token
    assert (rest.code, rest.options.observe, rest.payload) == (Code.FETCH, None, NAMED)
    assert [response.payload for _, _, response in told] == [BODY]


async def test_a_notification_whose_blocks_do_not_come_is_read_from_its_start(
    line: Line, downlink: CoapDownlink, told: Told
) -> None:
    """Zephyr keeps nothing of a notification but its first block, and is silent on the others."""

    def zephyr(request: Message) -> Message | None:
        block = request.options.block2
        return content(BODY) if block is None else None

    device = await observed(line, downlink, Observe(DEVICE))
    device.answer = zephyr
    token = device.requests[0].token
    device.notify(token, BODY[:64], block2=Block(0, more=True, exponent=2))
    device.notify(token, b"older")
    await line.pass_by(100)
    assert [response.payload for _, _, response in told] == [b"older", BODY]
    assert (device.requests[-1].options.block2, device.requests[-1].options.observe) == (None, None)
    before = len(device.requests)
    device.notify(token, BODY[:64], block2=Block(0, more=True, exponent=2))
    assert [response.payload for _, _, response in told] == [b"older", BODY, BODY]
    assert len(device.requests) == before + 1, "what is known of a device is not tried again"


async def test_nothing_is_read_anew_for_who_has_cancelled(
    line: Line, downlink: CoapDownlink, told: Told
) -> None:
    device = await observed(line, downlink, Observe(DEVICE))
    token = device.requests[0].token
    device.answer = lambda _: None
    device.notify(token, BODY[:64], block2=Block(0, more=True, exponent=2))
    await downlink.request(registered(device), CancelObservation(DEVICE, active=False))
    before = len(device.requests)
    await line.pass_by(300)
    assert len(device.requests) == before
    assert told == []
