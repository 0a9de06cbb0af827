"""QUANTIZE of floats by comparisons alone, where floating-point arithmetic takes calls."""

import numpy as np
from numpy.typing import NDArray

from ...fixed_point import Integers
from ...graph import ElementType, Graph, Operator
from ...machine import Machine
from ...ops import overlap
from ...ops.call import ArrayArgument, CType, Lowered, TensorArgument, kernel
from ...ops.conditions import quantization
from ..form import Form

_NAME = "quantize_narrow"
_MAGNITUDE = (1 << 31) - 1
_INFINITY = 0x7F80_0000
_LIMIT = np.float32(1024)
"""Beyond it every int8 is saturated, as in kernels/quantize.c."""


def serves(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether floats come in, on a core without registers for them."""
    floats = any(feature.startswith("fp") for feature in machine.features)
    return (
        graph.input(operator, 0).type is ElementType.FLOAT32
        and graph.output(operator).type is ElementType.INT8
        and not floats
    )


def lower(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return the kernel's call."""
    result = quantization(graph.output(operator))
    call = kernel(
        _NAME,
        {"elements": graph.input(operator, 0).elements},
        TensorArgument("input", operator.inputs[0], CType.INT32),
        ArrayArgument.of("thresholds", thresholds(result.scale, result.zero_point), CType.INT32),
        TensorArgument("output", operator.outputs[0]),
    )
    return Lowered((call,), overlaps=overlap.in_place(graph, operator))


def thresholds(scale: float, zero_point: int) -> Integers:
    """Return the keys of the least floats that give -127 to 127; INT32_MAX where none does.

    The key of a float is an integer; keys are ordered as floats are.
    """
    targets = np.arange(-127, 128, dtype=np.int64)
    below = np.full(len(targets), -_INFINITY - 2, np.int64)
    above = np.full(len(targets), _INFINITY + 1, np.int64)
    while (above - below).max() > 1:
        middle = (below + above) >> 1
        reached = _quantized(_floats(middle), scale, zero_point) >= targets
        above, below = np.where(reached, middle, above), np.where(reached, below, middle)
    return np.where(above > _INFINITY, _MAGNITUDE, above)


def _floats(keys: Integers) -> NDArray[np.float32]:
    bits = np.where(keys < 0, keys ^ _MAGNITUDE, keys).astype(np.int32)
    return bits.view(np.float32)


def _quantized(floats: NDArray[np.float32], scale: float, zero_point: int) -> Integers:
    """Return what kernels/quantize.c does: one rounding to float32, then half away from zero."""
    with np.errstate(over="ignore"):
        steps = np.clip(floats / np.float32(scale), -_LIMIT, _LIMIT).astype(np.float64)
    rounded = np.trunc(steps + np.copysign(0.5, steps)).astype(np.int64)
    clipped: Integers = np.clip(rounded + zero_point, -128, 127)
    return clipped


FORM = Form(_NAME, serves, lower, floats=True)
