"""UNIDIRECTIONAL_SEQUENCE_LSTM, the standard one, int8 with an int16 cell state."""

import math
from typing import Final

import numpy as np

from ..flatbuffer import Table
from ..graph import ElementType, Graph, Operator, Tensor
from ..options import LstmOptions
from ..quantization import Multiplier, quantize_multiplier
from . import conditions
from .call import ArrayArgument, Call, CType, TensorArgument, Value, kernel
from .conditions import quantization
from .definition import OperatorDefinition, one_call
from .sigmoid_table import table_argument
from .weights import INT32_MAX, int8_values

_INPUT: Final = 0
_INPUT_WEIGHTS: Final = (1, 2, 3, 4)
_RECURRENT_WEIGHTS: Final = (5, 6, 7, 8)
_BIASES: Final = (12, 13, 14, 15)
_HIDDEN: Final = 18
_CELL: Final = 19
_ABSENT: Final = frozenset({9, 10, 11, 16, 17, 20, 21, 22, 23})
"""Peephole, projection and layer normalisation."""

_TANH: Final = 4
_GATE_SCALE: Final = 2.0**-12
_Q15: Final = 2.0**-15
_NAMES: Final = ("input", "forget", "cell", "output")


def read_options(table: Table) -> LstmOptions:
    """Read the schema's UnidirectionalSequenceLSTMOptions."""
    return LstmOptions(table.integer(0, "b"), table.real(1), bool(table.integer(3, "?")))


def standard_lstm(graph: Graph, operator: Operator) -> bool:
    """It must be a standard LSTM: four gates, and neither peephole nor projection nor layer
    normalisation.
    """
    return all((number is None) == (n in _ABSENT) for n, number in enumerate(operator.inputs))


def activation_is_tanh(graph: Graph, operator: Operator) -> bool:
    """The activation must be TANH."""
    return _options(operator).activation == _TANH


def int8_ends(graph: Graph, operator: Operator) -> bool:
    """Input, output and hidden state must be int8, quantised with one scale and one zero point from
    -128 to 127.
    """
    ends = (graph.input(operator, _INPUT), graph.output(operator), graph.input(operator, _HIDDEN))
    return all(map(conditions.is_int8_activation, ends))


def int16_cell(graph: Graph, operator: Operator) -> bool:
    """The cell state must be int16 with the zero point 0 and a scale that is a power of two from
    2^-15 to 1.
    """
    cell = graph.input(operator, _CELL)
    given = cell.quantization
    if cell.type is not ElementType.INT16 or given is None or not given.per_tensor:
        return False
    return given.zero_point == 0 and _Q15 <= given.scale <= 1 and math.frexp(given.scale)[0] == 0.5


def states_are_kept(graph: Graph, operator: Operator) -> bool:
    """Hidden state and cell state must be variables, which are kept from run to run."""
    return graph.input(operator, _HIDDEN).variable and graph.input(operator, _CELL).variable


def int8_weights(graph: Graph, operator: Operator) -> bool:
    """Weights must be constant and int8 with one scale each and zero point 0, biases constant and
    int32.
    """
    weights = (graph.input(operator, n) for n in _INPUT_WEIGHTS + _RECURRENT_WEIGHTS)
    biases = (graph.input(operator, n) for n in _BIASES)
    return all(_symmetric_weights(tensor) for tensor in weights) and all(
        bias.constant and bias.type is ElementType.INT32 for bias in biases
    )


def shapes_match(graph: Graph, operator: Operator) -> bool:
    """The input must be [batch, time, depth], or [time, batch, depth] if time is major, the output
    the same with as many units in place of the depth, the input weights [units, depth], the
    recurrent ones [units, units], the hidden state [batch, units], and the cell state must have as
    many elements as that.
    """
    source, result = graph.input(operator, _INPUT).shape, graph.output(operator).shape
    if len(source) != 3 or len(result) != 3 or source[:2] != result[:2]:
        return False
    depth, units = source[2], result[2]
    batches = _batches(graph, operator)

    def are(positions: tuple[int, ...], shape: tuple[int, ...]) -> bool:
        return all(graph.input(operator, n).shape == shape for n in positions)

    return (
        are(_INPUT_WEIGHTS, (units, depth))
        and are(_RECURRENT_WEIGHTS, (units, units))
        and are(_BIASES, (units,))
        and graph.input(operator, _HIDDEN).shape == (batches, units)
        and graph.input(operator, _CELL).elements == batches * units
    )


def moderate_scales(graph: Graph, operator: Operator) -> bool:
    """The product of a weight's scale and that of what it is multiplied with must be below 2^18,
    the hidden state's scale at least 2^-16, and the clip of the cell state not below 0.
    """
    every = _multipliers(graph, operator, _INPUT, _INPUT_WEIGHTS)
    every += _multipliers(graph, operator, _HIDDEN, _RECURRENT_WEIGHTS)
    hidden = quantization(graph.input(operator, _HIDDEN)).scale
    clip = _options(operator).cell_clip
    return all(m.shift <= 30 for m in every) and hidden >= 2.0**-16 and 0 <= clip < math.inf


def accumulators(graph: Graph, operator: Operator) -> bool:
    """Weights and biases must be small enough for 32-bit accumulators, whatever the input."""
    for source, positions in ((_INPUT, _INPUT_WEIGHTS), (_HIDDEN, _RECURRENT_WEIGHTS)):
        zero = quantization(graph.input(operator, source)).zero_point
        furthest = max(127 - zero, 128 + zero)
        for gate, position in enumerate(positions):
            weights = int8_values(graph.input(operator, position)).astype(np.int64)
            bias = _bias(graph, operator, gate) if source == _INPUT else 0
            if (np.abs(weights).sum(axis=1) * furthest + np.abs(bias)).max() > INT32_MAX:
                return False
    return True


def macs(graph: Graph, operator: Operator) -> int:
    """Count each weight once per batch and step."""
    units, depth = graph.input(operator, _INPUT_WEIGHTS[0]).shape
    return graph.output(operator).elements * len(_NAMES) * (units + depth)


def call(graph: Graph, operator: Operator) -> Call:
    """Return the kernel's call."""

    def pointers(role: str, positions: tuple[int, ...]) -> tuple[TensorArgument, ...]:
        named = zip(_NAMES, positions, strict=True)
        return tuple(TensorArgument(f"{role}_{name}", operator.inputs[n]) for name, n in named)

    return kernel(
        "unidirectional_sequence_lstm",
        {**_sizes(graph, operator), **_scales(graph, operator)},
        TensorArgument("input", operator.inputs[_INPUT]),
        *pointers("input_weights", _INPUT_WEIGHTS),
        *pointers("recurrent_weights", _RECURRENT_WEIGHTS),
        _folded(graph, operator, "input_bias", _INPUT, _INPUT_WEIGHTS),
        _folded(graph, operator, "recurrent_bias", _HIDDEN, _RECURRENT_WEIGHTS),
        table_argument(),
        TensorArgument("hidden", operator.inputs[_HIDDEN]),
        TensorArgument("cell", operator.inputs[_CELL], CType.INT16),
        TensorArgument("output", operator.outputs[0]),
    )


def _sizes(graph: Graph, operator: Operator) -> dict[str, Value]:
    first, second, units = graph.output(operator).shape
    major = _options(operator).time_major
    batches, steps = (second, first) if major else (first, second)
    return {
        "batches": batches,
        "steps": steps,
        "batch_rows": 1 if major else steps,
        "step_rows": batches if major else 1,
        "depth": graph.input(operator, _INPUT).shape[2],
        "units": units,
    }


def _scales(graph: Graph, operator: Operator) -> dict[str, Value]:
    fresh = _multipliers(graph, operator, _INPUT, _INPUT_WEIGHTS)
    kept = _multipliers(graph, operator, _HIDDEN, _RECURRENT_WEIGHTS)
    cell = quantization(graph.input(operator, _CELL)).scale
    hidden = quantization(graph.input(operator, _HIDDEN))
    to_cell = quantize_multiplier(_Q15 * _Q15 / cell)
    to_hidden = quantize_multiplier(_Q15 * _Q15 / hidden.scale)
    # As TANH of int16 does: from the cell's scale to Q3.12, and three times that.
    left = 12 + math.frexp(cell)[1] - 1
    clip = _options(operator).cell_clip
    return {
        "input_multiplier": tuple(m.value for m in fresh),
        "input_shift": tuple(m.shift for m in fresh),
        "recurrent_multiplier": tuple(m.value for m in kept),
        "recurrent_shift": tuple(m.shift for m in kept),
        "cell_multiplier": to_cell.value,
        "cell_shift": to_cell.shift,
        "cell_clip": int(min(clip / cell, 32767.0)) if clip > 0 else 32767,
        "tanh_multiplier": 3 << max(left, 0),
        "tanh_shift": max(-left, 0),
        "hidden_multiplier": to_hidden.value,
        "hidden_shift": to_hidden.shift,
        "hidden_offset": hidden.zero_point,
    }


def _multipliers(
    graph: Graph, operator: Operator, source: int, weights: tuple[int, ...]
) -> tuple[Multiplier, ...]:
    scale = quantization(graph.input(operator, source)).scale
    scales = (quantization(graph.input(operator, position)).scale for position in weights)
    return tuple(quantize_multiplier(scale * weight / _GATE_SCALE) for weight in scales)


def _folded(
    graph: Graph, operator: Operator, role: str, source: int, weights: tuple[int, ...]
) -> ArrayArgument:
    """Return biases less what the zero point of the source adds to each sum."""
    zero = quantization(graph.input(operator, source)).zero_point
    rows = []
    for gate, position in enumerate(weights):
        sums = int8_values(graph.input(operator, position)).astype(np.int64).sum(axis=1)
        rows.append((_bias(graph, operator, gate) if source == _INPUT else 0) - zero * sums)
    return ArrayArgument.of(role, np.concatenate(rows), CType.INT32)


def _bias(
    graph: Graph, operator: Operator, gate: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    data = graph.input(operator, _BIASES[gate]).data or b""
    return np.frombuffer(data, "<i4").astype(np.int64)


def _symmetric_weights(tensor: Tensor) -> bool:
    given = tensor.quantization
    return (
        tensor.constant
        and tensor.type is ElementType.INT8
        and given is not None
        and given.per_tensor
        and given.zero_point == 0
    )


def _batches(graph: Graph, operator: Operator) -> int:
    return graph.input(operator, _INPUT).shape[1 if _options(operator).time_major else 0]


def _options(operator: Operator) -> LstmOptions:
    if not isinstance(operator.options, LstmOptions):
        raise TypeError(f"{operator} is no LSTM")
    return operator.options


DEFINITION = OperatorDefinition(
    options_type=71,
    read_options=read_options,
    inputs=range(24, 25),
    rules=(),
    limits=(
        standard_lstm,
        activation_is_tanh,
        int8_ends,
        int16_cell,
        states_are_kept,
        int8_weights,
        shapes_match,
        moderate_scales,
        accumulators,
    ),
    macs=macs,
    lower=one_call(call),
    optional=frozenset(range(24)),  # `standard_lstm` tells which
    variables=frozenset({_HIDDEN, _CELL}),
)
