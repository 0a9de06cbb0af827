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
from ...ops import add, logistic, mul, quantize, sub, tanh
from ...ops.call import ArrayArgument, Call, CType, Lowered, TensorArgument, kernel
from ...ops.overlap import in_place
from ...ops.weights import int8_values
from ...profile import Objective
from ..form import Form
from . import fit

TABLE_BYTES = 256

FIXED_POINT_BYTES = 600
"""About what the code of LOGISTIC and TANH takes that computes a table's elements."""


class Function(NamedTuple):
    """Which input is the variable, and the output for each of its values, from -128 on."""

    position: int
    outputs: tuple[int, ...]

    @property
    def values(self) -> Integers:
        """The outputs as an array."""
        return np.array(self.outputs, np.int64)


def function_of(graph: Graph, operator: Operator) -> Function:
    """Return the function of one variable that the operator computes."""
    if operator.code in _UNARY:
        return Function(0, tuple(_UNARY[operator.code](graph, operator).tolist()))
    position = 0 if _single_constant(graph.input(operator, 1)) else 1
    constant = int8_values(graph.input(operator, 1 - position)).astype(np.int64).ravel()
    pair = (INT8_VALUES, constant) if position == 0 else (constant, INT8_VALUES)
    outputs = _BINARY[operator.code](graph, operator, *pair)
    return Function(position, tuple(outputs.tolist()))


_UNARY: dict[OperatorCode, Callable[[Graph, Operator], Integers]] = {
    OperatorCode.LOGISTIC: logistic.table,
    OperatorCode.QUANTIZE: quantize.table,
    OperatorCode.TANH: tanh.table,
}

_BINARY: dict[OperatorCode, Callable[[Graph, Operator, Integers, Integers], Integers]] = {
    OperatorCode.ADD: lambda graph, operator, x, y: add.sum_of(graph, operator).outputs(x, y),
    OperatorCode.MUL: lambda graph, operator, x, y: mul.product_of(graph, operator).outputs(x, y),
    OperatorCode.SUB: lambda graph, operator, x, y: sub.sum_of(graph, operator).outputs(x, y),
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
    line = None if machine.objective is Objective.SPEED else _line(function.outputs)
    call = (
        _lookup(graph, operator, function)
        if line is None
        else _affine(graph, operator, function, line)
    )
    return Lowered((call,), overlaps=in_place(graph, operator, function.position))


@cache
def _line(outputs: tuple[int, ...]) -> fit.Line | None:
    values = np.array(outputs, np.int64)
    # A line through where the outputs leave their ends.
    inner = np.flatnonzero((values > values.min()) & (values < values.max()))
    if len(inner) < 2:
        return None
    first, last = int(inner[0]), int(inner[-1])
    return fit.line(values, [INT8_VALUES], [(outputs[last] - outputs[first]) / (last - first)])


def _affine(graph: Graph, operator: Operator, function: Function, line: fit.Line) -> Call:
    (factor,) = line.factors
    parameters = {
        "elements": graph.output(operator).elements,
        "factor": factor,
        "offset": line.offset,
        "shift": line.shift,
        "activation_min": line.ends[0],
        "activation_max": line.ends[1],
    }
    return kernel("affine_proven", parameters, *_ends(operator, function))


def _lookup(graph: Graph, operator: Operator, function: Function) -> Call:
    source, output = _ends(operator, function)
    table = ArrayArgument.of("table", function.outputs, CType.INT8)
    return kernel("lookup", {"elements": graph.output(operator).elements}, source, table, output)


def _ends(operator: Operator, function: Function) -> tuple[TensorArgument, TensorArgument]:
    return (
        TensorArgument("input", operator.inputs[function.position]),
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
    }
    return len(tables) * TABLE_BYTES <= FIXED_POINT_BYTES


ONE_VARIABLE = Form("one_variable", _has_one_variable, _lower)
LOOKUP = Form("lookup", _pays, _lower)
