"""Functions of one int8: as a table of 256 outputs, or as a line where that is smaller.

An operator of two inputs is one of them where the other is a single constant.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from ...fixed_point import INT8_VALUES, Integers
from ...graph import ElementType, Graph, Operator, OperatorCode, Tensor
from ...machine import Machine
from ...ops import add, logistic, lookup, mul, quantize, relu, relu6, sub, tanh
from ...ops.call import Call, Lowered, TensorArgument, Value, kernel
from ...ops.conditions import quantization
from ...ops.mul import Product
from ...ops.overlap import in_place
from ...ops.sums import Sum
from ...ops.weights import int8_values
from ...profile import Objective
from ..form import Form
from . import fit
from .pairs import rounding_members

TABLE_BYTES = 256

FIXED_POINT_BYTES = 600
"""About what the code of LOGISTIC and TANH takes that computes a table's elements."""


class Function(NamedTuple):
    """Which input is the variable, and the output for each of its values, from -128 on.

    `slope` is how much the output rises per step of the input, but for rounding and clamping;
    0 where it is no line.
    """

    position: int
    outputs: tuple[int, ...]
    slope: float


def function_of(graph: Graph, operator: Operator) -> Function:
    """Return the function of one variable that the operator computes."""
    if operator.code in _UNARY:
        table, slope = _UNARY[operator.code]
        outputs = table(graph, operator)
        return Function(0, tuple(outputs.tolist()), slope(graph, operator))
    pair = _PAIRS[operator.code](graph, operator)
    position = 0 if _single_constant(graph.input(operator, 1)) else 1
    constant = int8_values(graph.input(operator, 1 - position)).astype(np.int64).ravel()
    arguments = (INT8_VALUES, constant) if position == 0 else (constant, INT8_VALUES)
    outputs = pair.outputs(*arguments)
    return Function(position, tuple(outputs.tolist()), pair.slope(position, int(constant[0])))


def _no_line(graph: Graph, operator: Operator) -> float:
    return 0.0


Table = Callable[[Graph, Operator], Integers]
Slope = Callable[[Graph, Operator], float]

_UNARY: dict[OperatorCode, tuple[Table, Slope]] = {
    OperatorCode.LOGISTIC: (logistic.table, _no_line),
    OperatorCode.QUANTIZE: (quantize.table, quantize.slope),
    OperatorCode.RELU: (relu.table, relu.slope),
    OperatorCode.RELU6: (relu6.table, relu6.slope),
    OperatorCode.TANH: (tanh.table, _no_line),
}

_PAIRS: dict[OperatorCode, Callable[[Graph, Operator], Sum | Product]] = {
    OperatorCode.ADD: add.sum_of,
    OperatorCode.MUL: mul.product_of,
    OperatorCode.SUB: sub.sum_of,
}


def _has_one_variable(graph: Graph, operator: Operator, machine: Machine) -> bool:
    if operator.code in _UNARY:
        return graph.input(operator, 0).type is ElementType.INT8
    return any(_single_constant(graph.input(operator, position)) for position in (0, 1))


def _single_constant(tensor: Tensor) -> bool:
    return tensor.constant and tensor.elements == 1


def _lower(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return a line where code and constants matter and there is one, else a table."""
    function = function_of(graph, operator)
    zero_point = quantization(graph.input(operator, function.position)).zero_point
    line = None if machine.objective is Objective.SPEED else _line(function, zero_point)
    if line is None:
        outputs = np.array(function.outputs, np.int64)
        call = lookup.call(graph, operator, outputs, function.position)
    else:
        call = _affine(graph, operator, function.position, line, zero_point)
    return Lowered((call,), overlaps=in_place(graph, operator, function.position))


@cache
def _line(function: Function, zero_point: int) -> fit.Line | None:
    if not function.slope:
        return None
    inputs = INT8_VALUES - zero_point
    return fit.line(np.array(function.outputs, np.int64), [inputs], [function.slope])


def _affine(
    graph: Graph, operator: Operator, position: int, line: fit.Line, zero_point: int
) -> Call:
    (factor,) = line.factors
    parameters: dict[str, Value] = {
        "elements": graph.output(operator).elements,
        "input_offset": -zero_point,
        "factor": factor,
        "rounding": rounding_members(line.rounding),
    }
    return kernel(
        "affine_proven",
        parameters,
        TensorArgument("input", operator.inputs[position]),
        TensorArgument("output", operator.outputs[0]),
    )


def _pays(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether the graph's tables are smaller than the code that computes them, or speed counts."""
    if machine.objective is Objective.SPEED:
        return True
    tables = {
        (one.code, graph.input(one, 0).quantization)
        for one in graph.operators
        if one.code in (OperatorCode.LOGISTIC, OperatorCode.TANH)
        and graph.input(one, 0).type is ElementType.INT8
    }
    return len(tables) * TABLE_BYTES <= FIXED_POINT_BYTES


ONE_VARIABLE = Form("one_variable", _has_one_variable, _lower)
LOOKUP = Form("lookup", _pays, _lower)
