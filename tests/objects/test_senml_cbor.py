"""CBOR that is after the reader rather than for it."""

import struct
import tracemalloc

import pytest

from objects.codecs import ContentFormat, decode
from objects.codecs.payload import LARGEST_PAYLOAD
from objects.errors import CodecError
from objects.path import Path
from objects.registry import Registry

# One record of /3/0/0 whose text is the item under test.
RECORD = bytes.fromhex("81 a2 21 66 2f 33 2f 30 2f 30 03")

HOSTILE = {
    "arrays in arrays": b"\x81" * 100_000 + b"\x00",
    "indefinite arrays in arrays": b"\x9f" * 100_000,
    "maps in maps": b"\xa1\x00" * 100_000 + b"\x00",
    "tags in tags": RECORD + b"\xc4" * 100_000 + b"\x00",
    "an array of 2^40": b"\x9b" + struct.pack(">Q", 2**40),
    "a map of 2^63": b"\x81\xbb" + struct.pack(">Q", 2**63),
    "text of 2^40": RECORD + b"\x7b" + struct.pack(">Q", 2**40),
    "bytes of 2^63": RECORD + b"\x5b" + struct.pack(">Q", 2**63 - 1),
    "a decimal fraction out of all bounds": RECORD + b"\xc4\x82\x1b" + b"\x7f" * 8 + b"\x01",
    "a map as a label": b"\x81\xa1\xa0\x00",
    "a list as a label": b"\x81\xa1\x80\x00",
    "not a number as a label": b"\x81\xa1\xf9\x7e\x00\x00",
    "a stray break": b"\x81\xff",
    "a time that is no date": RECORD + b"\xc0\x61x",
    "a time of a thousand letters": RECORD + b"\xc0\x79\x03\xe8" + b"1" * 1000,
    "a time of no seconds": RECORD + b"\xc1\x81\x00",
    "a time that is true": RECORD + b"\xc1\xf5",
    "a reserved length": b"\x1c",
    "text that is no UTF-8": RECORD + b"\x61\xff",
}

# What a CBOR library makes of tags costs, or has effects, before anyone sees a value.
TAGS = {
    "a big number": RECORD + b"\xc2\x59\xff\xff" + b"\xff" * 65535,
    "a big float": RECORD + b"\xc5\x82\x1a\x0f\xff\xff\xff\x01",
    "a regular expression": RECORD + b"\xd8\x23\x6a(a+)+(b+)+",
    "an e-mail": RECORD + b"\xd8\x24\x61x",
    "a list that holds itself": b"\xd8\x1c\x81\xd8\x1d\x00",
    "a reference to nothing": b"\x81\xd8\x1d\x00",
    "CBOR that says it is CBOR": b"\xd9\xd9\xf7\x80",
    "a tag that nobody registered": RECORD + b"\xd9\x27\x10\x00",
}


@pytest.mark.parametrize("data", TAGS.values(), ids=TAGS)
def test_tags_are_refused_unseen(data: bytes) -> None:
    with pytest.raises(CodecError, match="tags other than times and decimal fractions"):
        decode(ContentFormat.SENML_CBOR, data, Path(3, 0), Registry.standard())


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_cbor_is_refused_at_no_cost(data: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(CodecError):
        decode(ContentFormat.SENML_CBOR, data, Path(3, 0), Registry.standard())
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_the_size_of_a_payload_is_bounded() -> None:
    text = "x" * (LARGEST_PAYLOAD - len(RECORD) - 5)
    data = RECORD + b"\x7a" + struct.pack(">I", len(text)) + text.encode()
    base = Path(3, 0)
    assert decode(ContentFormat.SENML_CBOR, data, base, Registry.standard())
    with pytest.raises(CodecError, match=f"{LARGEST_PAYLOAD} is the most"):
        decode(ContentFormat.SENML_CBOR, data + b"\x00", base, Registry.standard())
