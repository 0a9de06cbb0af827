"""Trees: their shape, and that leaves and trees are two views of one thing."""

import pytest

from objects.errors import InvalidPath, InvalidValue
from objects.path import Path
from objects.tree import (
    Node,
    Object,
    ObjectInstance,
    Resource,
    ResourceInstance,
    from_leaves,
    leaves,
    level,
    single_value,
)
from objects.value import Value

HARDWARE = ObjectInstance(
    0, (Resource(0, "cortex-m4"), Resource.multiple(1, ["dsp", "fpv4-sp"]), Resource(2, 64_000_000))
)

PLACED: list[tuple[str, Node, dict[str, Value]]] = [
    ("/3", Object(3), {}),
    ("/3/0", ObjectInstance(0), {}),
    ("/26241/0/1", Resource(1, ()), {}),
    (
        "/26241",
        Object(26241, (HARDWARE,)),
        {
            "/26241/0/0": "cortex-m4",
            "/26241/0/1/0": "dsp",
            "/26241/0/1/1": "fpv4-sp",
            "/26241/0/2": 64_000_000,
        },
    ),
    ("/3/0/9", Resource(9, 100), {"/3/0/9": 100}),
    ("/3/0/6", Resource.multiple(6, {5: 1, 2: 0}), {"/3/0/6/2": 0, "/3/0/6/5": 1}),
    ("/3/0/6/5", ResourceInstance(5, 1), {"/3/0/6/5": 1}),
]


@pytest.mark.parametrize(("base", "node", "values"), PLACED)
def test_leaves_and_tree_say_the_same(base: str, node: Node, values: dict[str, Value]) -> None:
    flat = [(Path.parse(path), value) for path, value in values.items()]
    assert list(leaves(Path.parse(base), node)) == flat
    assert from_leaves(Path.parse(base), reversed(flat)) == node
    assert level(Path.parse(base)) is type(node)


@pytest.mark.parametrize(
    ("base", "paths", "says"),
    [
        ("/3/0", ["/4/0/0"], "/4/0/0 is no resource of /3/0"),
        ("/3", ["/3/0"], "/3/0 is no resource of /3"),
        ("/3/0", ["/3/0/0", "/3/0/0"], "/3/0/0 is there twice"),
        ("/3/0", ["/3/0/0", "/3/0/0/1"], "/3/0/0 is both single and multiple"),
        ("/3/0/6/1", [], "/3/0/6/1 has no value"),
    ],
)
def test_leaves_that_make_no_tree_are_refused(base: str, paths: list[str], says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        from_leaves(Path.parse(base), [(Path.parse(path), 0) for path in paths])


def test_the_root_is_no_node() -> None:
    with pytest.raises(InvalidPath, match="name an object"):
        from_leaves(Path(), [])


@pytest.mark.parametrize("identifiers", [(1, 0), (1, 1)])
def test_parts_stand_in_ascending_order_each_once(identifiers: tuple[int, int]) -> None:
    first, second = identifiers
    with pytest.raises(InvalidValue, match="not in ascending order"):
        Object(3, (ObjectInstance(first), ObjectInstance(second)))
    with pytest.raises(InvalidValue, match="not in ascending order"):
        ObjectInstance(0, (Resource(first, 0), Resource(second, 0)))
    with pytest.raises(InvalidValue, match="not in ascending order"):
        Resource(0, (ResourceInstance(first, 0), ResourceInstance(second, 0)))


def test_an_instance_is_asked_for_values_of_a_type() -> None:
    assert HARDWARE.value(0, str) == "cortex-m4"
    assert HARDWARE.values(1, str) == ("dsp", "fpv4-sp")
    assert HARDWARE.value(2, int) == 64_000_000
    assert HARDWARE.value(2, str) is None
    assert HARDWARE.value(99, int) is None
    assert HARDWARE.values(99, int) == ()
    # A bool is an int to Python and a fault here.
    assert ObjectInstance(0, (Resource(0, True),)).value(0, int) is None


def test_one_value_is_one_value() -> None:
    assert single_value(Resource(9, 100)) == 100
    assert single_value(ResourceInstance(1, 5)) == 5
    assert single_value(Resource.multiple(6, [7])) == 7
    for node in (Resource.multiple(6, [7, 8]), Resource(6, ()), ObjectInstance(0), Object(3)):
        with pytest.raises(InvalidValue):
            single_value(node)
