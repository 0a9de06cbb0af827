"""Law: what is fused or folded into its neighbour computes what the interpreter computes."""

from pathlib import Path

import numpy as np
import pytest

from compiler.graph import ElementType, OperatorCode
from compiler.options import Activation, Padding
from compiler.passes import optimise
from compiler.tflite import read

from .model_builder import OperatorSpec, TensorSpec, build_model, schema
from .test_passes import assert_outputs_stay

CODE = OperatorCode
SLOW = pytest.mark.slow
RANDOM = np.random.default_rng(11)


def int8(*shape: int, zero: int = 0, scale: float = 0.5) -> TensorSpec:
    return TensorSpec(shape, scales=(scale,), zero_points=(zero,))


def weights(*shape: int, axis: int = 0) -> TensorSpec:
    scales = tuple(np.float32(0.01 + 0.003 * n) for n in range(shape[axis]))
    values = RANDOM.integers(-127, 128, shape, np.int8)
    return TensorSpec(shape, scales=scales, axis=axis, values=values)


def int32(*values: int, shape: tuple[int, ...] | None = None) -> TensorSpec:
    array = np.array(values, np.int32).reshape(shape or -1)
    return TensorSpec(array.shape, ElementType.INT32, values=array)


def valid(stride: int = 1, dilation: int = 1) -> object:
    options = schema.Conv2DOptionsT()
    options.padding, options.strideH, options.strideW = int(Padding.VALID), stride, stride
    options.dilationHFactor = options.dilationWFactor = dilation
    return options


def images(*shape: int) -> list[np.ndarray]:
    return [RANDOM.integers(-128, 128, shape, np.int8)]


@pytest.mark.parametrize("code", [CODE.RELU, CODE.RELU6])
@pytest.mark.parametrize("zero", [-128, pytest.param(5, marks=SLOW)])
def test_an_activation_becomes_a_clamp(code: OperatorCode, zero: int, tmp_path: Path) -> None:
    data = build_model(
        [int8(1, 5, 5, 3), weights(4, 3, 3, 3), *(int8(1, 3, 3, 4, zero=zero) for _ in range(2))],
        [OperatorSpec(CODE.CONV_2D, (0, 1), (2,), valid()), OperatorSpec(code, (2,), (3,))],
        (0,),
        (3,),
    )
    (operator,) = optimise(read(data)).operators
    assert operator.options.activation is Activation[code.name]
    assert_outputs_stay(data, images(1, 5, 5, 3), tmp_path)


def test_an_activation_that_rescales_or_has_another_reader_stays() -> None:
    operators = [
        OperatorSpec(CODE.CONV_2D, (0, 1), (2,), valid()),
        OperatorSpec(CODE.RELU, (2,), (3,)),
    ]
    for outputs, scale in (((3,), 0.25), ((2, 3), 0.5)):
        data = build_model(
            [
                int8(1, 5, 5, 3),
                weights(4, 3, 3, 3),
                int8(1, 3, 3, 4),
                int8(1, 3, 3, 4, scale=scale),
            ],
            operators,
            (0,),
            outputs,
        )
        assert [o.code for o in optimise(read(data)).operators] == [CODE.CONV_2D, CODE.RELU]


def padded(
    pads: list[int], *, stride: int = 1, dilation: int = 1, depthwise: bool = False
) -> bytes:
    """Return PAD of a 6x7x4 image, then a 3x3 convolution."""
    top, bottom, left, right = pads
    height, width = 6 + top + bottom, 7 + left + right
    reach = 2 * dilation
    shape = (1, (height - reach - 1) // stride + 1, (width - reach - 1) // stride + 1, 4)
    code, filters = CODE.CONV_2D, weights(4, 3, 3, 4)
    options = valid(stride, dilation)
    if depthwise:
        code, filters = CODE.DEPTHWISE_CONV_2D, weights(1, 3, 3, 4, axis=3)
        options = schema.DepthwiseConv2DOptionsT()
        options.padding, options.strideH, options.strideW = int(Padding.VALID), stride, stride
        options.depthMultiplier = 1
        options.dilationHFactor = options.dilationWFactor = dilation
    return build_model(
        [
            int8(1, 6, 7, 4, zero=7),
            int32(0, 0, *pads, 0, 0, shape=(4, 2)),
            int8(1, height, width, 4, zero=7),
            filters,
            int8(*shape, scale=2.0),
        ],
        [
            OperatorSpec(CODE.PAD, (0, 1), (2,), schema.PadOptionsT()),
            OperatorSpec(code, (2, 3), (4,), options),
        ],
        (0,),
        (4,),
    )


@pytest.mark.parametrize(
    "given",
    [
        {"pads": [1, 1, 1, 1]},
        {"pads": [0, 1, 0, 1], "stride": 2},
        pytest.param({"pads": [2, 0, 1, 2]}, marks=SLOW),
        {"pads": [4, 3, 0, 4], "dilation": 2},
        pytest.param(
            {"pads": [0, 1, 0, 1], "stride": 2, "depthwise": True}, marks=pytest.mark.slow
        ),
        {"pads": [2, 1, 2, 1], "depthwise": True},
    ],
    ids=str,
)
def test_padding_becomes_the_convolution_s(given: dict, tmp_path: Path) -> None:
    data = padded(**given)
    (operator,) = optimise(read(data)).operators
    assert operator.options.window.before == tuple(given["pads"][::2])
    assert_outputs_stay(data, images(1, 6, 7, 4), tmp_path)


def test_padding_that_a_window_lies_in_alone_stays() -> None:
    assert len(optimise(read(padded([3, 0, 0, 0]))).operators) == 2


def test_a_transpose_is_another_order_of_weights(tmp_path: Path) -> None:
    data = build_model(
        [
            int8(1, 2, 3, 4),
            int32(0, 3, 1, 2),
            int8(1, 4, 2, 3),
            int32(1, 24),
            int8(1, 24),
            weights(5, 24),
            int8(1, 5, scale=3.0),
        ],
        [
            OperatorSpec(CODE.TRANSPOSE, (0, 1), (2,)),
            OperatorSpec(CODE.RESHAPE, (2, 3), (4,)),
            OperatorSpec(CODE.FULLY_CONNECTED, (4, 5), (6,), schema.FullyConnectedOptionsT()),
        ],
        (0,),
        (6,),
    )
    assert [o.code for o in optimise(read(data)).operators] == [CODE.FULLY_CONNECTED]
    assert_outputs_stay(data, images(1, 2, 3, 4), tmp_path)


def test_a_transpose_that_moves_nothing_is_an_alias(tmp_path: Path) -> None:
    data = build_model(
        [int8(1, 6, 5, 1), int32(0, 3, 1, 2), int8(1, 1, 6, 5), int8(1, 1, 6, 5, scale=0.25)],
        [
            OperatorSpec(CODE.TRANSPOSE, (0, 1), (2,)),
            OperatorSpec(CODE.QUANTIZE, (2,), (3,)),
        ],
        (0,),
        (3,),
    )
    assert [o.code for o in optimise(read(data)).operators] == [CODE.QUANTIZE]
    assert_outputs_stay(data, images(1, 6, 5, 1), tmp_path)


def test_what_is_made_of_constants_is_a_constant(tmp_path: Path) -> None:
    values = RANDOM.integers(-128, 128, (3, 2), np.int8)
    constant = TensorSpec((3, 2), scales=(0.25,), zero_points=(4,), values=values)
    like = {"scales": (0.25,), "zero_points": (4,)}
    data = build_model(
        [
            constant,
            int32(1, 0),
            TensorSpec((2, 3), **like),
            int32(1, 6),
            TensorSpec((1, 6), **like),
            int8(1, 6),
            int8(1, 6, scale=0.75),
        ],
        [
            OperatorSpec(CODE.TRANSPOSE, (0, 1), (2,)),
            OperatorSpec(CODE.RESHAPE, (2, 3), (4,)),
            OperatorSpec(CODE.ADD, (5, 4), (6,), schema.AddOptionsT()),
        ],
        (5,),
        (6,),
    )
    assert [o.code for o in optimise(read(data)).operators] == [CODE.ADD]
    assert_outputs_stay(data, images(1, 6), tmp_path)
