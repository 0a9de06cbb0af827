"""Conversions from file to file: what they write, what it is worth, and what stops them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tflite

from compiler.convert.request import Border, ConversionRequest, Quantisation
from compiler.errors import CompileError

from .onnx_builder import Array, OnnxBuilder

pytestmark = [pytest.mark.convert, pytest.mark.filterwarnings("ignore")]


@dataclass(frozen=True)
class Digits:
    """A network that reads digits, and the data that it has not seen among what it has."""

    folder: Path
    network: Any

    def request(self, model: Path, output: Path) -> ConversionRequest:
        seen, unseen = self.folder / "seen.npz", self.folder / "unseen.npz"
        return ConversionRequest(model, output, calibration=seen, evaluation=unseen)


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Digits:
    import keras
    from sklearn import datasets

    folder = tmp_path_factory.mktemp("digits")
    images, classes = datasets.load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32).reshape(-1, 8, 8, 1)
    np.savez(folder / "seen.npz", x=images[:300], y=classes[:300])
    np.savez(folder / "unseen.npz", x=images[1600:], y=classes[1600:])
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, use_bias=False, padding="same"),
            layers.BatchNormalization(momentum=0.8),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.DepthwiseConv2D(3, activation="relu", padding="same"),
            layers.Conv2D(24, 1, activation="relu"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    network.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    network.fit(images[:1600], classes[:1600], epochs=6, batch_size=64, verbose=0)
    network.save(folder / "digits.keras")
    return Digits(folder, network)


@pytest.fixture
def request_(digits: Digits, tmp_path: Path) -> ConversionRequest:
    return digits.request(digits.folder / "digits.keras", tmp_path / "digits.tflite")


def convert(request: ConversionRequest) -> dict[str, Any]:
    from compiler.convert.conversion import run

    return run(request)


def constants(model: Path, rank: int) -> list[Array]:
    """The int8 or float weights of so many dimensions, in the order of the file."""
    root = tflite.Model.GetRootAs(model.read_bytes(), 0)
    graph = root.Subgraphs(0)
    kinds = {tflite.TensorType.INT8: np.int8, tflite.TensorType.FLOAT32: np.float32}
    tensors = [graph.Tensors(number) for number in range(graph.TensorsLength())]
    return [
        np.frombuffer(root.Buffers(tensor.Buffer()).DataAsNumpy().tobytes(), kinds[tensor.Type()])
        .reshape(tensor.ShapeAsNumpy())
        for tensor in tensors
        if tensor.ShapeLength() == rank
        and tensor.Type() in kinds
        and root.Buffers(tensor.Buffer()).DataLength()
    ]  # fmt: skip


def top_1(report: dict[str, Any]) -> list[float]:
    return [stage["top_1"] for stage in report["accuracy"]["stages"]]


def test_int8_is_as_good_served_and_told(request_: ConversionRequest) -> None:
    report = convert(request_)
    before, after = top_1(report)
    assert before > 0.85
    assert abs(before - after) < 0.02
    assert report["accuracy"]["stages"][1]["difference"]["largest"] < 0.5
    result = report["result"]
    assert result["sha256"] == hashlib.sha256(request_.output.read_bytes()).hexdigest()
    assert (result["inputs"], result["outputs"]) == (["int8[1,8,8,1]"], ["int8[1,10]"])
    assert result["operators"]["CONV_2D"] == 2
    assert result["compiler"]["serves"]
    assert report["source"]["inputs"] == ["input_layer float32[1,8,8,1]"]
    assert report["source"]["parameters"] > 1000


def test_the_same_comes_out_again_in_another_process(
    request_: ConversionRequest, tmp_path: Path
) -> None:
    from compiler.convert.job import convert as convert_apart

    edited = replace(request_, prune=0.4, cluster=16, epochs=1)
    here = convert(edited)["result"]["sha256"]
    heard: list[str] = []
    there = convert_apart(replace(edited, output=tmp_path / "again.tflite"), heard.append)
    assert there["result"]["sha256"] == here
    assert heard[0] == "loading TensorFlow"


@pytest.mark.parametrize("suffix", ["h5", "saved"])
def test_other_formats_hold_the_same_model(
    digits: Digits, request_: ConversionRequest, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"model.{suffix}"
    if suffix == "h5":
        digits.network.save(path)
    else:
        digits.network.export(path, verbose=False)
    report = convert(replace(request_, model=path))
    expected = convert(replace(request_, output=tmp_path / "expected.tflite"))
    assert report["accuracy"] == expected["accuracy"]
    assert report["source"]["parameters"] == expected["source"]["parameters"]


@pytest.mark.parametrize(
    ("quantise", "border", "kind"),
    [
        (Quantisation.INT8, Border.FLOAT, "float32"),
        (Quantisation.INT16X8, None, "int16"),
        (Quantisation.FLOAT, None, "float32"),
    ],
)
def test_types_at_the_border(
    request_: ConversionRequest, quantise: Quantisation, border: Border | None, kind: str
) -> None:
    report = convert(replace(request_, quantise=quantise, border=border))
    assert report["result"]["inputs"] == [f"{kind}[1,8,8,1]"]
    before, after = top_1(report)
    assert abs(before - after) < 0.02


def test_a_float_tflite_is_quantised_as_its_origin_is(
    request_: ConversionRequest, tmp_path: Path
) -> None:
    middle = tmp_path / "float.tflite"
    convert(replace(request_, output=middle, quantise=Quantisation.FLOAT))
    report = convert(replace(request_, model=middle))
    direct = convert(replace(request_, output=tmp_path / "direct.tflite"))
    assert report["result"]["operators"] == direct["result"]["operators"]
    assert report["source"]["format"] == "TensorFlow Lite .tflite"
    assert top_1(report) == pytest.approx(top_1(direct), abs=0.01)
    again = tmp_path / "again.tflite"
    assert "quantised already, to int8" in refused(
        replace(request_, model=request_.output, output=again)
    )
    assert "to int8 only" in refused(
        replace(request_, model=middle, output=again, quantise=Quantisation.INT16X8)
    )
    assert "no weights of its own" in refused(
        replace(request_, model=middle, output=again, prune=0.5)
    )


def test_pruned_weights_are_zero_in_each_layer(request_: ConversionRequest) -> None:
    plain = convert(request_)["result"]
    report = convert(replace(request_, prune=0.5))
    assert report["steps"] == ["50% of weights pruned"]
    assert len(top_1(report)) == 3
    assert report["result"]["deflated"] < 0.8 * plain["deflated"]
    for kernel in constants(request_.output, 4):
        if kernel.shape[0] > 1:  # depthwise kernels stay
            assert (kernel == 0).mean() >= 0.45


def test_clustered_weights_have_few_values(request_: ConversionRequest) -> None:
    convert(replace(request_, quantise=Quantisation.FLOAT, cluster=8, prune=0.3))
    (dense,) = constants(request_.output, 2)
    assert len(np.unique(dense)) == 8
    assert (dense == 0).mean() == pytest.approx(0.3, abs=0.01)


def test_pruned_channels_are_zero_for_every_input(request_: ConversionRequest) -> None:
    convert(replace(request_, prune_channels=0.25))
    first, second = (one for one in constants(request_.output, 4) if one.shape[0] > 1)
    for kernel in (first, second):
        dead = (kernel.reshape(len(kernel), -1) == 0).all(axis=1)
        assert dead.sum() == len(kernel) // 4
    biases = biases_of(request_.output)
    for kernel in (first, second):
        dead = (kernel.reshape(len(kernel), -1) == 0).all(axis=1)
        assert any(len(bias) == len(dead) and not bias[dead].any() for bias in biases)
    (dense,) = constants(request_.output, 2)
    assert dense.any(axis=1).all()  # every class keeps its weights


def biases_of(model: Path) -> list[Array]:
    root = tflite.Model.GetRootAs(model.read_bytes(), 0)
    graph = root.Subgraphs(0)
    tensors = [graph.Tensors(number) for number in range(graph.TensorsLength())]
    return [
        np.frombuffer(root.Buffers(tensor.Buffer()).DataAsNumpy().tobytes(), np.int32)
        for tensor in tensors
        if tensor.Type() == tflite.TensorType.INT32 and root.Buffers(tensor.Buffer()).DataLength()
    ]


def test_fine_tuning_mends_what_pruning_broke(request_: ConversionRequest) -> None:
    pruned = replace(request_, prune=0.7, quantise=Quantisation.FLOAT)
    _, _, without = top_1(convert(pruned))
    _, _, with_ = top_1(convert(replace(pruned, epochs=5)))
    assert with_ > without
    (dense,) = constants(request_.output, 2)
    assert (dense == 0).mean() >= 0.69


@pytest.mark.parametrize("suffix", ["keras", "saved"])
def test_several_inputs_and_outputs_keep_their_order(
    request_: ConversionRequest, tmp_path: Path, suffix: str
) -> None:
    import keras

    keras.backend.clear_session()
    wide, narrow = keras.Input((6,), name="wide"), keras.Input((3,), name="narrow")
    mixed = keras.layers.Dense(3, name="mixed")(wide) - narrow
    network = keras.Model([wide, narrow], [keras.layers.Dense(2, name="last")(mixed), mixed])
    path = tmp_path / f"two.{suffix}"
    network.save(path) if suffix == "keras" else network.export(path, verbose=False)
    random = np.random.default_rng(5)
    data = tmp_path / "two.npz"
    np.savez(data, wide=random.normal(size=(50, 6)), narrow=random.normal(size=(50, 3)))
    report = convert(replace(request_, model=path, calibration=data, evaluation=data))
    assert report["accuracy"]["task"] == "comparison"
    assert report["accuracy"]["stages"][1]["difference"]["mean_squared"] < 0.01
    assert sorted(report["result"]["inputs"]) == ["int8[1,3]", "int8[1,6]"]


def test_onnx_with_channels_first(
    onnx_builder: OnnxBuilder, request_: ConversionRequest, tmp_path: Path
) -> None:
    given = onnx_builder.input("image", "batch", 3, 8, 8)
    made = onnx_builder.conv(given, 8, 3, 3, 3, pads=[1, 1, 1, 1], strides=[2, 2])
    made = onnx_builder.node("HardSwish", made)
    made = onnx_builder.conv(made, 8, 1, 3, 3, group=8, pads=[1, 1, 1, 1])
    made = onnx_builder.node("Relu", made)
    made = onnx_builder.node("Flatten", made)
    made = onnx_builder.node("Gemm", made, onnx_builder.draw(128, 5), onnx_builder.draw(5))
    data = tmp_path / "images.npz"
    np.savez(data, x=onnx_builder.draw(60, 3, 8, 8))
    model = onnx_builder.save(made)
    report = convert(replace(request_, model=model, calibration=data, evaluation=data))
    assert report["source"]["moved_axes"] == {"image": [0, 2, 3, 1]}
    assert report["result"]["inputs"] == ["int8[1,8,8,3]"]
    assert "TRANSPOSE" not in report["result"]["operators"]
    assert report["result"]["operators"]["HARD_SWISH"] == 1
    assert report["accuracy"]["stages"][1]["difference"]["mean_squared"] < 0.1
    edited = replace(request_, model=model, calibration=data, evaluation=None, prune_channels=0.5)
    channels = convert(edited)
    assert channels["result"]["zeros"] > 0.1


def refused(request: ConversionRequest) -> str:
    with pytest.raises(CompileError) as caught:
        convert(request)
    assert not request.output.exists()
    return str(caught.value)


def test_what_cannot_be_converted(request_: ConversionRequest, tmp_path: Path) -> None:
    path = tmp_path / "model"
    assert "no such file" in refused(replace(request_, model=path))
    path.write_bytes(b"\x1c\0\0\0TFL3")
    assert "TensorFlow Lite cannot load it" in refused(replace(request_, model=path))
    path.write_bytes(b"pickle")
    assert "of no format that is read: Keras .h5, Keras .keras" in refused(
        replace(request_, model=path)
    )
    path.write_bytes(b"\x89HDF\r\n\x1a\n and no more")
    assert "Keras cannot load it" in refused(replace(request_, model=path))
    assert "x has shape (60, 4)" in refused(
        replace(request_, calibration=saved(tmp_path, x=np.zeros((60, 4))))
    )
    labels = {"x": np.zeros((60, 8, 8, 1))}
    assert "needs labels: y" in refused(
        replace(request_, calibration=saved(tmp_path, **labels), epochs=1)
    )


def saved(folder: Path, **arrays: Array) -> Path:
    np.savez(folder / "arrays.npz", **arrays)
    return folder / "arrays.npz"


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_code_in_a_model_is_not_run(
    request_: ConversionRequest, tmp_path: Path, suffix: str
) -> None:
    import keras

    path = tmp_path / f"code.{suffix}"
    code: Callable[[Any], Any] = lambda x: x * 2  # noqa: E731 -- what is stored is its bytecode
    keras.Sequential([keras.Input((4,)), keras.layers.Lambda(code)]).save(path)
    assert "Keras cannot load it" in refused(replace(request_, model=path))


def test_a_model_without_fixed_shapes(request_: ConversionRequest, tmp_path: Path) -> None:
    import keras

    path = tmp_path / "any.keras"
    network = [keras.Input((None, None, 1)), keras.layers.GlobalAveragePooling2D()]
    keras.Sequential(network).save(path)
    assert "every dimension but the first" in refused(replace(request_, model=path))


@pytest.mark.parametrize("suffix", ["keras", "saved"])
def test_a_batch_that_is_fixed(request_: ConversionRequest, tmp_path: Path, suffix: str) -> None:
    import keras

    data = saved(tmp_path, x=np.random.default_rng(2).normal(size=(30, 4)))
    asked = replace(request_, calibration=data, evaluation=data)
    for batch in (1, 3):
        path = tmp_path / f"batch_{batch}.{suffix}"
        network = keras.Sequential(
            [keras.Input((4,), batch_size=batch), keras.layers.Dense(2), keras.layers.Softmax()]
        )
        network.save(path) if suffix == "keras" else save_fixed(network, path, batch)
        asked = replace(asked, model=path)
        if batch == 1:
            assert convert(asked)["result"]["inputs"] == ["int8[1,4]"]
            asked.output.unlink()
        else:
            assert "takes 3 samples at once" in refused(asked)


def save_fixed(network: Any, path: Path, batch: int) -> None:
    """Save with a signature of this batch, where Keras's own export would leave it open."""
    import tensorflow as tf

    spec = tf.TensorSpec((batch, 4), tf.float32, "x")
    module = tf.Module()
    module.network = network
    module.serve = tf.function(lambda x: {"y": network(x)}, input_signature=[spec])
    tf.saved_model.save(module, str(path), {"serving_default": module.serve})
