"""The framing of TLV by itself: headers, limits, and what it costs."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from objects.codecs.tlv import LARGEST_COUNT, Kind, Record, parse, write
from objects.errors import CodecError, InvalidValue


@pytest.mark.parametrize(
    ("identifier", "length", "header"),
    [
        (1, 0, "c0 01"),
        (1, 7, "c7 01"),
        (1, 8, "c8 01 08"),
        (255, 255, "c8 ff ff"),
        (256, 0, "e0 01 00"),
        (256, 256, "f0 01 00 01 00"),
        (65534, 65535, "f0 ff fe ff ff"),
        (0, 65536, "d8 00 01 00 00"),
        (0, 0xFFFFFF, "d8 00 ff ff ff"),
    ],
)
def test_a_header_is_the_shortest_that_tells_identifier_and_length(
    identifier: int, length: int, header: str
) -> None:
    record = Record(Kind.RESOURCE, identifier, bytes(length))
    data = bytes.fromhex(header) + bytes(length)
    assert write([record]) == data
    assert parse(data) == (record,)


def test_a_value_longer_than_24_bits_can_tell_is_not_written() -> None:
    with pytest.raises(InvalidValue, match="16777216 bytes are more than TLV can tell"):
        write([Record(Kind.RESOURCE, 0, bytes(0x1000000))])


@pytest.mark.parametrize(
    "data", ["c8 09 01 64", "d0 09 00 01 64", "f8 00 09 00 00 01 64", "c9 09 01 64"]
)
def test_a_longer_header_than_needed_is_read(data: str) -> None:
    # In the last one bits 2 to 0 are set beside a length of its own; they mean nothing then.
    assert parse(bytes.fromhex(data)) == (Record(Kind.RESOURCE, 9, b"\x64"),)


def test_kinds_nest_as_the_standard_says() -> None:
    data = bytes.fromhex("08 00 09 83 06 41 00 01 C2 09 00 64")
    assert parse(data) == (
        Record(
            Kind.OBJECT_INSTANCE,
            0,
            (
                Record(Kind.MULTIPLE_RESOURCE, 6, (Record(Kind.RESOURCE_INSTANCE, 0, b"\x01"),)),
                Record(Kind.RESOURCE, 9, b"\x00\x64"),
            ),
        ),
    )


def records(count: int) -> bytes:
    return b"".join(
        bytes([0x28]) + instance.to_bytes(2, "big") + bytes([len(inner)]) + inner
        for instance, inner in (
            (number, b"".join(bytes([0xC0, one]) for one in range(16))) for number in range(count)
        )
    )


def test_the_number_of_records_is_bounded() -> None:
    assert len(parse(records(LARGEST_COUNT // 17))) == LARGEST_COUNT // 17
    with pytest.raises(CodecError, match=f"more than {LARGEST_COUNT} records"):
        parse(records(LARGEST_COUNT // 17 + 1))


def test_a_length_of_megabytes_that_are_not_there_allocates_nothing() -> None:
    tracemalloc.start()
    with pytest.raises(CodecError, match="cut short by 16777215 bytes"):
        parse(bytes.fromhex("d8 00 ff ff ff"))
    assert tracemalloc.get_traced_memory()[1] < 100_000
    tracemalloc.stop()


@given(data=st.binary(max_size=64))
def test_what_is_parsed_is_written_so_that_it_parses_to_the_same(data: bytes) -> None:
    try:
        found = parse(data)
    except CodecError:
        return
    assert parse(write(found)) == found


@given(data=st.binary(max_size=64))
def test_what_is_refused_is_refused_with_its_place(data: bytes) -> None:
    place: int | None = 0
    try:
        parse(data)
    except CodecError as error:
        place = error.offset
    assert place is not None
    assert 0 <= place <= len(data)
