"""What holds for every content format: round trips, and nothing but CodecError on any bytes."""

import math
from functools import cache

import cbor2
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from objects.codecs import ContentFormat, decode, encode, supported
from objects.definition import ObjectDefinition, Operations, ResourceDefinition, Version
from objects.errors import CodecError, InvalidValue, UnsupportedFormat
from objects.path import Path
from objects.registry import Registry
from objects.tree import Node, Object, ObjectInstance, Resource, ResourceInstance, leaves
from objects.value import ObjectLink, ResourceType, Value

JSON = [ContentFormat.SENML_JSON, ContentFormat.JSON]  # without infinity, and NaN
TREES = [
    ContentFormat.TLV,
    ContentFormat.OLD_TLV,
    ContentFormat.SENML_CBOR,
    ContentFormat.LWM2M_CBOR,
    *JSON,
]

VALUES: dict[ResourceType, st.SearchStrategy[Value]] = {
    ResourceType.STRING: st.text(max_size=300),
    ResourceType.INTEGER: st.integers(-(2**63), 2**63 - 1),
    ResourceType.UNSIGNED_INTEGER: st.integers(0, 2**64 - 1),
    ResourceType.FLOAT: st.floats(allow_nan=False),
    ResourceType.BOOLEAN: st.booleans(),
    ResourceType.OPAQUE: st.binary(max_size=300),
    ResourceType.TIME: st.integers(-(2**63), 2**63 - 1),
    ResourceType.OBJLNK: st.builds(ObjectLink, st.integers(0, 65535), st.integers(0, 65535)),
    ResourceType.CORELNK: st.text(max_size=30),
}
TYPES = list(ResourceType)
IDENTIFIERS = st.one_of(st.integers(0, 20), st.integers(0, 65534))


@cache
def every_type() -> Registry:
    """Object 100 has a resource of every type, as often as it takes.

    The type of resource N is TYPES[N % 9]. Object 101 is defined by nobody.
    """
    return Registry.of(
        [
            ObjectDefinition(
                100,
                "Every Type",
                Version(),
                multiple=True,
                mandatory=False,
                resources={
                    number: ResourceDefinition(
                        number,
                        f"R {number}",
                        Operations.READ_WRITE,
                        TYPES[number % len(TYPES)],
                        multiple=False,
                        mandatory=False,
                    )
                    for number in range(65535)
                },
            )
        ]
    )


def type_of(resource: int) -> ResourceType:
    return TYPES[resource % len(TYPES)]


@st.composite
def resources(draw: st.DrawFn, identifier: int) -> Resource:
    values = VALUES[type_of(identifier)]
    if draw(st.booleans()):
        return Resource(identifier, draw(values))
    some = draw(st.dictionaries(IDENTIFIERS, values, min_size=1, max_size=4))
    return Resource.multiple(identifier, some)


@st.composite
def object_instances(draw: st.DrawFn, identifier: int) -> ObjectInstance:
    numbers = draw(st.lists(IDENTIFIERS, unique=True, min_size=1, max_size=6))
    return ObjectInstance.of(identifier, [draw(resources(number)) for number in numbers])


@st.composite
def nodes(draw: st.DrawFn) -> tuple[Path, Node]:
    depth = draw(st.integers(1, 4))
    parts = [100, *(draw(IDENTIFIERS) for _ in range(depth - 1))]
    base, last = Path(*parts), parts[-1]
    if depth == 1:
        numbers = draw(st.lists(IDENTIFIERS, unique=True, max_size=3))
        instances = [draw(object_instances(number)) for number in sorted(numbers)]
        return base, Object(last, tuple(instances))
    if depth == 2:
        return base, draw(object_instances(last))
    if depth == 3:
        return base, draw(resources(last))
    return base, ResourceInstance(last, draw(VALUES[type_of(parts[2])]))


@st.composite
def single_values(draw: st.DrawFn) -> tuple[Path, Node]:
    resource = draw(IDENTIFIERS)
    value = draw(VALUES[type_of(resource)])
    if draw(st.booleans()):
        return Path(100, 0, resource), Resource(resource, value)
    return Path(100, 0, resource, 7), ResourceInstance(7, value)


@pytest.mark.parametrize("content_format", TREES)
@given(placed=nodes())
@pytest.mark.proves("old-numbers")
def test_every_tree_comes_back(content_format: int, placed: tuple[Path, Node]) -> None:
    base, node = placed
    assume(content_format not in JSON or not infinite(base, node))
    data = encode(content_format, base, node, every_type())
    assert decode(content_format, data, base, every_type()) == node


@given(placed=single_values().filter(lambda placed: not infinite(*placed)))
def test_every_single_value_comes_back_from_text(placed: tuple[Path, Node]) -> None:
    base, node = placed
    data = encode(ContentFormat.TEXT, base, node, every_type())
    assert decode(ContentFormat.TEXT, data, base, every_type()) == node


@given(content=st.binary())
def test_opaque_is_what_it_is(content: bytes) -> None:
    base = Path(100, 0, TYPES.index(ResourceType.OPAQUE))
    node = Resource(base.parts[-1], content)
    assert encode(ContentFormat.OPAQUE, base, node, every_type()) == content
    assert decode(ContentFormat.OPAQUE, content, base, every_type()) == node


def infinite(base: Path, node: Node) -> bool:
    return any(isinstance(value, float) and math.isinf(value) for _, value in leaves(base, node))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("content_format", JSON)
def test_json_has_no_form_of_what_is_not_finite(content_format: int, number: float) -> None:
    base = Path(100, 0, TYPES.index(ResourceType.FLOAT))
    with pytest.raises(InvalidValue, match=f"{base}: {number} has no form in"):
        encode(content_format, base, Resource(base.parts[-1], number), every_type())


@pytest.mark.parametrize("content_format", sorted({*TREES} - {*JSON}))
def test_not_a_number_survives_as_a_float(content_format: int) -> None:
    base = Path(100, 0, TYPES.index(ResourceType.FLOAT))
    data = encode(content_format, base, Resource(base.parts[-1], math.nan), every_type())
    node = decode(content_format, data, base, every_type())
    assert isinstance(node, Resource)
    assert isinstance(node.value, float)
    assert math.isnan(node.value)


@pytest.mark.parametrize("content_format", [ContentFormat.TLV, ContentFormat.OLD_TLV])
def test_an_empty_multiple_resource_comes_back_from_tlv(content_format: int) -> None:
    instance = ObjectInstance(0, (Resource(1, ()),))
    data = encode(content_format, Path(26241, 0), instance, Registry.standard())
    assert data == bytes.fromhex("8001")
    assert decode(content_format, data, Path(26241, 0), Registry.standard()) == instance


def test_an_undefined_value_keeps_the_type_that_senml_tells() -> None:
    for value in ("text", 5, 0.5, True, b"bytes", ObjectLink(3, 0)):
        node = Resource(1, value)
        data = encode(ContentFormat.SENML_CBOR, Path(101, 0, 1), node, every_type())
        assert decode(ContentFormat.SENML_CBOR, data, Path(101, 0, 1), every_type()) == node


def read_or_refused(content_format: int, data: bytes, base: Path, registry: Registry) -> None:
    said = ""
    try:
        decode(content_format, data, base, registry)
    except CodecError as error:
        said = str(error)
    assert len(said) < 300, "a message quotes a stranger at length"


BASES = st.sampled_from(
    [Path.parse(text) for text in ("/3", "/3/0", "/3/0/9", "/3/0/6/1", "/26242", "/101/0", "/")]
)


@pytest.mark.parametrize("content_format", sorted(supported()))
@given(data=st.binary(max_size=200), base=BASES)
def test_any_bytes_are_read_or_refused(content_format: int, data: bytes, base: Path) -> None:
    read_or_refused(content_format, data, base, Registry.standard())


def mutated(data: bytes, position: int, byte: int) -> bytes:
    position %= max(len(data), 1)
    return data[:position] + bytes([byte]) + data[position + 1 :]


@pytest.mark.parametrize("content_format", TREES)
@given(placed=nodes(), position=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_a_flipped_byte_is_read_or_refused(
    content_format: int, placed: tuple[Path, Node], position: int, byte: int
) -> None:
    base, node = placed
    assume(content_format not in JSON or not infinite(base, node))
    data = mutated(encode(content_format, base, node, every_type()), position, byte)
    read_or_refused(content_format, data, base, every_type())


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.just("vlo")
)
LABELS = st.one_of(st.integers(-7, 9), st.just("vlo"), st.text(max_size=3))
PACKS = st.lists(st.dictionaries(LABELS, st.one_of(SCALARS, st.lists(SCALARS))), max_size=5)


@given(pack=PACKS, base=BASES)
def test_any_senml_shaped_cbor_is_read_or_refused(pack: object, base: Path) -> None:
    read_or_refused(ContentFormat.SENML_CBOR, cbor2.dumps(pack), base, Registry.standard())


@pytest.mark.parametrize("content_format", [None, 40, 61, 11545, -1, 99999])
def test_formats_without_codec_are_named(content_format: int | None) -> None:
    with pytest.raises(UnsupportedFormat, match="content format"):
        decode(content_format, b"", Path(3, 0), Registry.standard())


@pytest.mark.parametrize("content_format", [ContentFormat.TEXT, ContentFormat.OPAQUE])
@pytest.mark.parametrize(
    ("base", "node"),
    [
        (Path(26242), Object(26242)),
        (Path(26242, 1), ObjectInstance(1)),
        (Path(26241, 0, 1), Resource.multiple(1, ["dsp"])),
    ],
)
def test_formats_of_one_value_carry_no_tree(content_format: int, base: Path, node: Node) -> None:
    with pytest.raises(UnsupportedFormat, match=f"{base} holds a tree"):
        encode(content_format, base, node, Registry.standard())


@pytest.mark.parametrize("content_format", [*TREES, ContentFormat.TEXT])
@pytest.mark.parametrize(
    ("resource", "value", "says"),
    [
        (9, "100", "'100' is no Integer"),
        (9, True, "True is no Integer"),
        (9, 2**63, "is no Integer"),
        (0, b"text", "is no String"),
        (0, "\ud800", "is no String"),
        (22, "3:0", "is no Objlnk"),
    ],
)
def test_a_value_of_another_type_is_not_written(
    content_format: int, resource: int, value: Value, says: str
) -> None:
    with pytest.raises(InvalidValue, match=says):
        encode(content_format, Path(3, 0, resource), Resource(resource, value), Registry.standard())


def test_opaque_carries_bytes_of_opaque_resources_alone() -> None:
    registry = Registry.standard()
    for value in (100, b"100"):
        with pytest.raises(UnsupportedFormat, match="/3/0/9 is Integer, not Opaque"):
            encode(ContentFormat.OPAQUE, Path(3, 0, 9), Resource(9, value), registry)
    with pytest.raises(InvalidValue, match="/5/0/0: 'text' is no Opaque"):
        encode(ContentFormat.OPAQUE, Path(5, 0, 0), Resource(0, "text"), registry)


@pytest.mark.parametrize("content_format", sorted(supported()))
@pytest.mark.parametrize(
    ("base", "node"),
    [
        (Path(3, 0, 9), Resource(10, 1)),
        (Path(3, 0), Resource(0, "x")),
        (Path(3, 0, 6, 1), Resource(1, 1)),
    ],
)
def test_a_node_has_to_hang_where_it_says(content_format: int, base: Path, node: Node) -> None:
    with pytest.raises(InvalidValue, match=f"does not belong at {base}"):
        encode(content_format, base, node, Registry.standard())
