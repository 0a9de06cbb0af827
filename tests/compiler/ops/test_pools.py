"""MAX_POOL_2D and AVERAGE_POOL_2D against the interpreter."""

from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import OperatorCode

from .float_law import assert_floats, floats
from .operator_law import EVERYWHERE, assert_same, int8, int16, many, scales, seeds, zero_points
from .weights_law import fine_scales
from .window_law import slidings, undilated

pools = {
    "code": st.sampled_from([OperatorCode.MAX_POOL_2D, OperatorCode.AVERAGE_POOL_2D]),
    "slide": slidings(st.tuples(undilated, undilated)),
    "depth": st.integers(1, 5),
    "seed": seeds,
}


@many
@given(scale=scales, zero=zero_points, **pools)
def test_pools(kernels, code, slide, depth, scale, zero, seed):
    source, result = (
        int8(shape, scale, zero) for shape in (slide.source(depth), slide.result(depth))
    )
    assert_same(kernels, slide.pool(code, source, result), seed)


@many
@given(scale=fine_scales, **pools)
def test_int16_pools(kernels, code, slide, depth, scale, seed):
    source, result = int16(slide.source(depth), scale), int16(slide.result(depth), scale)
    assert_same(kernels, slide.pool(code, source, result), seed, EVERYWHERE)


@many
@given(**pools)
def test_float_pools(kernels, code, slide, depth, seed):
    source, result = floats(slide.source(depth)), floats(slide.result(depth))
    assert_floats(kernels, slide.pool(code, source, result), seed)
