"""Nodes in the JSON of Leshan's demo: what goes out, what comes in, and that they agree."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.api.leshan.nodes import from_instance, from_node, from_text, to_node, to_nodes
from lwm2m_server.service.errors import InvalidInput
from objects.codecs import Record
from objects.definition import ObjectDefinition, Operations, ResourceDefinition, Version
from objects.path import Path
from objects.registry import Registry
from objects.tree import Node, Object, ObjectInstance, Resource, ResourceInstance
from objects.value import ObjectLink, ResourceType, Value


def registry() -> Registry:
    """One resource of each type, in the order of the types, and an Execute behind them."""
    resources = {
        number: ResourceDefinition(
            number, kind.value, Operations.READ_WRITE, kind, multiple=True, mandatory=False
        )
        for number, kind in enumerate(ResourceType)
    }
    resources[99] = ResourceDefinition(
        99, "Do", Operations.EXECUTE, None, multiple=False, mandatory=False
    )
    one = ObjectDefinition(7, "All", Version(), multiple=True, mandatory=False, resources=resources)
    return Registry.of([one])


TYPES = registry()
NUMBERS = {kind: number for number, kind in enumerate(ResourceType)}


def assert_node(path: str, node: Node, data: Any, definitions: Registry = TYPES) -> None:
    """What a node is in JSON, and that this JSON is that node."""
    place = Path.parse(path)
    assert to_node(place, node, definitions) == data
    assert from_node(place, data, definitions) == node


@pytest.mark.parametrize(
    ("kind", "value", "name", "shown"),
    [
        (ResourceType.STRING, "ä", "STRING", "ä"),
        (ResourceType.INTEGER, -(2**63), "INTEGER", "-9223372036854775808"),
        (ResourceType.UNSIGNED_INTEGER, 2**64 - 1, "UNSIGNED_INTEGER", "18446744073709551615"),
        (ResourceType.FLOAT, 20.0, "FLOAT", 20.0),
        (ResourceType.BOOLEAN, False, "BOOLEAN", False),
        (ResourceType.OPAQUE, b"\x00\xff", "OPAQUE", "00ff"),
        (ResourceType.TIME, 1_700_000_000, "TIME", 1_700_000_000_000),
        (
            ResourceType.OBJLNK,
            ObjectLink(3, 0),
            "OBJLNK",
            {"objectId": 3, "objectInstanceId": 0, "nullLink": False},
        ),
        (ResourceType.CORELNK, "</3/0>", "CORELINK", "</3/0>"),
    ],
)
def test_each_type_has_its_json(kind: ResourceType, value: Value, name: str, shown: Any) -> None:
    number = NUMBERS[kind]
    single = {"id": number, "kind": "singleResource", "type": name, "value": shown}
    assert_node(f"/7/0/{number}", Resource(number, value), single)
    several = {"id": number, "kind": "multiResource", "type": name, "values": {"5": shown}}
    assert_node(f"/7/0/{number}", Resource.multiple(number, {5: value}), several)
    one = {"id": 5, "kind": "resourceInstance", "type": name, "value": shown}
    assert_node(f"/7/0/{number}/5", ResourceInstance(5, value), one)


def test_nodes_hold_nodes() -> None:
    resource = {"id": 0, "kind": "singleResource", "type": "STRING", "value": "x"}
    instance = {"id": 2, "kind": "instance", "resources": [resource]}
    node = ObjectInstance(2, (Resource(0, "x"),))
    assert_node("/7/2", node, instance)
    assert_node("/7", Object(7, (node,)), {"id": 7, "kind": "obj", "instances": [instance]})


def test_what_an_endpoint_mixes_is_shown_as_text() -> None:
    mixed = {0: b"\x00\xff", 1: "a", 2: float("nan"), 3: True, 4: ObjectLink(3, 0)}
    shown = to_node(Path(3000, 0, 0), Resource.multiple(0, mixed), TYPES)
    assert shown["type"] == "STRING"
    assert shown["values"] == {"0": "00ff", "1": "a", "2": "nan", "3": "True", "4": "3:0"}


def test_a_number_that_json_has_not_is_text() -> None:
    shown = to_node(Path(3000, 0, 0), Resource(0, float("-inf")), TYPES)
    assert (shown["type"], shown["value"]) == ("FLOAT", "-inf")


@pytest.mark.parametrize("value", ["x", 5, 1.5, True, b"\x01", ObjectLink(65535, 65535)])
def test_what_nobody_defined_has_the_type_that_it_shows(value: Value) -> None:
    node = Resource(0, value)
    data = to_node(Path(3000, 0, 0), node, TYPES)
    assert from_node(Path(3000, 0, 0), data, TYPES) == node


@pytest.mark.parametrize(
    ("kind", "told", "given", "value"),
    [
        # Types in any case; numbers as text and as numbers.
        (ResourceType.INTEGER, "integer", 5, 5),
        (ResourceType.INTEGER, "Integer", "5", 5),
        (ResourceType.INTEGER, "integer", 5.0, 5),
        (ResourceType.FLOAT, "float", 5, 5.0),
        # Scripts know Python's types, or JSON's, and not the resource's.
        (ResourceType.UNSIGNED_INTEGER, "integer", 5, 5),
        (ResourceType.FLOAT, "integer", 5, 5.0),
        (ResourceType.INTEGER, "float", "5.0", 5),
        (ResourceType.TIME, "integer", 86400, 86400),
        (ResourceType.BOOLEAN, "integer", 1, True),
        (ResourceType.BOOLEAN, "string", "true", True),
        (ResourceType.INTEGER, "string", "-5", -5),
        (ResourceType.OPAQUE, "string", "00FF", b"\x00\xff"),
        (ResourceType.OBJLNK, "string", "3:0", ObjectLink(3, 0)),
        (ResourceType.STRING, "integer", 5, "5"),
        (ResourceType.TIME, "time", 1_500, 1),
        # Without a type the resource's own counts.
        (ResourceType.OPAQUE, None, "00ff", b"\x00\xff"),
        (ResourceType.FLOAT, None, 5, 5.0),
    ],
)
def test_values_come_in_as_scripts_write_them(
    kind: ResourceType, told: str | None, given: Any, value: Value
) -> None:
    number = NUMBERS[kind]
    data = {"id": str(number), "kind": "singleResource", "value": given, "type": told}
    assert from_node(Path(7, 0, number), data, TYPES) == Resource(number, value)


@pytest.mark.parametrize(
    ("path", "data", "words"),
    [
        ("/7/0/1", [], "no JSON object"),
        ("/7/0/1", {"kind": "instance", "id": 1, "resources": []}, "'instance' does not fit here"),
        ("/7/0/1", {"id": 2, "value": 5, "type": "integer"}, "the node has id 2"),
        ("/7/0/1", {"id": 1, "type": "integer"}, "has 'value'"),
        ("/7/0/1", {"id": 1, "value": "x", "type": "integer"}, "'x' is no INTEGER"),
        ("/7/0/1", {"id": 1, "value": 5.5, "type": "integer"}, "5.5 is no INTEGER"),
        ("/7/0/1", {"id": 1, "value": True, "type": "integer"}, "True is no INTEGER"),
        ("/7/0/1", {"id": 1, "value": 2**63, "type": "integer"}, "is no INTEGER"),
        ("/7/0/1", {"id": 1, "value": [5], "type": "integer"}, "is no INTEGER"),
        ("/7/0/1", {"id": 1, "value": "00", "type": "opaque"}, "no OPAQUE for a Integer"),
        ("/7/0/1", {"id": 1, "value": 5, "type": "number"}, "'number' is no type: STRING"),
        ("/7/0/1", {"id": 1, "value": 5, "type": 7}, "7 is no type"),
        ("/7/0/1", {"id": 1, "values": [5], "type": "integer"}, "no JSON object"),
        ("/7/0/1", {"id": 1, "values": {"x": 5}, "type": "integer"}, "'x' is no identifier"),
        ("/7/0/5", {"id": 5, "value": "0g", "type": "opaque"}, "'0g' is no OPAQUE"),
        ("/7/0/7", {"id": 7, "value": {"objectId": 3}, "type": "objlnk"}, "is no OBJLNK"),
        ("/7/0/99", {"id": 99, "value": 5, "type": "integer"}, "Do is executed, not written"),
        ("/7/0", {"id": 0, "resources": [{"value": 5}]}, "a part has no id"),
        ("/7/0", {"id": 0, "resources": [{"id": 1, "value": 5}] * 2}, "not in ascending order"),
        ("/7/0", {"id": 0, "resources": {}}, "'resources' is no list"),
        ("/7/0", {"id": 0, "resources": [{"id": 70000, "value": 5}]}, "70000"),
        ("/3000/0/0", {"id": 0, "value": None}, "without a type"),
        ("/", {}, "the root"),
    ],
)
def test_a_refusal_says_where_and_what(path: str, data: Any, words: str) -> None:
    with pytest.raises(InvalidInput, match=words.replace("(", r"\(")) as refused:
        from_node(Path.parse(path), data, TYPES)
    assert str(refused.value).startswith("/")


def test_a_create_may_leave_the_identifier_to_the_client() -> None:
    data = {"kind": "instance", "resources": [{"id": 0, "value": "x", "type": "string"}]}
    resources = (Resource(0, "x"),)
    assert from_instance(Path(7), data, TYPES) == (None, resources)
    assert from_instance(Path(7), {**data, "id": 3}, TYPES) == (3, resources)
    assert from_instance(Path(7, 3), data, TYPES) == (3, resources)
    with pytest.raises(InvalidInput, match="the node has id 4"):
        from_instance(Path(7, 3), {**data, "id": 4}, TYPES)
    with pytest.raises(InvalidInput, match="no JSON object"):
        from_instance(Path(7), [], TYPES)


def test_plain_text_is_read_by_the_resources_type() -> None:
    assert from_text(Path(7, 0, 1), "5", TYPES) == Resource(1, 5)
    assert from_text(Path(7, 0, 0, 2), "5", TYPES) == ResourceInstance(2, "5")
    assert from_text(Path(3000, 0, 0), "5", TYPES) == Resource(0, "5")
    with pytest.raises(InvalidInput, match="'x'"):
        from_text(Path(7, 0, 1), "x", TYPES)


# --- composite content ------------------------------------------------------------------------

RECORDS = (
    Record(Path(3, 0, 16), "U"),
    Record(Path(3, 0, 11, 0), 0),
    Record(Path(1, 0, 1), 60),
    Record(Path(1, 0, 8), None),
)


def shown(*paths: str) -> dict[str, Any]:
    return to_nodes(map(Path.parse, paths), RECORDS, Registry.standard())


def test_composite_content_has_a_node_for_each_path_that_was_asked_for() -> None:
    assert {path: node["kind"] for path, node in shown("/3/0/16", "/3/0/11/0", "/1/0").items()} == {
        "/3/0/16": "singleResource",
        "/3/0/11/0": "resourceInstance",
        "/1/0": "instance",
    }
    assert shown("/3/0/11")["/3/0/11"]["values"] == {"0": "0"}
    assert shown("/3")["/3"]["instances"][0]["id"] == 0


def test_236_what_is_not_there_is_left_out() -> None:
    assert list(shown("/3/0/16", "/3339/0/5522", "/1/0/8")) == ["/3/0/16"]


def test_235_the_root_holds_objects() -> None:
    assert [one["id"] for one in shown("/")["/"]["objects"]] == [1, 3]
    assert shown("/")["/"]["kind"] == "root"


def test_the_latest_of_a_time_series_is_shown() -> None:
    path = Path(3303, 0, 5700)
    series = [Record(path, 1.0, 10.0), Record(path, 3.0, 30.0), Record(path, 2.0, 20.0)]
    assert to_nodes([path], series, TYPES)[str(path)]["value"] == 3.0
    assert to_nodes([path], [*series, Record(path, 4.0)], TYPES)[str(path)]["value"] == 4.0


# --- laws -------------------------------------------------------------------------------------

VALUES: dict[ResourceType, st.SearchStrategy[Value]] = {
    ResourceType.STRING: st.text(st.characters(exclude_categories=["Cs"])),
    ResourceType.INTEGER: st.integers(-(2**63), 2**63 - 1),
    ResourceType.UNSIGNED_INTEGER: st.integers(0, 2**64 - 1),
    ResourceType.FLOAT: st.floats(allow_nan=False, allow_infinity=False),
    ResourceType.BOOLEAN: st.booleans(),
    ResourceType.OPAQUE: st.binary(),
    ResourceType.TIME: st.integers(-(2**53), 2**53),
    ResourceType.OBJLNK: st.builds(ObjectLink, st.integers(0, 65535), st.integers(0, 65535)),
    ResourceType.CORELNK: st.text(st.characters(exclude_categories=["Cs"])),
}
RESOURCES = st.one_of(
    *(st.builds(Resource, st.just(NUMBERS[kind]), values) for kind, values in VALUES.items()),
    *(
        st.builds(
            Resource.multiple,
            st.just(NUMBERS[kind]),
            st.dictionaries(st.integers(0, 65534), values, max_size=3),
        )
        for kind, values in VALUES.items()
    ),
)


@given(st.lists(RESOURCES, unique_by=lambda one: one.id, max_size=5))
def test_what_goes_out_comes_in_as_the_same(resources: list[Resource]) -> None:
    node = ObjectInstance.of(1, resources)
    assert from_node(Path(7, 1), to_node(Path(7, 1), node, TYPES), TYPES) == node


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(["integer", "OPAQUE", "time", "instance", "singleResource"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "kind", "type", "value", "values", "resources", "instances", "0"]
            ),
            inner,
            max_size=6,
        )
    ),
)


@given(st.sampled_from(["/7", "/7/0", "/7/0/1", "/7/0/0/1", "/3000/0/0"]), JSON)
def test_anything_else_is_refused_by_name(path: str, data: Any) -> None:
    try:
        from_node(Path.parse(path), data, TYPES)
    except InvalidInput as refused:
        assert str(refused)  # noqa: PT017 - any other exception fails the test
