"""Models that break one condition of an operator that moves data; `test_conditions` has the law."""
# ruff: noqa: B008  (specs are immutable)

from collections.abc import Sequence
from typing import Any

import numpy as np

from compiler.graph import ElementType, OperatorCode
from compiler.ops import concatenation, parts, split
from compiler.ops import unidirectional_sequence_lstm as lstms

from .model_builder import (
    OperatorSpec,
    TensorSpec,
    build_model,
    constant,
    one_operator,
    schema,
)
from .ops.lstm_law import Lstm

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


def lstm(change: dict[int, TensorSpec | None] | None = None, **shape: Any) -> bytes:
    """Return an LSTM with some of its inputs replaced."""
    made = Lstm(**shape)
    inputs = made.inputs()
    for position, spec in (change or {}).items():
        inputs[position] = spec
    return made.model(inputs)


def lstm_of(activation: int) -> bytes:
    made = Lstm()
    options = made.options()
    options.fusedActivationFunction = activation
    result = int8(2, 3, 4)
    return one_operator(OperatorCode.UNIDIRECTIONAL_SEQUENCE_LSTM, made.inputs(), result, options)


def cell(*shape: int, scale: float = 2.0**-11, zero: int = 0, kept: bool = True) -> TensorSpec:
    return TensorSpec(shape, INT16, (scale,), (zero,), variable=kept)


WEIGHTS = np.ones((4, 5), np.int8)

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
    (lstms.standard_lstm, lstm({1: None})),
    (lstms.standard_lstm, lstm({9: int8(4, values=WEIGHTS[:, 0])})),
    (lstms.activation_is_tanh, lstm_of(1)),
    (lstms.int8_ends, lstm({18: cell(2, 4)})),
    (lstms.int16_cell, lstm({19: int8(2, 4, variable=True)})),
    (lstms.int16_cell, lstm({19: cell(2, 4, scale=0.3)})),
    (lstms.int16_cell, lstm({19: cell(2, 4, zero=1)})),
    (lstms.int16_cell, lstm({19: cell(2, 4, scale=2.0)})),
    (lstms.states_are_kept, lstm({19: cell(2, 4, kept=False)})),
    (lstms.int8_weights, lstm({2: int8(4, 5, zero=1, values=WEIGHTS)})),
    (lstms.int8_weights, lstm({12: int8(4, values=WEIGHTS[:, 0])})),
    (lstms.shapes_match, lstm({2: int8(5, 4, values=WEIGHTS)})),
    (lstms.shapes_match, lstm({18: int8(8, variable=True)})),
    (lstms.shapes_match, lstm({19: cell(1, 4)})),
    (lstms.moderate_scales, lstm(cell_clip=-1.0)),
    (lstms.moderate_scales, lstm(hidden=(2.0**-17, 0))),
    (lstms.moderate_scales, lstm(weights=(2.0**30,) * 8)),
    (lstms.accumulators, lstm({12: TensorSpec(
        (4,), ElementType.INT32, (0.5,), values=np.full(4, 2**31 - 1, np.int32))})),
    (split.equal_parts, cut(int8(3), int8(1))),
]  # fmt: skip
