"""Messages and their bytes (RFC 7252 §3, §5.4, §5.10): round trip, and nothing but Malformed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.coap.block import Block
from lwm2m_server.coap.errors import Malformed
from lwm2m_server.coap.message import Message, decode, encode
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.coap.options import NONE, TABLE, Definition, Format, Options


def assert_message(datagram: str, message: Message) -> None:
    """The law: these bytes say this message, and this message is written so."""
    data = bytes.fromhex(datagram)
    assert decode(data) == message
    assert encode(message) == data


def test_a_request_without_token() -> None:
    """Appendix A, figure 16."""
    assert_message(
        "40017d34 bb 74656d7065726174757265",
        Message(Code.GET, Options(uri_path=("temperature",)), id=0x7D34),
    )


def test_its_response() -> None:
    """Appendix A, figure 16."""
    assert_message(
        "60457d34 ff 32322e332043",
        Message(Code.CONTENT, NONE, b"22.3 C", Type.ACK, 0x7D34),
    )


def test_a_request_with_token() -> None:
    """Appendix A, figure 17."""
    assert_message(
        "41017d35 20 bb 74656d7065726174757265",
        Message(Code.GET, Options(uri_path=("temperature",)), id=0x7D35, token=b"\x20"),
    )


@pytest.mark.parametrize("kind", [Type.CON, Type.ACK, Type.RST])
def test_an_empty_message_is_a_header(kind: Type) -> None:
    assert_message(f"{0x40 | kind << 4:02x}001234", Message(Code.EMPTY, type=kind, id=0x1234))


@pytest.mark.parametrize(
    ("option", "options"),
    [
        ("60", Options(observe=0)),
        ("61 01", Options(observe=1)),
        ("c0", Options(content_format=0)),
        ("50", Options(if_none_match=True)),
        ("d1 0a 3c", Options(block2=Block(3, more=True, exponent=4))),
        ("d4 07 62 3d 55 26", Options(location_query=("b=U&",))),
        ("d2 2f 04 00", Options(size1=1024)),
        ("d1 ef aa", Options(echo=b"\xaa")),
        ("e0 00 17 01 bb", Options(request_tags=(b"", b"\xbb"))),
        ("b0 01 61", Options(uri_path=("", "a"))),
        ("41 aa 01 bb", Options(etags=(b"\xaa", b"\xbb"))),
    ],
)
def test_options(option: str, options: Options) -> None:
    assert_message(f"40017d34 {option}", Message(Code.GET, options, id=0x7D34))


@pytest.mark.parametrize(
    ("options", "read"),
    [
        ("c3 000028", NONE),  # elective, too long: §5.4.3
        ("64 00000001", NONE),
        ("61 05 01 06", Options(observe=5)),  # elective, twice: §5.4.5
        ("82 c3 28", NONE),  # elective, no UTF-8
        ("22 0102", Options(other=((2, b"\x01\x02"),))),  # elective, unknown
        ("62 0007", Options(observe=7)),  # leading zeros: §3.2
    ],
)
def test_what_is_elective_never_spoils_a_message(options: str, read: Options) -> None:
    message = decode(bytes.fromhex(f"40017d34 {options}"))
    assert message.options == read


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ("d0 08", Code.BAD_OPTION),  # 21, EDHOC
        ("b2 c328", Code.BAD_OPTION),  # Uri-Path that is no UTF-8
        ("d2 02 c328", Code.BAD_OPTION),  # Uri-Query that is no UTF-8
        ("30", Code.BAD_OPTION),  # Uri-Host of no length
        ("51 00", Code.BAD_OPTION),  # If-None-Match with a value
        ("d1 04 28 01 28", Code.BAD_OPTION),  # Accept twice
        ("73 000001", Code.BAD_OPTION),  # Uri-Port of three bytes
        ("d4 0a 00000000", Code.BAD_OPTION),  # Block2 of four bytes
        ("d1 0e 07", Code.BAD_REQUEST),  # Block1 with exponent 7: RFC 7959 §2.2
        ("d1 16 63", Code.PROXYING_NOT_SUPPORTED),  # Proxy-Uri
        ("d1 1a 63", Code.PROXYING_NOT_SUPPORTED),  # Proxy-Scheme
    ],
)
def test_what_is_critical_and_not_understood_has_its_answer(options: str, code: Code) -> None:
    with pytest.raises(Malformed) as refused:
        decode(bytes.fromhex(f"40017d34 {options}"))
    assert refused.value.code == code


@pytest.mark.parametrize(
    "datagram",
    [
        "",
        "400100",
        "00017d34",  # version 0
        "80017d34",  # version 2
        "49017d34 010203040506070809",  # token of 9
        "4f017d34",
        "44017d34 010203",  # token cut short
        "40017d34 ff",  # marker without payload
        "40017d34 f0",  # delta 15
        "40017d34 0f",  # length 15
        "40017d34 b5 61",  # option cut short
        "40017d34 d0",  # extended delta cut short
        "40017d34 e0 00",
        "40017d34 0d",
        "40017d34 0e 00",
        "40017d34 e0 ff ff",  # number above 65535
        "41000001 aa",  # Empty with a token: §4.1
        "40000001 ff 01",
        "40207d34",  # class 1 is reserved
        "40e17d34",  # class 7 is for TCP
        "60017d34",  # a request in an ACK: §4.2
        "70017d34",  # in a RST
        "70457d34",
    ],
)
def test_what_is_no_message_has_no_answer(datagram: str) -> None:
    with pytest.raises(Malformed) as refused:
        decode(bytes.fromhex(datagram))
    assert refused.value.code is None


@pytest.mark.parametrize(
    "message",
    [
        Message(Code.GET, token=bytes(9)),
        Message(Code.GET, id=0x10000),
        Message(Code.GET, id=-1),
        Message(0x100),
        Message(Code.EMPTY, token=b"a"),
        Message(Code.EMPTY, payload=b"a"),
        Message(Code.GET, Options(uri_path=("x" * 256,))),
        Message(Code.GET, Options(uri_path=("\ud800",))),
        Message(Code.GET, Options(etags=(b"",))),
        Message(Code.GET, Options(content_format=0x10000)),
        Message(Code.GET, Options(observe=-1)),
        Message(Code.GET, Options(block1=Block(1 << 20, more=False))),
        Message(Code.GET, Options(other=((70_000, b""), (140_000, b"")))),
    ],
)
def test_what_no_message_can_hold_is_refused(message: Message) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the fault is in the caller, its words are free
        encode(message)


def test_an_option_that_has_no_field_is_no_parameter() -> None:
    with pytest.raises(TypeError, match="uri_pth"):
        Options(uri_pth=("3",))  # type: ignore[call-arg] # as mypy sees, too


def test_what_was_not_given_is_as_if_it_were_given_empty() -> None:
    assert Options() == Options(uri_path=(), max_age=None, if_none_match=False) == NONE
    assert encode(Message(Code.GET, Options(uri_path=(), max_age=None))) == encode(
        Message(Code.GET)
    )


def values(definition: Definition) -> st.SearchStrategy[object]:
    low, high = definition.shortest, definition.longest
    match definition.format:
        case Format.EMPTY:
            return st.just(value=True)
        case Format.UINT:
            return st.integers(0, 256**high - 1)
        case Format.STRING:
            return st.text(max_size=20).filter(lambda text: len(text.encode()) >= low)
        case Format.BLOCK:
            return st.builds(Block, st.integers(0, 2**20 - 1), st.booleans(), st.integers(0, 6))
        case _:
            return st.binary(min_size=low, max_size=high)


def options() -> st.SearchStrategy[Options]:
    known = {
        row.field: st.lists(values(row), max_size=3).map(tuple) if row.repeatable else values(row)
        for row in TABLE
    }
    elective = st.integers(0, 0x7FFF).map(lambda half: half * 2)
    numbers = {int(row.number) for row in TABLE}
    other = st.tuples(elective.filter(lambda number: number not in numbers), st.binary())
    known["other"] = st.lists(other, max_size=3).map(
        lambda pairs: tuple(sorted(pairs, key=lambda pair: pair[0]))
    )
    return st.fixed_dictionaries({}, optional=known).map(lambda given: Options(**given))


MESSAGES = st.builds(
    Message,
    st.sampled_from([Code.GET, Code.FETCH, Code.IPATCH, 0x1F, Code.CONTENT, Code.CONTINUE, 0xBF]),
    options(),
    st.binary(),
    st.sampled_from([Type.CON, Type.NON]),
    st.integers(0, 0xFFFF),
    st.binary(max_size=8),
)


@given(MESSAGES)
def test_every_message_is_read_as_it_was_written(message: Message) -> None:
    assert decode(encode(message)) == message


@given(st.binary(max_size=80) | st.binary(max_size=80).map(lambda rest: b"\x44\x02" + rest))
def test_arbitrary_bytes_are_a_message_or_malformed(datagram: bytes) -> None:
    try:
        message = decode(datagram)
    except Malformed:
        return
    assert decode(encode(message)) == message


@given(MESSAGES, st.data())
def test_no_damaged_message_raises_anything_else(message: Message, data: st.DataObject) -> None:
    datagram = bytearray(encode(message))
    datagram[data.draw(st.integers(0, len(datagram) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode(bytes(datagram[: data.draw(st.integers(0, len(datagram)))]))
    except Malformed:
        return


def test_many_options_are_read_in_linear_time() -> None:
    """65,000 empty path segments: a list, joined once."""
    datagram = bytes.fromhex("40017d34b0") + bytes(65_000)
    assert len(decode(datagram).options.uri_path) == 65_001
