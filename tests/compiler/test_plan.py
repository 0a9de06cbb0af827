"""Law: tensors alive together never overlap, and the arena is as small as can be found."""

from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.graph import ElementType, Graph, Operator, OperatorCode, Tensor
from compiler.options import NoOptions
from compiler.packing import lower_bound
from compiler.plan import Plan, lives, plan


def tensor(size: int, **more: object) -> Tensor:
    return Tensor("t", (size,), ElementType.INT8, **more)  # type: ignore[arg-type]


def step(index: int, reads: tuple[int, ...], writes: tuple[int, ...]) -> Operator:
    return Operator(index, OperatorCode.ADD, reads, writes, NoOptions())


@st.composite
def graphs(draw: st.DrawFn, most: int = 12) -> Graph:
    """Draw a graph in which each operator reads some of what there is and writes one tensor."""
    sizes = draw(st.lists(st.integers(1, 300), min_size=2, max_size=most))
    inputs = draw(st.integers(1, min(3, len(sizes) - 1)))
    operators = []
    for written in range(inputs, len(sizes)):
        reads = draw(st.lists(st.integers(0, written - 1), min_size=1, max_size=3))
        operators.append(step(written - inputs, tuple(reads), (written,)))
    outputs = draw(st.lists(st.integers(0, len(sizes) - 1), min_size=1, max_size=3, unique=True))
    return Graph(tuple(map(tensor, sizes)), tuple(operators), tuple(range(inputs)), tuple(outputs))


def assert_sound(graph: Graph, found: Plan) -> None:
    places = found.allocations
    assert {p.tensor for p in places} == {life.tensor for life in lives(graph)}
    for place in places:
        assert place.offset % found.alignment == 0
        assert place.size == graph.tensors[place.tensor].size
        assert 0 <= place.offset <= found.arena_size - place.size
    for one in places:
        for other in places:
            together = one.first <= other.last and other.first <= one.last
            if one.tensor < other.tensor and together:
                apart = (
                    one.offset + one.size <= other.offset or other.offset + other.size <= one.offset
                )
                assert apart, f"{one} and {other} overlap"


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_tensors_alive_together_never_overlap(graph: Graph) -> None:
    found = plan(graph)
    assert_sound(graph, found)
    assert found.arena_size >= found.lower_bound


@settings(max_examples=30, deadline=None)
@given(graphs())
def test_equal_graphs_get_equal_plans(graph: Graph) -> None:
    assert plan(graph) == plan(graph)


@settings(max_examples=40, deadline=None)
@given(graphs(most=6))
def test_small_graphs_get_the_smallest_arena_of_all_orders(graph: Graph) -> None:
    needs = lives(graph)
    smallest = min(
        packed_in_order([needs[i] for i in order]) for order in permutations(range(len(needs)))
    )
    assert plan(graph).arena_size <= smallest


def packed_in_order(needs):  # type: ignore[no-untyped-def]
    """Return the arena when each tensor lies as low as it goes, aligned to 4."""
    placed: list[tuple[int, int, int, int]] = []
    for need in needs:
        spans = sorted(
            (start, end)
            for start, end, first, last in placed
            if first <= need.last and need.first <= last
        )
        offset = 0
        for start, end in spans:
            if offset + need.size <= start:
                break
            offset = max(offset, (end + 3) // 4 * 4)
        placed.append((offset, offset + need.size, need.first, need.last))
    return max(end for _, end, _, _ in placed)


def test_inputs_are_alive_from_before_the_first_step_and_outputs_beyond_the_last() -> None:
    graph = Graph(
        tuple(map(tensor, (8, 4, 2, 6))), (step(0, (0,), (2,)), step(1, (2,), (3,))), (0, 1), (3,)
    )
    spans = {life.tensor: (life.first, life.last) for life in lives(graph)}
    assert spans == {0: (-1, 0), 1: (-1, -1), 2: (0, 1), 3: (1, 2)}
    assert lower_bound(lives(graph)) == 8 + 4


def test_an_alias_prolongs_the_life_of_what_it_is() -> None:
    graph = Graph(
        (tensor(4), tensor(4, alias_of=0), tensor(4), tensor(4)),
        (step(0, (0,), (2,)), step(1, (1, 2), (3,))),
        (0,),
        (3,),
    )
    assert [(life.tensor, life.first, life.last) for life in lives(graph)] == [
        (0, -1, 1),
        (2, 0, 1),
        (3, 1, 2),
    ]


def test_constants_have_no_place() -> None:
    graph = Graph(
        (tensor(4), tensor(3, data=b"abc"), tensor(4)), (step(0, (0, 1), (2,)),), (0,), (2,)
    )
    assert [life.tensor for life in lives(graph)] == [0, 2]


def test_a_chain_of_unequal_tensors_needs_no_more_than_its_widest_pair() -> None:
    sizes = [100, 400, 250, 350, 50, 600, 20]
    operators = tuple(step(n, (n,), (n + 1,)) for n in range(len(sizes) - 1))
    graph = Graph(tuple(map(tensor, sizes)), operators, (0,), (len(sizes) - 1,))
    found = plan(graph)
    assert found.lower_bound == max(a + b for a, b in pairwise(sizes))
    assert found.arena_size <= found.lower_bound + 3


@pytest.mark.slow
def test_vast_graphs_are_planned_in_bounded_work() -> None:
    count = 500
    graph = Graph(
        tuple(map(tensor, range(1, count + 1))),
        (step(0, tuple(range(count - 1)), (count - 1,)),),
        tuple(range(count - 1)),
        (count - 1,),
    )
    assert_sound(graph, plan(graph))


def test_a_plan_shows_offset_and_life() -> None:
    graph = Graph((tensor(16), tensor(5)), (step(0, (0,), (1,)),), (0,), (1,))
    assert str(plan(graph)) == (
        "arena 21 B (at least 21 B)\n"
        "  %0: bytes 0 to 16, steps -1 to 0\n"
        "  %1: bytes 16 to 21, steps 0 to 1"
    )
