"""Models that break one condition of an operator that moves data; `test_conditions` has the law."""
# ruff: noqa: B008  (specs are immutable)

from collections.abc import Sequence
from typing import Any

from compiler.graph import ElementType, OperatorCode
from compiler.ops import concatenation, parts, split

from .model_builder import OperatorSpec, TensorSpec, build_model, constant, schema

INT16 = ElementType.INT16


def int8(*shape: int, scale: float = 0.5, zero: int = 0, **more: Any) -> TensorSpec:
    return TensorSpec(shape, scales=(scale,), zero_points=(zero,), **more)


def model(
    code: OperatorCode,
    inputs: Sequence[TensorSpec | None],
    outputs: Sequence[TensorSpec],
    options: Any = None,
) -> bytes:
    """Return a model of one operator; an int8 input is added if it has none that is free."""
    given = [spec for spec in inputs if spec is not None]
    tensors = [*given, *outputs, int8(1)]
    numbers = iter(range(len(given)))
    reads = tuple(-1 if spec is None else next(numbers) for spec in inputs)
    writes = tuple(range(len(given), len(given) + len(outputs)))
    free = [number for number, spec in enumerate(given) if spec.values is None]
    operators = [OperatorSpec(code, reads, writes, options)]
    return build_model(tensors, operators, free or [len(tensors) - 1], writes)


def joined(
    *inputs: TensorSpec | None, result: TensorSpec = int8(2, 5), axis: int = 1, activation: int = 0
) -> bytes:
    options = schema.ConcatenationOptionsT()
    options.axis, options.fusedActivationFunction = axis, activation
    sources = inputs or (int8(2, 3), int8(2, 2))
    return model(OperatorCode.CONCATENATION, sources, [result], options)


def packed(*inputs: TensorSpec, result: TensorSpec = int8(2, 3), axis: int = 0) -> bytes:
    options = schema.PackOptionsT()
    options.axis = axis
    return model(OperatorCode.PACK, inputs or (int8(3), int8(3)), [result], options)


def cut(*results: TensorSpec, axis: TensorSpec = constant(0)) -> bytes:
    return model(OperatorCode.SPLIT, [axis, int8(4)], results or [int8(2), int8(2)])


CASES: list[tuple[Any, bytes]] = [
    (parts.no_input_absent, joined(int8(2, 3), None, int8(2, 2))),
    (parts.known_axis, joined(axis=2)),
    (parts.known_axis, joined(axis=-3)),
    (parts.known_axis, cut(axis=constant(1))),
    (parts.known_axis, cut(axis=constant(0, 0))),
    (parts.known_axis, cut(axis=TensorSpec((1,), ElementType.INT32))),
    (parts.parts_fill_whole, joined(result=int8(2, 6))),
    (parts.parts_fill_whole, joined(int8(2, 3), int8(3, 2))),
    (parts.parts_fill_whole, joined(int8(2, 3), int8(2))),
    (parts.parts_fill_whole, cut(int8(2), int8(3))),
    (parts.parts_are_slices, packed(result=int8(3, 3))),
    (parts.parts_are_slices, packed(int8(3), int8(2))),
    (parts.movable_type, packed(int8(3), TensorSpec((3,), INT16))),
    (parts.movable_type, packed(*[TensorSpec((3,), ElementType.UINT8)] * 2,
                                result=TensorSpec((2, 3), ElementType.UINT8))),
    (concatenation.no_activation, joined(activation=1)),
    (concatenation.few_dimensions, joined(int8(*(1,) * 7), result=int8(*(1,) * 7))),
    (concatenation.one_scale, joined(int8(2, 3, scale=0.25), int8(2, 2))),
    (concatenation.one_scale, joined(int8(2, 3, zero=1), int8(2, 2))),
    (concatenation.symmetric_int16, joined(
        TensorSpec((2, 5), INT16, (0.5,), (1,)), result=TensorSpec((2, 5), INT16))),
    (split.equal_parts, cut(int8(3), int8(1))),
]  # fmt: skip
