"""Which channels go: of which layers, and together with which others."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compiler.graph import Graph
from compiler.passes import optimise
from compiler.tflite import read

pytestmark = [pytest.mark.convert, pytest.mark.filterwarnings("ignore")]


def dead(layer: Any) -> list[int]:
    kernel = layer.kernel.numpy()
    return np.flatnonzero(~kernel.reshape(-1, kernel.shape[-1]).any(axis=0)).tolist()


def network(*, outputs: int = 1) -> Any:
    """A residual block, a layer of its own, and classes."""
    import keras
    from keras import layers

    keras.backend.clear_session()
    keras.utils.set_random_seed(4)
    given = keras.Input((6, 6, 2))
    stem = layers.Conv2D(8, 3, padding="same", name="stem")(given)
    branch = layers.ReLU()(layers.Conv2D(12, 3, padding="same", name="inner")(stem))
    branch = layers.Conv2D(8, 1, name="branch", use_bias=False)(branch)
    branch = layers.BatchNormalization(name="scale")(branch)
    made = layers.ReLU()(layers.Add()([stem, branch]))
    made = layers.Dense(6, activation="relu", name="hidden")(layers.Flatten()(made))
    classes = layers.Dense(3, name="classes")(made)
    return keras.Model(given, [classes, made][:outputs])


def test_channels_that_are_added_go_together() -> None:
    from compiler.convert.channels import prune_channels

    model = network()
    masks = prune_channels(model, 0.25)
    layer = {one.name: one for one in model.layers}
    assert dead(layer["stem"]) == dead(layer["branch"])
    assert [len(dead(layer[name])) for name in ("stem", "inner", "hidden")] == [2, 3, 1]
    assert dead(layer["classes"]) == []
    gone = dead(layer["branch"])
    assert not layer["stem"].bias.numpy()[gone].any()
    assert not layer["scale"].gamma.numpy()[gone].any()
    assert len(masks) == 4 + 3 + 2  # kernels, biases, scale and shift


def test_what_an_output_comes_from_stays_whole() -> None:
    from compiler.convert.channels import prune_channels

    model = network(outputs=2)
    prune_channels(model, 0.5)
    assert dead(model.get_layer("hidden")) == []
    assert len(dead(model.get_layer("inner"))) == 6


def test_the_weakest_go_and_one_stays() -> None:
    from compiler.convert.channels import prune_channels

    model = network()
    inner = model.get_layer("inner")
    kernel = inner.kernel.numpy() * 0 + np.arange(12, 0, -1, dtype=np.float32)
    inner.kernel.assign(kernel)
    prune_channels(model, 0.25)
    assert dead(inner) == [9, 10, 11]
    prune_channels(model, 0.99)
    assert len(dead(inner)) == 11


def test_a_network_of_nothing_to_prune() -> None:
    import keras

    from compiler.convert.channels import prune_channels
    from compiler.convert.errors import ConversionError

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    with pytest.raises(ConversionError, match="no layer whose output channels"):
        prune_channels(model, 0.5)
    with pytest.raises(ConversionError, match="not in a SavedModel"):
        prune_channels(None, 0.5)


def test_the_compiler_removes_what_is_pruned(tmp_path: Path) -> None:
    from compiler.convert.channels import prune_channels
    from compiler.convert.keras_model import load_keras
    from compiler.convert.lite import to_lite
    from compiler.convert.request import Quantisation

    network().save(tmp_path / "model.keras")
    original = load_keras(tmp_path / "model.keras")
    samples = np.random.default_rng(8).normal(size=(50, 6, 6, 2)).astype(np.float32)
    sizes = []
    for prune in (False, True):
        if prune:
            prune_channels(original.network, 0.25)
        model = to_lite(original, Quantisation.INT8, None, [samples])
        sizes.append(weights(optimise(read(model))))
    whole, pruned = sizes
    assert pruned < 0.85 * whole


def weights(graph: Graph) -> int:
    return sum(tensor.size for tensor in graph.tensors if tensor.constant)
