"""Payloads of several paths: what holds for all formats, then bytes with their clause."""

import tomllib
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from objects import codecs
from objects.codecs import ContentFormat, Record
from objects.errors import CodecError, InvalidValue, UnsupportedFormat
from objects.path import Path
from objects.registry import Registry
from objects.value import Value

from .test_codecs import VALUES, every_type, mutated, type_of

VECTORS = tomllib.loads((File(__file__).parent.parent / "vectors" / "composite.toml").read_text())
NOW = 1_700_000_000.0
TIMED = [ContentFormat.SENML_JSON, ContentFormat.SENML_CBOR]
FORMATS = [*TIMED, ContentFormat.LWM2M_CBOR]


def rows(kind: str) -> list[Any]:
    return [pytest.param(row, id=f"{row['format']}: {row['name']}") for row in VECTORS[kind]]


def payload(row: dict[str, Any]) -> bytes:
    return row["text"].encode() if "text" in row else bytes.fromhex(row["hex"])


def record(path: str, value: Value | None = None, time: float | None = None) -> Record:
    return Record(Path.parse(path), value, time)


def test_what_is_sent_to_fetch_and_patch_has_a_number_of_its_own() -> None:
    """RFC 8790."""
    etch = {ContentFormat.SENML_ETCH_JSON, ContentFormat.SENML_ETCH_CBOR}
    assert codecs.composite() == {*FORMATS, *etch}


@pytest.mark.parametrize("row", rows("records"))
def test_bytes_mean_the_records_and_the_records_are_written_so(
    row: dict[str, Any], registry: Registry
) -> None:
    records, data = tuple(record(*told) for told in row["records"]), payload(row)
    assert row["clause"]
    assert codecs.decode_records(row["format"], data, registry, NOW) == records
    written = codecs.encode_records(row["format"], records, registry)
    assert codecs.decode_records(row["format"], written, registry, NOW) == records
    assert (written != data) == row.get("decode_only", False)


@pytest.mark.parametrize("row", rows("paths"))
def test_bytes_mean_the_paths_and_the_paths_are_written_so(row: dict[str, Any]) -> None:
    paths, data = tuple(map(Path.parse, row["paths"])), payload(row)
    assert row["clause"]
    assert codecs.decode_paths(row["format"], data) == paths
    written = codecs.encode_paths(row["format"], paths)
    assert codecs.decode_paths(row["format"], written) == paths
    assert (written != data) == row.get("decode_only", False)


@pytest.mark.parametrize("row", rows("malformed"))
def test_malformed_bytes_are_refused_with_a_reason(row: dict[str, Any], registry: Registry) -> None:
    with pytest.raises(CodecError, match=row["says"]):
        codecs.decode_records(row["format"], payload(row), registry, NOW)


IDENTIFIERS = st.one_of(st.integers(0, 20), st.integers(0, 65534))


@st.composite
def values(draw: st.DrawFn) -> dict[Path, Value]:
    found = dict[Path, Value]()
    singles = draw(st.lists(st.tuples(IDENTIFIERS, IDENTIFIERS), unique=True, max_size=6))
    for instance, resource in singles:
        path = Path(100, instance, resource)
        parts = draw(st.lists(IDENTIFIERS, unique=True, max_size=3))
        for one in [path.child(part) for part in parts] or [path]:
            found[one] = draw(VALUES[type_of(resource)])
    return found


def finite(found: dict[Path, Value]) -> bool:
    return all(not isinstance(one, float) or abs(one) < float("inf") for one in found.values())


@pytest.mark.parametrize("content_format", FORMATS)
@given(found=values().filter(finite))
def test_every_set_of_values_comes_back(content_format: int, found: dict[Path, Value]) -> None:
    data = codecs.encode_values(content_format, found, every_type())
    records = codecs.decode_records(content_format, data, every_type(), NOW)
    assert {one.path: one.value for one in records} == found
    assert {one.time for one in records} <= {None}


@pytest.mark.parametrize("content_format", TIMED)
@given(times=st.lists(st.floats(2**28, 2**40), max_size=5))
def test_times_since_the_epoch_come_back_in_their_order(
    content_format: int, times: list[float]
) -> None:
    records = tuple(record("/3/0/9", 100, time) for time in times)
    data = codecs.encode_records(content_format, records, Registry.standard())
    assert codecs.decode_records(content_format, data, Registry.standard(), NOW) == records


PATHS = st.lists(st.lists(IDENTIFIERS, min_size=1, max_size=4).map(lambda parts: Path(*parts)))


@pytest.mark.parametrize("content_format", FORMATS)
@given(paths=PATHS.map(lambda paths: tuple(dict.fromkeys(paths))))
def test_every_list_of_paths_comes_back(content_format: int, paths: tuple[Path, ...]) -> None:
    data = codecs.encode_paths(content_format, paths)
    assert codecs.decode_paths(content_format, data) == paths


def read_or_refused(content_format: int, data: bytes) -> None:
    said = list[str]()
    for read in (
        lambda: codecs.decode_records(content_format, data, Registry.standard(), NOW),
        lambda: codecs.decode_paths(content_format, data),
    ):
        try:
            read()
        except CodecError as error:
            said.append(str(error))
    assert all(len(one) < 300 for one in said), "a message quotes a stranger at length"


@pytest.mark.parametrize("content_format", FORMATS)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content_format: int, data: bytes) -> None:
    read_or_refused(content_format, data)


@pytest.mark.parametrize("content_format", FORMATS)
@given(found=values().filter(finite), position=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_a_flipped_byte_is_read_or_refused(
    content_format: int, found: dict[Path, Value], position: int, byte: int
) -> None:
    data = codecs.encode_values(content_format, found, every_type())
    read_or_refused(content_format, mutated(data, position, byte))


@pytest.mark.parametrize("content_format", [0, 42, 60, 1542, 1543, 11542, 11543])
def test_a_format_of_one_path_carries_no_several(content_format: int) -> None:
    for call in (
        lambda: codecs.encode_values(content_format, {}, Registry.standard()),
        lambda: codecs.encode_paths(content_format, ()),
        lambda: codecs.decode_paths(content_format, b""),
        lambda: codecs.decode_records(content_format, b"", Registry.standard(), NOW),
    ):
        with pytest.raises(UnsupportedFormat, match="carries one path, not several"):
            call()


@pytest.mark.parametrize("content_format", [None, 40, 61])
def test_formats_without_codec_are_named(content_format: int | None) -> None:
    with pytest.raises(UnsupportedFormat, match="content format"):
        codecs.decode_paths(content_format, b"")


def test_lwm2m_cbor_says_what_it_cannot_tell() -> None:
    records = [record("/3/0/9", 100, NOW)]
    with pytest.raises(UnsupportedFormat, match=r"LwM2M CBOR has no times, and /3/0/9"):
        codecs.encode_records(ContentFormat.LWM2M_CBOR, records, Registry.standard())
    with pytest.raises(UnsupportedFormat, match="no key for the root"):
        codecs.encode_paths(ContentFormat.LWM2M_CBOR, [Path()])
    with pytest.raises(InvalidValue, match=r"/3/0/6/0 goes on where there is a value"):
        codecs.encode_records(
            ContentFormat.LWM2M_CBOR, [record("/3/0/6", 1), record("/3/0/6/0", 1)], every_type()
        )
    with pytest.raises(InvalidValue, match=r"/3/0/6 is there twice"):
        codecs.encode_records(
            ContentFormat.LWM2M_CBOR, [record("/3/0/6/0", 1), record("/3/0/6", 1)], every_type()
        )


@pytest.mark.parametrize("content_format", TIMED)
def test_names_begin_with_the_alternate_path_of_the_client(content_format: int) -> None:
    found: dict[Path, Value] = {Path(3, 0, 9): 100, Path(1, 0, 1): 60}
    data = codecs.encode_values(content_format, found, Registry.standard(), "/lwm2m")
    assert data.count(b"/lwm2m/") == 2
    records = codecs.decode_records(content_format, data, Registry.standard(), NOW, "/lwm2m")
    assert {one.path: one.value for one in records} == found
    with pytest.raises(CodecError, match="is named '/lwm2m/3/0/9', not by a path"):
        codecs.decode_records(content_format, data, Registry.standard(), NOW)
    paths = tuple(found)
    assert codecs.decode_paths(content_format, codecs.encode_paths(content_format, paths, "/lwm2m"),
                               "/lwm2m") == paths  # fmt: skip


@pytest.mark.parametrize("content_format", [*TIMED, ContentFormat.JSON])
def test_one_path_begins_with_the_alternate_path_or_does_not(content_format: int) -> None:
    registry, base = Registry.standard(), Path(3, 0)
    node = codecs.decode(ContentFormat.TLV, bytes.fromhex("c10964"), base, registry)
    for root in ("/", "/lwm2m", "/lwm2m/"):
        data = codecs.encode(content_format, base, node, registry, root)
        assert (b"/lwm2m/3/0/" in data) == (root != "/")
        assert codecs.decode(content_format, data, base, registry, "/lwm2m") == node
