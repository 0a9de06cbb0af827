"""What convolutions and fully connected layers are drawn from: weights, bias, scales."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from compiler.graph import ElementType, OperatorCode
from compiler.options import Activation

from ..model_builder import TensorSpec, one_operator, schema
from .operator_law import scales, seeds


@st.composite
def weighted(
    draw: st.DrawFn, shape: tuple[int, ...], axis: int, channels: int
) -> tuple[TensorSpec, TensorSpec | None, float, int]:
    """Draw weights, bias, the input's scale and a seed."""
    seed = draw(seeds)
    random = np.random.default_rng(seed)
    per_channel = draw(st.booleans())
    given_scales = draw(
        st.lists(
            scales, min_size=channels if per_channel else 1, max_size=channels if per_channel else 1
        )
    )
    weights = TensorSpec(
        shape,
        scales=tuple(given_scales),
        axis=axis,
        values=random.integers(-127, 128, shape, np.int8),
    )
    source = draw(scales)
    bias = None
    if draw(st.booleans()):
        bias = TensorSpec(
            (channels,),
            ElementType.INT32,
            scales=tuple(np.float32(source * s) for s in given_scales),
            values=random.integers(-(2**14), 2**14, channels, np.int32),
        )
    return weights, bias, source, seed


fine_scales = st.floats(2**-16, 2**-4, width=32)
"""Those of int16."""

WIDE_BIAS = 2**40


@st.composite
def weighted_int16(
    draw: st.DrawFn, shape: tuple[int, ...], axis: int, channels: int
) -> tuple[TensorSpec, TensorSpec | None, float, int]:
    """Draw weights, a bias of int64, the scale of an int16 input and a seed."""
    weights, _, _, seed = draw(weighted(shape, axis, channels))
    source = draw(fine_scales)
    reach = draw(st.sampled_from([None, 2**14, 2**31, WIDE_BIAS]))
    if reach is None:
        return weights, None, source, seed
    bias = TensorSpec(
        (channels,),
        ElementType.INT64,
        scales=tuple(np.float32(source * s) for s in weights.scales),
        values=np.random.default_rng(seed).integers(-reach, reach, channels, np.int64),
    )
    return weights, bias, source, seed


def fully_connected(
    operands: Sequence[TensorSpec | None], result: TensorSpec, activation: Activation
) -> bytes:
    """Return a model of a FULLY_CONNECTED of input, weights and bias."""
    options = schema.FullyConnectedOptionsT()
    options.fusedActivationFunction = int(activation)
    return one_operator(OperatorCode.FULLY_CONNECTED, operands, result, options)
