"""ADD, SUB and MUL with two or three 32-bit products and a shift: no requantisation at all."""

from functools import cache

import numpy as np

from ...fixed_point import INT8_VALUES
from ...graph import Graph, Operator, OperatorCode
from ...machine import Machine
from ...ops import add, elementwise, mul, sub
from ...ops.call import Lowered, Value
from ...ops.mul import Product
from ...ops.sums import Sum
from ..form import Form
from . import fit

_SUM_OF = {OperatorCode.ADD: add.sum_of, OperatorCode.SUB: sub.sum_of}


def _sum_fits(graph: Graph, operator: Operator, machine: Machine) -> bool:
    return _line(_SUM_OF[operator.code](graph, operator)) is not None


def _lower_sum(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    given = _SUM_OF[operator.code](graph, operator)
    line = _line(given)
    if line is None:
        raise ValueError(f"{operator} is no line")
    first, second = line.factors
    parameters: dict[str, Value] = {
        "first_factor": first,
        "second_factor": second,
        "zero": -first * given.zero_points[0] - second * given.zero_points[1],
        "rounding": rounding_members(line.rounding),
    }
    call = elementwise.call("sum_proven", parameters, graph, operator)
    return Lowered((call,), overlaps=elementwise.overlaps(graph, operator))


@cache
def _line(given: Sum) -> fit.Line | None:
    first, second = INT8_VALUES[:, None], INT8_VALUES[None, :]
    centered = [first - given.zero_points[0], second - given.zero_points[1]]
    return fit.line(given.outputs(first, second), centered, given.factors)


def _product_fits(graph: Graph, operator: Operator, machine: Machine) -> bool:
    return _scaling(mul.product_of(graph, operator)) is not None


def _lower_product(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    given = mul.product_of(graph, operator)
    scaling = _scaling(given)
    if scaling is None:
        raise ValueError(f"{operator} is no scaling")
    high, low = divmod(scaling.factor, 1 << fit.FRACTION_BITS)
    parameters: dict[str, Value] = {
        "first_offset": -given.zero_points[0],
        "second_offset": -given.zero_points[1],
        "high": high,
        "low": low,
        "rounding": rounding_members(scaling.rounding),
    }
    call = elementwise.call("product_proven", parameters, graph, operator)
    return Lowered((call,), overlaps=elementwise.overlaps(graph, operator))


@cache
def _scaling(given: Product) -> fit.Scaling | None:
    first = INT8_VALUES[:, None] - given.zero_points[0]
    second = INT8_VALUES[None, :] - given.zero_points[1]
    products = np.unique(first * second)
    return fit.scaling(given.scaled(products), products, given.multiplier.real)


def rounding_members(rounding: fit.Rounding) -> dict[str, Value]:
    """Return the members of `struct tml_rounding`."""
    return {
        "offset": rounding.offset,
        "if_negative": rounding.if_negative,
        "shift": rounding.shift,
        "activation_min": rounding.ends[0],
        "activation_max": rounding.ends[1],
    }


SUM = Form("sum_proven", _sum_fits, _lower_sum)
PRODUCT = Form("product_proven", _product_fits, _lower_product)
