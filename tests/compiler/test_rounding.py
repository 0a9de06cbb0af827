"""Law: also where one bit of a multiplier decides, kernels round as the interpreter does.

Accumulators are put on both sides of the points between two outputs, so that
another order of rounding, or a product of scales in another precision, shows.
"""

import numpy as np
import pytest
from numpy.typing import NDArray
from tflite_micro import runtime

from compiler.graph import ElementType, OperatorCode
from compiler.tflite import read

from .kernel_call import Kernels
from .model_builder import TensorSpec, one_operator, schema

SOURCE, RESULT = np.float32(0.0123), np.float32(0.77)
INPUT = np.array([[127] * 6000 + [-127] * 4], np.int8)
"""With zero point -128: 6000 times 255, then 4 times 1."""


def near_ties(weight_scale: float) -> NDArray[np.int64]:
    """Return accumulators next to every second tie between two outputs."""
    real = float(SOURCE) * weight_scale / float(RESULT)
    ties = (np.arange(-120, 120, 2) + 0.5) / real
    return (np.rint(ties)[:, None] + np.arange(-2, 3)).reshape(-1).astype(np.int64)


def rows_for(accumulators: NDArray[np.int64]) -> NDArray[np.int8]:
    """Return weights that with `INPUT` give these accumulators."""
    rows = np.zeros((len(accumulators), INPUT.shape[1]), np.int8)
    for row, accumulator in zip(rows, accumulators, strict=True):
        coarse, fine = divmod(int(accumulator), 255)
        row[:6000] = coarse // 6000
        row[: coarse % 6000] += 1
        row[6000:] = fine // 4
        row[6000 : 6000 + fine % 4] += 1
    return rows


def assert_same(kernels: Kernels, model: bytes) -> None:
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
    interpreter.set_input(INPUT, 0)
    interpreter.invoke()
    found = np.frombuffer(kernels.run(read(model), [INPUT]), np.int8)
    expected = interpreter.get_output(0).reshape(-1)
    assert len(set(expected.tolist())) > 100, "the case must spread over the range"
    np.testing.assert_array_equal(found, expected)


def ends(channels: int) -> tuple[TensorSpec, TensorSpec]:
    return (
        TensorSpec(INPUT.shape, scales=(float(SOURCE),), zero_points=(-128,)),
        TensorSpec((1, channels), scales=(float(RESULT),), zero_points=(3,)),
    )


WEIGHT_SCALES = [float(np.float32(s)) for s in (4.1e-5, 4.3e-5, 4.7e-5, 5.3e-5, 5.9e-5)]


@pytest.mark.parametrize("scale", WEIGHT_SCALES)
@pytest.mark.parametrize("absent", [(), (None,)], ids=["left out", "listed as -1"])
def test_fully_connected_without_bias(kernels, scale, absent):
    weights = rows_for(near_ties(scale))
    source, result = ends(len(weights))
    model = one_operator(
        OperatorCode.FULLY_CONNECTED,
        [source, TensorSpec(weights.shape, scales=(scale,), values=weights), *absent],
        result,
        schema.FullyConnectedOptionsT(),
    )
    assert_same(kernels, model)


@pytest.mark.parametrize("scale", WEIGHT_SCALES)
@pytest.mark.parametrize("per_channel", [False, True])
def test_fully_connected_with_bias(kernels, scale, per_channel):
    bias = near_ties(scale)
    source, result = ends(len(bias))
    count = len(bias) if per_channel else 1
    weights = TensorSpec(
        (len(bias), INPUT.shape[1]),
        scales=(scale,) * count,
        values=np.zeros((len(bias), INPUT.shape[1]), np.int8),
    )
    model = one_operator(
        OperatorCode.FULLY_CONNECTED,
        [
            source,
            weights,
            TensorSpec(
                bias.shape,
                ElementType.INT32,
                scales=(float(SOURCE * np.float32(scale)),) * count,
                values=bias.astype(np.int32),
            ),
        ],
        result,
        schema.FullyConnectedOptionsT(),
    )
    assert_same(kernels, model)


@pytest.mark.parametrize("scale", WEIGHT_SCALES)
@pytest.mark.parametrize("per_channel", [False, True])
def test_conv_2d(kernels, scale, per_channel):
    bias = near_ties(scale)
    count = len(bias) if per_channel else 1
    options = schema.Conv2DOptionsT()
    options.strideH = options.strideW = 1
    shape = (1, 1, 1, INPUT.shape[1])
    model = one_operator(
        OperatorCode.CONV_2D,
        [
            TensorSpec(shape, scales=(float(SOURCE),), zero_points=(-128,)),
            TensorSpec(
                (len(bias), *shape[1:]),
                scales=(scale,) * count,
                values=np.zeros((len(bias), *shape[1:]), np.int8),
            ),
            TensorSpec(
                bias.shape,
                ElementType.INT32,
                scales=(float(SOURCE * np.float32(scale)),) * count,
                values=bias.astype(np.int32),
            ),
        ],
        TensorSpec((1, 1, 1, len(bias)), scales=(float(RESULT),), zero_points=(3,)),
        options,
    )
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
    interpreter.set_input(INPUT.reshape(shape), 0)
    interpreter.invoke()
    found = np.frombuffer(kernels.run(read(model), [INPUT]), np.int8)
    np.testing.assert_array_equal(found, interpreter.get_output(0).reshape(-1))
