"""Keras models converted to int16 activations compile whole, and are proven."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compiler.build import BuildSpec, build
from compiler.convert.request import Border, ConversionRequest, Quantisation
from compiler.profile import choose_profile
from compiler.targets import ImageKind, Target, default_slot

pytestmark = [pytest.mark.convert, pytest.mark.filterwarnings("ignore")]

SHAPE = (12, 8, 2)


def separable() -> Any:
    """Return a network of separable convolutions with a sum, pools and probabilities."""
    import keras

    layers = keras.layers
    source = keras.Input(SHAPE)
    x = layers.Conv2D(8, (4, 3), strides=2, padding="same")(source)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.ReLU(6.0)(layers.DepthwiseConv2D(3, padding="same")(x))
    x = layers.Add()([x, layers.Conv2D(8, 1, activation="relu")(x)])
    x = layers.AveragePooling2D((1, 2))(layers.MaxPooling2D((2, 1))(x))
    x = layers.Dense(5, activation="softmax")(layers.Flatten()(x))
    return keras.Model(source, x)


def gated() -> Any:
    """Return a network of gates, differences, pieces put together and means."""
    import keras

    layers = keras.layers
    source = keras.Input(SHAPE)
    padded = layers.Conv2D(4, 3)(layers.ZeroPadding2D(1)(source))
    x = layers.GlobalAveragePooling2D()(padded)
    one, other = (layers.Dense(8, activation=name)(x) for name in ("tanh", "sigmoid"))
    x = layers.Concatenate()([layers.Multiply()([one, other]), one])
    x = layers.Subtract()([x, layers.Dense(16)(x)])
    return keras.Model(source, layers.Dense(3)(x))


@pytest.mark.parametrize("border", [None, Border.FLOAT])
@pytest.mark.parametrize("network", [separable, gated])
def test_a_converted_network_is_proven(network: Any, border: Border | None, tmp_path: Path) -> None:
    source, result, data = (tmp_path / name for name in ("a.keras", "a.tflite", "a.npz"))
    network().save(source)
    from compiler.convert.conversion import run

    random = np.random.default_rng(0)
    np.savez(data, x=random.standard_normal((50, *SHAPE)).astype(np.float32), y=np.zeros(50))
    run(
        ConversionRequest(
            source, result, calibration=data, quantise=Quantisation.INT16X8, border=border
        )
    )
    for core in ("cortex-m4", "cortex-m0plus", "rv32imc"):
        target = Target(core)
        spec = BuildSpec(
            result.read_bytes(),
            choose_profile(target)[0],
            default_slot(target),
            ImageKind.MODULE,
            0,
            vectors=20,
        )
        report = build(spec, tmp_path / core, [].append).report
        assert report["verification"]["mismatches"] == 0
        assert report["verification"]["vectors"] == 20
