"""JSON that is after the reader rather than for it."""

import tracemalloc
from collections.abc import Callable

import cbor2
import pytest

from objects.codecs import ContentFormat, decode, decode_records
from objects.codecs.payload import LARGEST_PAYLOAD
from objects.codecs.record import LARGEST_COUNT
from objects.errors import CodecError
from objects.path import Path
from objects.registry import Registry

RECORD = b'[{"bn":"/3/0/0","vs":%s}]'

HOSTILE = {
    "arrays in arrays": b"[" * 20_000,
    "arrays in arrays, all closed": b"[" * 20_000 + b"]" * 20_000,
    "objects in objects": b'[{"x":' * 20_000,
    "arrays in a field of others": b'[{"x":' + b"[" * 20_000 + b"]" * 20_000 + b"}]",
    "a string without end": b'[{"bn":"' + b"x" * 100_000,
    "quotes": b'"' * 100_001,
    "escaped quotes without end": b'"' + b'\\"' * 100_000,
    "backslashes": b'["' + b"\\" * 100_001,
    "a number of a million digits": RECORD % (b"1" * 100_000),
    "a float of a million digits": RECORD % (b"0." + b"1" * 100_000),
    "an exponent of a million digits": RECORD % (b"1e" + b"1" * 100_000),
    "a name of a million letters": b'[{"bn":"' + b"/" * 100_000 + b'","v":1}]',
    "labels that are the same": b'[{"n":"/3/0/0"' + b',"v":1' * 20_000 + b"}]",
    "a label of a million letters": b'[{"' + b"x" * 100_000 + b'_":1}]',
    "names joined again and again": b'[{"bn":"' + b"/" * 120 + b'"}' + b",{}" * 20_000 + b"]",
    "white space": b" " * 100_000,
    "commas": b"[" + b"," * 100_000,
    "zeros": bytes(1000),
}  # fmt: skip


@pytest.mark.parametrize("content_format", [ContentFormat.SENML_JSON, ContentFormat.JSON])
@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_json_is_refused_briefly_at_little_cost(content_format: int, data: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(CodecError) as raised:
        decode(content_format, data, Path(3, 0), Registry.standard())
    assert tracemalloc.get_traced_memory()[1] < 30 * max(len(data), 20_000)
    tracemalloc.stop()
    assert len(str(raised.value)) < 250


def test_the_depth_of_json_is_what_its_brackets_say() -> None:
    deepest = RECORD[:-2] + b',"x":' + b"[" * 6 + b"]" * 6 + b"}]"
    told = deepest % b'"[[[[[[[[[[\\"[["'
    assert decode(ContentFormat.SENML_JSON, told, Path(3, 0), Registry.standard())
    deeper = told.replace(b"[]", b"[[]]")
    with pytest.raises(CodecError, match="nested deeper than 8"):
        decode(ContentFormat.SENML_JSON, deeper, Path(3, 0), Registry.standard())


def test_the_size_of_json_is_bounded() -> None:
    text = b'"' + b"x" * (LARGEST_PAYLOAD - len(RECORD)) + b'"'
    data = RECORD % text
    assert len(data) == LARGEST_PAYLOAD
    assert decode(ContentFormat.SENML_JSON, data, Path(3, 0), Registry.standard())
    with pytest.raises(CodecError, match=f"{LARGEST_PAYLOAD} is the most"):
        decode(ContentFormat.SENML_JSON, data + b" ", Path(3, 0), Registry.standard())


def json_of(count: int) -> bytes:
    return b'[{"bn":"/3/0/9"},' + b",".join([b'{"v":1}'] * (count - 1)) + b"]"


def cbor_of(count: int) -> bytes:
    return cbor2.dumps({(3, 0, 9, number): 1 for number in range(count)})


@pytest.mark.parametrize(
    ("content_format", "payload"),
    [(ContentFormat.SENML_JSON, json_of), (ContentFormat.LWM2M_CBOR, cbor_of)],
)
def test_the_number_of_values_is_bounded(
    content_format: int, payload: Callable[[int], bytes]
) -> None:
    most = decode_records(content_format, payload(LARGEST_COUNT), Registry.standard(), 0.0)
    assert len(most) == LARGEST_COUNT
    with pytest.raises(CodecError, match=f"more than {LARGEST_COUNT}"):
        decode_records(content_format, payload(LARGEST_COUNT + 1), Registry.standard(), 0.0)
