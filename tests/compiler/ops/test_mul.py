"""MUL, with and without repetition of an input, against the interpreter."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from compiler.graph import OperatorCode
from compiler.options import Activation

from .arithmetic_law import (
    arithmetic,
    assert_computes,
    assert_computes_floats,
    assert_computes_int16,
    assert_every_pair,
    broadcast_shapes,
    fine_ends,
    network_shapes,
    shapes,
)
from .operator_law import activations, many, seeds


@many
@given(shape=shapes, single=st.sampled_from([None, 0, 1]), seed=seeds, **arithmetic)
def test_mul(kernels, shape, single, ends, constant, activation, seed):
    shapes = [(1,) * len(shape) if single == n else shape for n in (0, 1)]
    assert_computes(kernels, OperatorCode.MUL, shapes, ends, constant, activation, seed)


@many
@given(shapes=broadcast_shapes(), seed=seeds, **arithmetic)
def test_mul_broadcasts(kernels, shapes, ends, constant, activation, seed):
    assert_computes(kernels, OperatorCode.MUL, shapes, ends, constant, activation, seed)


@pytest.mark.parametrize("constant", [None, 1])
@pytest.mark.parametrize("shapes", network_shapes)
def test_mul_broadcasts_as_networks_do(kernels, shapes, constant):
    ends = (0.5, 3), (0.25, -2), (1.0, 1)
    assert_computes(kernels, OperatorCode.MUL, shapes, ends, constant, Activation.RELU, 0)


@settings(many, max_examples=25)
@given(ends=arithmetic["ends"], activation=arithmetic["activation"])
def test_mul_of_every_pair(kernels, ends, activation):
    assert_every_pair(kernels, OperatorCode.MUL, ends, activation)


@many
@given(shapes=broadcast_shapes(), activation=activations, seed=seeds)
def test_mul_of_floats(kernels, shapes, activation, seed):
    assert_computes_floats(kernels, OperatorCode.MUL, shapes, activation, seed)


@many
@given(shapes=broadcast_shapes(), scales=fine_ends, activation=activations, seed=seeds)
def test_mul_of_int16(kernels, shapes, scales, activation, seed):
    assume(scales[0] * scales[1] < scales[2])
    assert_computes_int16(kernels, OperatorCode.MUL, shapes, scales, activation, seed)
