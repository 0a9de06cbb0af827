"""Train the starter model: a small int8 CNN on scikit-learn's digits.

`python -m compiler.convert.digits [FOLDER]` (or `make zoo`) writes `model.tflite`,
`vectors.cbor` and `model.json` into FOLDER, by default the starter's place in the
zoo. Seeds are fixed; still, other processors round other sums, so two runs may
differ in bytes and agree in accuracy.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cbor2
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from sklearn import datasets, model_selection

from ..oracle import Oracle

SEED = 20
EPOCHS = 60
BATCH = 32
HELD_OUT = 0.25
STARTER = Path(__file__).parents[2] / "firmware_store" / "starter" / "digits"

Images = NDArray[np.float32]  # (n, 8, 8, 1), 0 to 1
Classes = NDArray[np.int64]  # (n,), 0 to 9


@dataclass(frozen=True, slots=True)
class Digits:
    """The data set, split once and for all: what is trained on and what is held out."""

    images: Images
    classes: Classes
    held_images: Images
    held_classes: Classes


def load_digits() -> Digits:
    """Return the 1,797 digits with pixels scaled from 0..16 to 0..1."""
    digits = datasets.load_digits()
    images = (digits.images / 16).astype(np.float32)[..., np.newaxis]
    split = model_selection.train_test_split(
        images, digits.target, test_size=HELD_OUT, stratify=digits.target, random_state=SEED
    )
    images, held_images, classes, held_classes = split
    return Digits(images, classes, held_images, held_classes)


def build_network(batch: int | None = None) -> Any:
    """Return the untrained Keras model, for any batch size or for one.

    Depthwise-separable, as the published keyword-spotting models are, so that the
    starter exercises the kernels that matter. Its widest pair of activations is
    3.5 KiB and its weights are 9 KiB: neither fits the smallest simulated device.
    """
    layers = tf.keras.layers

    def activated(layer: Any) -> list[Any]:
        return [layer, layers.BatchNormalization(), layers.ReLU()]

    return tf.keras.Sequential(
        [
            tf.keras.Input((8, 8, 1), batch_size=batch),
            *activated(layers.Conv2D(24, 3, padding="same", use_bias=False)),
            *activated(layers.DepthwiseConv2D(3, padding="same", use_bias=False)),
            *activated(layers.Conv2D(32, 1, use_bias=False)),
            layers.MaxPooling2D(2),
            *activated(layers.DepthwiseConv2D(3, padding="same", use_bias=False)),
            *activated(layers.Conv2D(48, 1, use_bias=False)),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.3, seed=SEED),
            layers.Dense(32, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def train(digits: Digits) -> Any:
    """Return the network trained on the images and on their shifts by up to one pixel."""
    tf.keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    network = build_network()
    steps = EPOCHS * -(-len(digits.images) // BATCH)
    rate = tf.keras.optimizers.schedules.CosineDecay(4e-3, steps)
    network.compile(tf.keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    random = np.random.default_rng(SEED)
    for _ in range(EPOCHS):
        network.fit(_shifted(digits.images, random), digits.classes, batch_size=BATCH, verbose=0)
    return network


def _shifted(images: Images, random: np.random.Generator) -> Images:
    """Return each image moved by -1, 0 or 1 pixel in each direction, edges blank."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    moved = [
        image[down : down + 8, right : right + 8]
        for image, (down, right) in zip(
            padded, random.integers(0, 3, (len(images), 2)), strict=True
        )
    ]
    return np.stack(moved)


def quantise(network: Any, representative: Images) -> bytes:
    """Return the network as a .tflite with int8 weights, activations, input and output."""
    # A fixed batch of 1 lets the converter fold the shape arithmetic of Flatten.
    single = build_network(batch=1)
    single.set_weights(network.get_weights())
    converter = tf.lite.TFLiteConverter.from_keras_model(single)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([image[np.newaxis]] for image in representative)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def infer(model: bytes, images: Images) -> list[tuple[bytes, bytes]]:
    """Return the (input, output) tensors of each image, as the oracle computes them."""
    oracle = Oracle(model)
    (details,) = oracle.inputs
    tensors = np.round(images / details.scale) + details.zero_point
    inputs = np.clip(tensors, -128, 127).astype(details.dtype)
    outputs = (oracle.run([tensor[np.newaxis]])[0] for tensor in inputs)
    return [(given.tobytes(), made.tobytes()) for given, made in zip(inputs, outputs, strict=True)]


def accuracies(network: Any, model: bytes, digits: Digits) -> dict[str, float]:
    """Return the share of held-out digits read rightly, in float and in int8."""
    floats = network.predict(digits.held_images, verbose=0).argmax(axis=1)
    outputs = [np.frombuffer(output, np.int8) for _, output in infer(model, digits.held_images)]
    integers = np.array([output.argmax() for output in outputs])
    return {
        "float": round(float((floats == digits.held_classes).mean()), 4),
        "int8": round(float((integers == digits.held_classes).mean()), 4),
    }


def write(folder: Path) -> dict[str, Any]:
    """Train, quantise, measure, and write the three files; return what `model.json` says."""
    digits = load_digits()
    network = train(digits)
    model = quantise(network, digits.images[:400])
    # One held-out image of each digit: a self-test that a person can follow.
    chosen = [int(np.flatnonzero(digits.held_classes == digit)[0]) for digit in range(10)]
    pairs = infer(model, digits.held_images[chosen])
    about = {
        "name": "digits",
        "variant": "int8",
        "description": "Handwritten digits, 8x8 pixels (scikit-learn's digits)",
        "labels": [str(digit) for digit in range(10)],
        "accuracy": accuracies(network, model, digits),
        "held_out": len(digits.held_classes),
        "seed": SEED,
    }
    vectors = {"inputs": [pair[0] for pair in pairs], "outputs": [pair[1] for pair in pairs]}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.tflite").write_bytes(model)
    (folder / "vectors.cbor").write_bytes(cbor2.dumps(vectors))
    (folder / "model.json").write_text(json.dumps(about, indent=2) + "\n")
    return about


def main() -> None:
    """Write the starter model to the folder named on the command line."""
    parser = argparse.ArgumentParser(description="train the starter model on handwritten digits")
    parser.add_argument("folder", nargs="?", type=Path, default=STARTER)
    folder = parser.parse_args().folder
    about = write(folder)
    print(f"{folder}: accuracy {about['accuracy']} on {about['held_out']} held-out digits")  # noqa: T201


if __name__ == "__main__":
    main()
