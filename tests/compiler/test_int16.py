"""A model whose activations are int16 compiles whole, and is proven on every kind of core."""

from pathlib import Path

import numpy as np
import pytest

from compiler.build import BuildSpec, build
from compiler.graph import ElementType, OperatorCode
from compiler.profile import Objective, choose_profile
from compiler.targets import ImageKind, Target, default_slot

from .model_builder import OperatorSpec, TensorSpec, build_model, schema
from .ops.operator_law import int16

FLOAT, INT64 = ElementType.FLOAT32, ElementType.INT64


def network() -> bytes:
    """Return a float32 model that is quantised to int16 within; some channels are dead."""
    random = np.random.default_rng(0)

    def weights(shape: tuple[int, ...], axis: int, channels: int) -> TensorSpec:
        values = random.integers(-127, 128, shape, np.int8)
        values[(slice(None),) * axis + (slice(1, 2),)] = 0
        return TensorSpec(shape, scales=(2**-9,) * channels, axis=axis, values=values)

    def bias(channels: int) -> TensorSpec:
        values = random.integers(-(2**20), 2**20, channels, np.int64)
        return TensorSpec((channels,), INT64, scales=(2**-21,) * channels, values=values)

    window = {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
    tensors = [
        TensorSpec((1, 6, 6, 2), FLOAT),
        int16((1, 6, 6, 2), 2**-12),
        weights((4, 3, 3, 2), 0, 4),
        bias(4),
        int16((1, 6, 6, 4), 2**-12),
        weights((1, 3, 3, 4), 3, 4),
        bias(4),
        int16((1, 6, 6, 4), 2**-12),
        weights((5, 144), 0, 5),
        int16((1, 5), 2**-10),
        TensorSpec((1, 5), FLOAT),
    ]
    operators = [
        OperatorSpec(OperatorCode.QUANTIZE, (0,), (1,), schema.QuantizeOptionsT()),
        OperatorSpec(OperatorCode.CONV_2D, (1, 2, 3), (4,), _with(schema.Conv2DOptionsT(), window)),
        OperatorSpec(
            OperatorCode.DEPTHWISE_CONV_2D,
            (4, 5, 6),
            (7,),
            _with(schema.DepthwiseConv2DOptionsT(), {**window, "depthMultiplier": 1}),
        ),
        OperatorSpec(
            OperatorCode.FULLY_CONNECTED, (7, 8, -1), (9,), schema.FullyConnectedOptionsT()
        ),
        OperatorSpec(OperatorCode.DEQUANTIZE, (9,), (10,), schema.DequantizeOptionsT()),
    ]
    return build_model(tensors, operators, [0], [10])


def _with(options: object, fields: dict[str, int]) -> object:
    for name, value in fields.items():
        setattr(options, name, value)
    return options


@pytest.mark.parametrize(
    ("core", "objective"),
    [
        ("cortex-m4", Objective.RAM),
        *((core, Objective.SPEED) for core in ("cortex-m4", "cortex-m0plus", "rv32imc")),
    ],
)
def test_it_is_proven(core: str, objective: Objective, tmp_path: Path) -> None:
    target = Target(core)
    profile = choose_profile(target, objective=objective)[0]
    spec = BuildSpec(network(), profile, default_slot(target), ImageKind.MODULE, 0, vectors=12)
    report = build(spec, tmp_path, [].append).report
    assert report["verification"]["mismatches"] == 0
    assert report["verification"]["vectors"] == 12
