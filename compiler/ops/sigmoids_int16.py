"""LOGISTIC and TANH of int16, which come from one table."""

import math
from collections.abc import Collection
from dataclasses import replace
from typing import Final

from ..graph import Graph, Operator
from .call import Call, CType, TensorArgument, kernel
from .conditions import quantization
from .sigmoid_table import table_argument

_STEPS: Final = 3 * 4096.0
"""Steps of the table's argument per 1.0."""

_TOLERANCE: Final = 1e-3
"""How far the logarithm of a scale may be from a whole number (CheckedLog2)."""

_DOUBT: Final = 1e-5
"""More than the reference's logarithm of float32 errs."""


def moderate_scale(graph: Graph, operator: Operator) -> bool:
    """Whether the table's argument keeps to 32 bits, and it is clear how it is reached."""
    scale = quantization(graph.input(operator, 0)).scale
    distance = abs(_from_power(scale))
    return scale * _STEPS < 1 << 15 and abs(distance - _TOLERANCE) > _DOUBT


def call(name: str, powers: Collection[int], graph: Graph, operator: Operator) -> Call:
    """Return the kernel's call; `powers` of 2 are scales for which the reference only shifts."""
    source = graph.input(operator, 0)
    multiplier, shift = _rescaling(quantization(source).scale, powers)
    found = kernel(
        f"{name}_int16",
        {"elements": source.elements, "multiplier": multiplier, "shift": shift},
        TensorArgument("input", operator.inputs[0], CType.INT16),
        table_argument(),
        TensorArgument("output", operator.outputs[0], CType.INT16),
        structure="sigmoid_int16",
    )
    return replace(found, headers=("sigmoid_int16.h",), sources=("sigmoid_int16.c",))


def _rescaling(scale: float, powers: Collection[int]) -> tuple[int, int]:
    """Return multiplier and right shift (TanhPrepare of the reference)."""
    power = round(math.log2(scale))
    if power in powers and abs(_from_power(scale)) < _TOLERANCE:
        return 3 << (power + 12), 0
    multiplier, shift = scale * _STEPS, 0
    while multiplier <= 32767.0 / 2 and shift <= 30:
        multiplier, shift = multiplier * 2, shift + 1
    return int(multiplier), shift


def _from_power(scale: float) -> float:
    logarithm = math.log2(scale)
    return logarithm - round(logarithm)
