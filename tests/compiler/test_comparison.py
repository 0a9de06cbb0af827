"""Law: outputs are compared bit by bit, floats as far as their graph leaves them freedom."""

import numpy as np
import pytest

from compiler.border import TensorDetails
from compiler.comparison import Comparison
from compiler.graph import ElementType, OperatorCode
from compiler.tflite import read
from compiler.ulp import tolerance, ulps

from .model_builder import TensorSpec, one_operator, schema

FLOAT = ElementType.FLOAT32


def compared(wanted: list[float], got: list[float], allowed: int) -> Comparison:
    details = TensorDetails((len(wanted),), np.dtype(np.float32), 0.0, 0)
    comparison = Comparison([details], allowed)
    comparison.add(3, [np.array(wanted, np.float32)], [np.array(got, "<f4").tobytes()])
    return comparison


def above(number: float, steps: int) -> float:
    bits = np.float32(number).view(np.int32) + np.int32(steps)
    return float(bits.view(np.float32))


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        (1.0, 1.0, 0),
        (1.0, above(1.0, 2), 2),
        (-1.0, -above(1.0, 2), 2),
        (0.0, -0.0, 1),
        (1e-45, -1e-45, 3),
        (float("nan"), float("nan"), 0),
        (float("inf"), 3.4028235e38, 1),
    ],
)
def test_numbers_are_as_far_apart_as_there_are_numbers_between(one, other, apart):
    pair = np.array([one], np.float32), np.array([other], np.float32)
    assert ulps(*pair).tolist() == ulps(*pair[::-1]).tolist() == [apart]


def test_a_nan_is_far_from_all_numbers():
    nan, number = np.array([np.nan], np.float32), np.array([3e38], np.float32)
    assert ulps(nan, number)[0] > 1 << 20


def test_floats_may_differ_as_far_as_is_allowed():
    found = compared([1.0, 2.0, np.nan], [above(1.0, 1), above(2.0, 2), np.nan], allowed=2)
    assert (found.mismatches, found.largest_ulp, found.elements) == (0, 2, 3)


def test_the_first_that_is_too_far_is_told():
    found = compared([1.0, 2.0, 3.0], [1.0, above(2.0, 3), 4.0], allowed=2)
    assert found.mismatches == 2
    assert found.first is not None
    assert (found.first.vector, found.first.element, found.first.expected) == (3, 1, 2.0)


def test_without_tolerance_a_sign_of_zero_counts():
    assert compared([0.0], [-0.0], allowed=0).mismatches == 1


@pytest.mark.parametrize(
    ("code", "type_", "options", "allowed"),
    [
        (OperatorCode.SOFTMAX, FLOAT, schema.SoftmaxOptionsT, 2),
        (OperatorCode.SOFTMAX, ElementType.INT8, schema.SoftmaxOptionsT, 0),
        (OperatorCode.RESHAPE, FLOAT, schema.ReshapeOptionsT, 0),
    ],
)
def test_only_transcendental_floats_leave_freedom(code, type_, options, allowed):
    quantised = {} if type_ is FLOAT else {"scales": (1 / 256,), "zero_points": (-128,)}
    ends = TensorSpec((1, 4), type_, **quantised)
    made = options()
    if code is OperatorCode.SOFTMAX:
        made.beta = 1.0
    assert tolerance(read(one_operator(code, [ends], ends, made))) == allowed
