"""SOFTMAX of int16: exp and the reciprocal of the sum come from tables."""

import math
from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np

from ..graph import Graph, Operator
from ..quantization import Multiplier, quantize_multiplier
from .call import ArrayArgument, Call, CType, TensorArgument, kernel
from .conditions import quantization

_REACH: Final = 10.0
"""Where exp(-x) is 0 for the table."""

_STEPS: Final = 512

Real = np.float32


def moderate_scale(beta: float, graph: Graph, operator: Operator) -> bool:
    """Whether differences of the input keep to 32 bits on their way to the table."""
    return math.isfinite(beta) and beta > 0 and _multiplier(beta, graph, operator).shift <= 15


def call(beta: float, graph: Graph, operator: Operator) -> Call:
    """Return the kernel's call."""
    source = graph.input(operator, 0)
    multiplier = _multiplier(beta, graph, operator)
    return kernel(
        "softmax_int16",
        {
            "rows": source.elements // source.shape[-1],
            "depth": source.shape[-1],
            "multiplier": multiplier.value,
            "shift": multiplier.shift,
        },
        TensorArgument("input", operator.inputs[0], CType.INT16),
        ArrayArgument.of("exp", _exp_table(), CType.INT16),
        ArrayArgument.of("reciprocal", _reciprocal_table(), CType.INT16),
        TensorArgument("output", operator.outputs[0], CType.INT16),
    )


@cache
def _exp_table() -> tuple[int, ...]:
    """Return exp from -10 to 0."""
    return _table(lambda x: Real(math.exp(x)), -_REACH, 0.0)


@cache
def _reciprocal_table() -> tuple[int, ...]:
    """Return 1 / (1 + x) from 0 to 1."""
    return _table(lambda x: Real(1) / (Real(1) + x), 0.0, 1.0)


def _table(function: Callable[[Real], Real], low: float, high: float) -> tuple[int, ...]:
    """Return a function's values in 1/32768, each moved by half the interpolation's error.

    gen_lut of tensorflow/lite/kernels/internal/common.h, which computes in float32.
    """
    step = (Real(high) - Real(low)) / Real(_STEPS)
    unit = Real(1 << 15)
    values = []
    for i in range(_STEPS):
        start = Real(low) + Real(i) * step
        here, next_ = function(start) * unit, function(Real(low) + Real(i + 1) * step) * unit
        between = _round((next_ + _round(here)) / Real(2))
        error = between - _round(function(start + step / Real(2)) * unit)
        values.append(_int16(_round(here) - _round(error / Real(2))))
    return (*values, _int16(_round(function(Real(high)) * unit)))


def _round(x: Real) -> Real:
    """Round to nearest, ties away from zero."""
    return Real(math.copysign(math.floor(abs(x) + 0.5), x))


def _int16(x: Real) -> int:
    return min(int(x), (1 << 15) - 1)


def _multiplier(beta: float, graph: Graph, operator: Operator) -> Multiplier:
    """Return what brings differences to -65535 for -10.0 (CalculateSoftmaxParams)."""
    scale = quantization(graph.input(operator, 0)).scale
    return quantize_multiplier(scale * beta / (_REACH / 65535.0))
