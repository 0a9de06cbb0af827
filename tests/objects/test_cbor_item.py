"""CBOR read by us and by a library: the same, or refused by us."""

import math

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from objects.codecs.cbor_item import CborReader
from objects.errors import CodecError

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**64), 2**64 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=30),
    st.binary(max_size=30),
)
LABELS = st.one_of(st.integers(-(2**64), 2**64 - 1), st.text(max_size=5))
IDENTIFIERS = st.integers(0, 65535)
PATHS = st.one_of(IDENTIFIERS, st.lists(IDENTIFIERS, min_size=1, max_size=4).map(tuple), st.just(0))


def items(keys: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.recursive(
        SCALARS,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)
        ),
        max_leaves=12,
    )


@given(item=items(LABELS), canonical=st.booleans(), indefinite=st.booleans())
def test_what_a_library_writes_is_read(item: object, *, canonical: bool, indefinite: bool) -> None:
    data = cbor2.dumps(item, canonical=canonical, indefinite_containers=indefinite)
    assert CborReader(data, "CBOR", depth=20).labelled() == item


@given(item=items(PATHS))
def test_what_a_library_writes_by_path_is_read(item: object) -> None:
    assert CborReader(cbor2.dumps(item), "CBOR", depth=20).by_path() == item


@given(data=st.binary(max_size=40))
def test_what_we_read_a_library_reads_so(data: bytes) -> None:
    try:
        item = CborReader(data, "CBOR", depth=20).labelled()
    except CodecError:
        return
    if not {0xC0, 0xC1, 0xC4} & set(data):  # tags are ours alone
        assert repr(cbor2.loads(data)) == repr(item)


@pytest.mark.parametrize(
    ("data", "number"),
    [
        ("f9 00 01", 5.960464477539063e-08),
        ("f9 7b ff", 65504.0),
        ("f9 7c 00", math.inf),
        ("fa 47 c3 50 00", 100000.0),
        ("fb c0 10 66 66 66 66 66 66", -4.1),
        ("1b ff ff ff ff ff ff ff ff", 2**64 - 1),
        ("3b ff ff ff ff ff ff ff ff", -(2**64)),
        ("c4 82 21 19 6a b3", 273.15),
        ("c1 fb 41 d4 52 d9 ec 20 00 00", 1363896240.5),
    ],
)
def test_numbers_are_those_of_the_appendix(data: str, number: float) -> None:
    """RFC 8949, Appendix A."""
    assert CborReader(bytes.fromhex(data), "CBOR", depth=2).labelled() == number


# Keys that a table of hashes would take hours for.
FLOODS = {
    "labels": cbor2.dumps(dict.fromkeys(range(65), 0)),
    "decimal fractions": b"\xbf" + b"\xc4\x82\x00\x01\x00" * 3 + b"\xff",
    "arrays as labels": cbor2.dumps({(1, 2): 0}),
    "floats": cbor2.dumps({1.5: 0}),
}


@pytest.mark.parametrize("data", FLOODS.values(), ids=FLOODS)
def test_keys_that_are_no_labels_are_refused(data: bytes) -> None:
    with pytest.raises(CodecError, match=r"is no label, which|a map has more than 64 labels"):
        CborReader(data, "CBOR", depth=8).labelled()


@pytest.mark.parametrize("key", [2**16, (2**16,), (0, -1), (), (1, 2, 3, 4, 5), (True,), ((1,),)])
def test_keys_that_are_no_paths_are_refused(key: object) -> None:
    with pytest.raises(CodecError, match="is no key, which is an identifier"):
        CborReader(cbor2.dumps({key: 0}), "CBOR", depth=8).by_path()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("7f 41 00 ff", "a part of another kind"),
        ("5f 5f ff ff", "a part of another kind"),
        ("7f 61 78", "cut short"),
        ("5f", "cut short"),
        ("9f", "cut short"),
        ("a1 00", "cut short"),
        ("9b ff ff ff ff ff ff ff ff", "no 18446744073709551615 items follow"),
        ("fc", "a length of 28 is reserved|simple value 28"),
        ("1f", "a length of 31 is reserved"),
        ("df 00", "a length of 31 is reserved"),
        ("f8 20", "simple value 24 has no place"),
        ("f7", "simple value 23 has no place"),
        ("81 81 81 00", "too deep"),
        ("c1 c1 c1 00", "too deep"),
        ("c4 82 1b 7f ff ff ff ff ff ff ff 01", "no decimal fraction"),
        ("c4 81 00", "no decimal fraction"),
        ("c4 82 f5 00", "no decimal fraction"),
    ],
)
def test_malformed_items_are_refused_with_a_reason(data: str, says: str) -> None:
    with pytest.raises(CodecError, match=says):
        CborReader(bytes.fromhex(data), "CBOR", depth=2).labelled()
