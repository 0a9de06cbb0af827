"""Law: depthwise windows of three by three, two rows to a word, give the interpreter's bits."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from compiler.forms import choose
from compiler.forms.narrow.lanes import COLUMNS, longest, safe
from compiler.graph import ElementType
from compiler.machine import Machine
from compiler.profile import Objective
from compiler.tflite import read

from ..emulated_kernels import EmulatedKernels
from ..kernel_call import Kernels
from ..model_builder import TensorSpec
from .operator_law import assert_same, chosen, int8, many, seeds, zero_points
from .window_law import slidings

MAGNITUDES = (0, 20, 70, 127)
"""Of weights: the greatest are taken one by one, those below in runs of three and of nine."""


@st.composite
def cases(draw: st.DrawFn) -> tuple[bytes, int]:
    axis = st.tuples(st.integers(1, 9), st.just(3), st.integers(1, 4), st.just(1))
    slide = draw(slidings(st.tuples(axis, axis)))
    depth, seed = draw(st.integers(1, 5)), draw(seeds)
    random = np.random.default_rng(seed)
    magnitudes = random.choice(MAGNITUDES, depth)
    given_scales = tuple(float(np.float32(s)) for s in random.uniform(1e-3, 2e-2, depth))
    weights = TensorSpec(
        (1, 3, 3, depth),
        scales=given_scales,
        axis=3,
        values=random.integers(-magnitudes, magnitudes + 1, (1, 3, 3, depth)).astype(np.int8),
    )
    bias = TensorSpec(
        (depth,),
        ElementType.INT32,
        scales=tuple(float(np.float32(0.05 * s)) for s in given_scales),
        values=random.integers(-(2**12), 2**12, depth, np.int32),
    )
    model = slide.depthwise(
        int8(slide.source(depth), 0.05, draw(zero_points)),
        weights,
        bias,
        int8(slide.result(depth), 0.06, draw(zero_points)),
    )
    return model, seed


@settings(many, max_examples=40)
@given(case=cases())
def test_on_the_host(kernels: Kernels, case: tuple[bytes, int]) -> None:
    graph = read(case[0])
    name, _ = choose(graph, graph.operators[0], Machine(objective=Objective.SPEED))
    assume(name == "depthwise_3x3_narrow")
    assert_same(kernels, *case, [chosen(Objective.SPEED)])


@pytest.mark.slow
@settings(many, max_examples=20)
@given(case=cases())
def test_on_the_core_that_it_is_for(
    emulated_kernels: EmulatedKernels, case: tuple[bytes, int]
) -> None:
    assert_same(emulated_kernels("cortex-m0plus", (), Objective.SPEED), *case)


def test_runs_of_columns_are_the_longest_that_are_safe() -> None:
    rows = np.array([[28] * 9, [29] * 9, [85] * 9, [86] * 9, [-128] * 9])
    assert longest(safe(rows, COLUMNS), COLUMNS).tolist() == [9, 3, 3, 1, 1]
