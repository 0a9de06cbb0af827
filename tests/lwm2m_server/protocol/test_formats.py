"""Which content formats are tried with an endpoint, and in what order (§7.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.protocol.formats import Shape, to_read, to_write
from lwm2m_server.protocol.registration import Registration
from objects.codecs import ContentFormat, composite, supported

TEXT, OPAQUE, CBOR = ContentFormat.TEXT, ContentFormat.OPAQUE, ContentFormat.CBOR
SENML_CBOR, SENML_JSON = ContentFormat.SENML_CBOR, ContentFormat.SENML_JSON
LWM2M_CBOR, JSON, TLV = ContentFormat.LWM2M_CBOR, ContentFormat.JSON, ContentFormat.TLV


def registered(version: str, *content_formats: int) -> Registration:
    """An endpoint of a version whose root link has this `ct`."""
    return Registration(
        "r1", "urn:dev:1", "coap://peer", 60, version, "U", False, (), 0.0, 0.0, 60.0, "/",
        content_formats,
    )  # fmt: skip


READS = [
    # Nothing told: what the version makes usual; a 1.0 client's one value as it likes.
    ("1.0", (), Shape.TREE, None, [TLV, JSON]),
    ("1.0", (), Shape.ONE, None, [None, TEXT, JSON, TLV]),
    ("1.0", (), Shape.BYTES, None, [OPAQUE, JSON, TLV]),
    ("1.1", (), Shape.TREE, None, [SENML_CBOR, SENML_JSON, TLV]),
    ("1.1", (), Shape.ONE, None, [SENML_CBOR, SENML_JSON, CBOR, TEXT]),
    ("1.2", (), Shape.TREE, None, [SENML_CBOR, LWM2M_CBOR, SENML_JSON]),
    # `ct` is a set: of what it names, what we like best; the rest may still be tried.
    ("1.1", (60, 110), Shape.TREE, None, [SENML_JSON, SENML_CBOR, TLV]),
    ("1.1", (60, 110), Shape.ONE, None, [SENML_JSON, CBOR, SENML_CBOR]),
    ("1.0", (112,), Shape.TREE, None, [SENML_CBOR, TLV]),
    ("1.0", (11542,), Shape.ONE, None, [TLV, TEXT]),
    # What was taken after a refusal goes before what was promised.
    ("1.1", (112,), Shape.TREE, TLV, [TLV, SENML_CBOR]),
    ("1.0", (), Shape.ONE, TEXT, [TEXT, JSON]),
]  # fmt: skip


@pytest.mark.parametrize(("version", "ct", "shape", "learned", "first"), READS)
@pytest.mark.proves("format-version")
def test_what_is_accepted_first(
    version: str, ct: tuple[int, ...], shape: Shape, learned: int | None, first: list[int | None]
) -> None:
    assert list(to_read(registered(version, *ct), shape, learned))[: len(first)] == first


WRITES = [
    ("1.0", (), Shape.ONE, None, [TEXT, JSON, TLV]),
    ("1.1", (112,), Shape.ONE, None, [TEXT, SENML_CBOR]),
    ("1.1", (112,), Shape.BYTES, None, [OPAQUE, SENML_CBOR]),
    ("1.1", (), Shape.BYTES, SENML_CBOR, [SENML_CBOR, OPAQUE]),
    ("1.1", (), Shape.TREE, None, [SENML_CBOR, SENML_JSON, TLV]),
    ("1.0", (), Shape.TREE, None, [TLV, JSON]),
    ("1.1", (110,), Shape.COMPOSITE, None, [SENML_JSON, SENML_CBOR]),
    ("1.2", (11544,), Shape.COMPOSITE, None, [LWM2M_CBOR, SENML_CBOR, SENML_JSON]),
]  # fmt: skip


@pytest.mark.parametrize(("version", "ct", "shape", "learned", "first"), WRITES)
def test_what_is_written_in_first(
    version: str, ct: tuple[int, ...], shape: Shape, learned: int | None, first: list[int]
) -> None:
    assert list(to_write(registered(version, *ct), shape, learned))[: len(first)] == first


def test_1_0_has_no_composite_format() -> None:
    assert list(to_write(registered("1.0"), Shape.COMPOSITE)) == []


@given(
    st.sampled_from(["1.0", "1.1", "1.2"]),
    st.lists(st.sampled_from([*ContentFormat, 41, 50]), max_size=5),
    st.sampled_from(Shape),
    st.one_of(st.none(), st.sampled_from([TEXT, OPAQUE, CBOR, SENML_CBOR, TLV])),
)
def test_every_choice_ends_and_can_carry_what_it_is_for(
    version: str, ct: list[int], shape: Shape, learned: int | None
) -> None:
    one = registered(version, *ct)
    read, written = list(to_read(one, shape, learned)), list(to_write(one, shape, learned))
    assert len(set(read)) == len(read)
    assert len(set(written)) == len(written)
    assert None in read
    assert {number for number in read if number is not None} | set(written) <= supported()
    if shape is Shape.COMPOSITE:
        assert set(written) <= composite()
    elif shape is Shape.TREE:
        assert not {TEXT, OPAQUE, CBOR} & set(written)
    elif learned != TLV and TLV not in ct and len(written) > 1:
        assert written[-1] == TLV or TLV not in written
