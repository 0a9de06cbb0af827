"""Keras models, of this and of earlier versions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from .errors import UnreadableSource, UnsupportedSource
from .lite import of_function
from .original import Array, Original, Port, batch_of, in_batches


def load_hdf5(path: Path) -> Original:
    """Return the model of an .h5 file; see `_load`."""
    return _load(path, "Keras .h5")


def load_keras(path: Path) -> Original:
    """Return the model of a .keras file; see `_load`."""
    return _load(path, "Keras .keras")


def _load(path: Path, name: str) -> Original:
    """Return a model with its weights; code in a model file is never run.

    Raises `UnreadableSource` where Keras refuses the file, `UnsupportedSource` for a
    model without fixed input shapes.
    """
    keras.backend.clear_session()  # names of layers count from the start, whoever was here before
    try:
        network = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        raise UnreadableSource(f"{path}: Keras cannot load it: {_reason(error)}") from error
    if not getattr(network, "inputs", None) or not getattr(network, "outputs", None):
        raise UnsupportedSource(
            f"{path}: the model's inputs are not known; save it as a functional or sequential"
            " model with an Input layer"
        )
    inputs = _ports(network.inputs, [tensor.name for tensor in network.inputs], "input")
    # A sequential model's only output has the name of its last layer.
    named = getattr(network, "output_names", None) or [network.layers[-1].name]
    return of_network(network, name, inputs, _ports(network.outputs, named, "output"))


def of_network(
    network: Any, name: str, inputs: tuple[Port, ...], outputs: tuple[Port, ...]
) -> Original:
    """Return a Keras model as what came in."""
    batch = batch_of("the model", [tuple(tensor.shape) for tensor in network.inputs])

    def call(samples: Sequence[Array]) -> list[Array]:
        made = network(packed(network, [tf.constant(one) for one in samples]), training=False)
        return [tensor.numpy() for tensor in _listed(made)]

    @tf.function(autograph=False)  # type: ignore[untyped-decorator, unused-ignore]
    def function(*tensors: Any) -> list[Any]:
        return _listed(network(packed(network, list(tensors)), training=False))

    return Original(
        format=name,
        inputs=inputs,
        outputs=outputs,
        parameters=network.count_params(),
        predict=lambda samples: in_batches(call, samples, batch),
        convert=of_function(inputs, function),
        variables=tuple(network.weights),
        network=network,
        batch=batch,
    )


def packed(network: Any, tensors: list[Any]) -> Any:
    """Return one tensor per input in the structure that the network was made with."""
    if isinstance(network, keras.Sequential):
        return tensors[0]
    return keras.tree.pack_sequence_as(network.input, tensors)


def _listed(made: Any) -> list[Any]:
    return list(keras.tree.flatten(made))


def _ports(tensors: Sequence[Any], names: Sequence[str], side: str) -> tuple[Port, ...]:
    found: list[Port] = []
    for name, tensor in zip(names, tensors, strict=True):
        again = sum(port.name.partition("#")[0] == name for port in found)
        shape = tuple(tensor.shape)
        if not shape or None in shape[1:]:
            raise UnsupportedSource(
                f"{side} {name!r} has shape {shape}; every dimension but the first, the batch,"
                " must be fixed: build the model with a full input shape"
            )
        told = f"{name}#{again + 1}" if again else name  # one layer may make several outputs
        found.append(Port.plain(told, (1, *shape[1:]), tensor.dtype))
    return tuple(found)


def _reason(error: Exception) -> str:
    """Return the first lines of what Keras says, without the listing that follows."""
    return " ".join(str(error).split("\n\n")[0].split())[:400]
