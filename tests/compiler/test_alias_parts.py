"""What is cut or put together along the outermost dimension is neither copied nor stored twice."""

from pathlib import Path

import numpy as np
import pytest

from compiler.graph import Graph, OperatorCode
from compiler.passes import optimise
from compiler.plan import plan
from compiler.tflite import read

from .model_builder import OperatorSpec, TensorSpec, build_model, constant, schema
from .test_passes import assert_outputs_stay, int8

CONCATENATION, COPY = OperatorCode.CONCATENATION, OperatorCode.COPY
SPLIT, SPLIT_V, UNPACK = OperatorCode.SPLIT, OperatorCode.SPLIT_V, OperatorCode.UNPACK
QUANTIZE, RESHAPE = OperatorCode.QUANTIZE, OperatorCode.RESHAPE


def along(axis: int) -> object:
    options = schema.ConcatenationOptionsT()
    options.axis = axis
    return options


def codes(graph: Graph) -> list[OperatorCode]:
    return [operator.code for operator in graph.operators]


def random(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    generator = np.random.default_rng(3)
    return [generator.integers(-128, 128, shape, np.int8) for shape in shapes]


def gates(sizes: tuple[int, int], axis: int, rows: int) -> bytes:
    """Return a model that computes twice, cuts what comes, crosses it over and joins it again."""
    whole, (one, other) = int8(rows, sum(sizes), zero=1), sizes
    return build_model(
        [int8(rows, sum(sizes)), whole, constant(*sizes), constant(axis),
         int8(rows, one, zero=1), int8(rows, other, zero=1),
         int8(rows, one, zero=2), int8(rows, other, zero=2), int8(rows, sum(sizes), zero=2)],
        [
            OperatorSpec(QUANTIZE, (0,), (1,)),
            OperatorSpec(SPLIT_V, (1, 2, 3), (4, 5), schema.SplitVOptionsT()),
            OperatorSpec(QUANTIZE, (4,), (6,)),
            OperatorSpec(QUANTIZE, (5,), (7,)),
            OperatorSpec(CONCATENATION, (7, 6), (8,), along(axis)),
        ],
        (0,),
        (8,),
    )  # fmt: skip


def test_outermost_parts_need_no_code(tmp_path: Path) -> None:
    data = gates((8, 4), 1, 1)
    graph = optimise(read(data))
    assert codes(graph) == [QUANTIZE] * 3
    pieces = {graph.place(n) for operator in graph.operators for n in operator.outputs}
    assert {offset for _, offset in pieces} == {0, 4}
    assert plan(graph).arena_size == 2 * 12
    assert_outputs_stay(data, random((1, 12)), tmp_path)


@pytest.mark.parametrize(
    ("sizes", "axis", "rows"), [((8, 3), 1, 1), ((7, 4), 1, 1), ((8, 4), 1, 2)]
)
def test_parts_that_are_not_aligned_or_apart_are_copied(sizes, axis, rows, tmp_path: Path) -> None:
    data = gates(sizes, axis, rows)
    aligned = sizes[0] % 4 == 0 and rows == 1
    assert codes(optimise(read(data))).count(SPLIT_V) == (not aligned)
    assert_outputs_stay(data, random((rows, sum(sizes))), tmp_path)


def test_what_lies_elsewhere_is_copied_into_its_place(tmp_path: Path) -> None:
    fixed = TensorSpec((4,), scales=(0.5,), values=np.arange(4, dtype=np.int8))
    data = build_model(
        [int8(4, zero=1), int8(4), int8(8), fixed, int8(20)],
        [
            OperatorSpec(QUANTIZE, (0,), (1,)),
            OperatorSpec(CONCATENATION, (1, 1, 2, 3), (4,), along(0)),
        ],
        (0, 2),
        (4,),
    )
    graph = optimise(read(data))
    assert codes(graph) == [QUANTIZE, COPY]
    assert len(graph.operators[1].outputs) == 2  # the one that comes twice, and the constant
    assert_outputs_stay(data, random((4,), (8,)), tmp_path)


def test_one_place_serves_two_joins(tmp_path: Path) -> None:
    data = build_model(
        [int8(4), int8(8), int8(12), int8(12), int8(24)],
        [
            OperatorSpec(CONCATENATION, (0, 1), (2,), along(0)),
            OperatorSpec(CONCATENATION, (1, 0), (3,), along(0)),
            OperatorSpec(CONCATENATION, (2, 3), (4,), along(0)),
        ],
        (0, 1),
        (4,),
    )
    graph = optimise(read(data))
    assert plan(graph).arena_size <= 36
    assert_outputs_stay(data, random((4,), (8,)), tmp_path)


def test_model_inputs_and_outputs_may_be_pieces(tmp_path: Path) -> None:
    options = schema.UnpackOptionsT()
    options.num, options.axis = 2, 0
    data = build_model(
        [int8(2, 4), int8(4), int8(4), int8(4, zero=3), int8(1, 8)],
        [
            OperatorSpec(UNPACK, (0,), (1, 2), options),
            OperatorSpec(QUANTIZE, (1,), (3,)),
            OperatorSpec(RESHAPE, (0,), (4,)),
        ],
        (0,),
        (2, 3, 4, 1),
    )
    graph = optimise(read(data))
    assert codes(graph) == [QUANTIZE]
    assert_outputs_stay(data, random((2, 4)), tmp_path)


def test_a_whole_is_not_kept_alive_where_that_costs_memory(tmp_path: Path) -> None:
    """One of 64 bytes is needed in the end, and much else before: the copy is cheaper."""
    chain = [int8(64, zero=1)]
    data = build_model(
        [int8(1024), int8(1024, zero=1), constant(64, 960), constant(0), int8(64, zero=1),
         int8(960, zero=1), int8(960, zero=2), int8(960, zero=3), *chain],
        [
            OperatorSpec(QUANTIZE, (0,), (1,)),
            OperatorSpec(SPLIT_V, (1, 2, 3), (4, 5), schema.SplitVOptionsT()),
            OperatorSpec(QUANTIZE, (5,), (6,)),
            OperatorSpec(QUANTIZE, (6,), (7,)),
            OperatorSpec(QUANTIZE, (4,), (8,)),
        ],
        (0,),
        (7, 8),
    )  # fmt: skip
    kept, tried = plan(read(data)).lower_bound, plan(optimise(read(data))).lower_bound
    assert tried <= kept
    assert_outputs_stay(data, random((1024,)), tmp_path)


def test_a_split_of_a_constant_stays(tmp_path: Path) -> None:
    fixed = TensorSpec((8,), scales=(0.5,), values=np.arange(8, dtype=np.int8))
    data = build_model(
        [int8(4), int8(4, zero=2), constant(0), fixed, int8(4), int8(4)],
        [OperatorSpec(QUANTIZE, (0,), (1,)), OperatorSpec(SPLIT, (2, 3), (4, 5))],
        (0,),
        (1, 4, 5),
    )
    assert codes(optimise(read(data))) == [QUANTIZE, SPLIT]
    assert_outputs_stay(data, random((4,)), tmp_path)
