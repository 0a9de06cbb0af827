"""What each pass takes out, and that the outputs stay what they were."""

from pathlib import Path

import numpy as np
from tflite_micro import runtime

from compiler.graph import OperatorCode
from compiler.machine import Machine
from compiler.passes import alias_quantize, alias_reshape, optimise
from compiler.passes.remove_dead import remove_dead_operators, remove_dead_tensors
from compiler.plan import plan
from compiler.tflite import read
from compiler.translate import translate

from .host_code import compile_c, run_model
from .model_builder import OperatorSpec, TensorSpec, build_model

RESHAPE, QUANTIZE = OperatorCode.RESHAPE, OperatorCode.QUANTIZE


def int8(*shape: int, zero: int = 0, **more: object) -> TensorSpec:
    return TensorSpec(shape, scales=(0.5,), zero_points=(zero,), **more)  # type: ignore[arg-type]


def outputs_of(data: bytes, inputs: list[np.ndarray], folder: Path, *, passes: bool) -> list[bytes]:
    graph = optimise(read(data)) if passes else read(data)
    emitted = translate(graph, Machine())
    return run_model(compile_c(emitted.files, folder), emitted, [a.tobytes() for a in inputs])


def assert_outputs_stay(data: bytes, inputs: list[np.ndarray], folder: Path) -> None:
    """Assert that C with and without passes computes what the interpreter computes."""
    interpreter = runtime.Interpreter.from_bytes(data, arena_size=1 << 16)
    for position, array in enumerate(inputs):
        interpreter.set_input(array, position)
    interpreter.invoke()
    count = len(read(data).outputs)
    expected = [interpreter.get_output(position).tobytes() for position in range(count)]
    for passes in (False, True):
        place = folder / str(passes)
        place.mkdir()
        assert outputs_of(data, inputs, place, passes=passes) == expected


def test_reshape_is_an_alias(tmp_path: Path) -> None:
    data = build_model(
        [int8(2, 3), int8(6), int8(6, zero=5)],
        [OperatorSpec(RESHAPE, (0,), (1,)), OperatorSpec(QUANTIZE, (1,), (2,))],
        (0,),
        (2,),
    )
    graph = alias_reshape(read(data))
    assert [operator.index for operator in graph.operators] == [1]
    assert graph.tensors[1].alias_of == 0
    assert_outputs_stay(data, [np.arange(6, dtype=np.int8).reshape(2, 3)], tmp_path)


def test_a_model_of_nothing_but_a_reshape(tmp_path: Path) -> None:
    data = build_model([int8(2, 3), int8(6)], [OperatorSpec(RESHAPE, (0,), (1,))], (0,), (1,))
    graph = optimise(read(data))
    assert graph.operators == ()
    assert plan(graph).arena_size == 6
    assert_outputs_stay(data, [np.arange(6, dtype=np.int8).reshape(2, 3)], tmp_path)


def test_a_constant_is_copied_to_an_output(tmp_path: Path) -> None:
    fixed = int8(2, 2, values=np.arange(4, dtype=np.int8))
    data = build_model(
        [int8(3), int8(3, zero=2), fixed, int8(4)],
        [OperatorSpec(QUANTIZE, (0,), (1,)), OperatorSpec(RESHAPE, (2,), (3,))],
        (0,),
        (1, 3),
    )
    assert len(optimise(read(data)).operators) == 2
    assert_outputs_stay(data, [np.array([1, 2, 3], np.int8)], tmp_path)


def test_quantize_to_the_same_is_an_alias(tmp_path: Path) -> None:
    data = build_model(
        [int8(3), int8(3), int8(3, zero=1)],
        [OperatorSpec(QUANTIZE, (0,), (1,)), OperatorSpec(QUANTIZE, (1,), (2,))],
        (0,),
        (1, 2),
    )
    graph = alias_quantize(read(data))
    assert [operator.index for operator in graph.operators] == [1]
    assert_outputs_stay(data, [np.array([-128, 0, 127], np.int8)], tmp_path)


def test_dead_operators_go_and_with_them_what_only_they_read(tmp_path: Path) -> None:
    data = build_model(
        [int8(3), int8(3, zero=1), int8(3, zero=2), int8(3, zero=3)],
        [
            OperatorSpec(QUANTIZE, (0,), (1,)),
            OperatorSpec(QUANTIZE, (1,), (2,)),
            OperatorSpec(QUANTIZE, (0,), (3,)),
        ],
        (0,),
        (3,),
    )
    graph = remove_dead_operators(read(data))
    assert [operator.index for operator in graph.operators] == [2]
    small = remove_dead_tensors(graph)
    assert [tensor.quantization.zero_point for tensor in small.tensors if tensor.quantization] == [
        0,
        3,
    ]
    assert_outputs_stay(data, [np.array([-128, 0, 127], np.int8)], tmp_path)
