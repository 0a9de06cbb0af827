"""SavedModels of TensorFlow."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from .errors import UnreadableSource, UnsupportedSource
from .lite import of_function
from .original import Array, Original, Port, batch_of, in_batches

_SIGNATURES = ("serving_default", "serve")
"""What `tf.saved_model.save` and Keras's `export` call what a model computes."""


def load(path: Path) -> Original:
    """Return the model of a folder; its inputs and outputs are those of its serving signature.

    Raises `UnreadableSource` where TensorFlow refuses the folder, `UnsupportedSource`
    without such a signature or without fixed shapes.
    """
    try:
        loaded = tf.saved_model.load(str(path))
    except Exception as error:
        reason = " ".join(str(error).split())[:400]
        raise UnreadableSource(f"{path}: TensorFlow cannot load it: {reason}") from error
    signature = _signature(path, loaded)
    # Named arguments have no order of their own; outputs are sorted by name by TensorFlow.
    takes = sorted(signature.structured_input_signature[1].items())
    gives = sorted(signature.structured_outputs.items())
    names = [name for name, _ in takes]
    batch = batch_of(str(path), [spec.shape for _, spec in takes if spec.shape.rank])
    inputs = tuple(_port(name, spec, "input") for name, spec in takes)

    def call(samples: Sequence[Array]) -> list[Array]:
        tensors = (tf.constant(one) for one in samples)
        made = signature(**dict(zip(names, tensors, strict=True)))
        return [made[name].numpy() for name, _ in gives]

    @tf.function(autograph=False)  # type: ignore[untyped-decorator, unused-ignore]
    def function(*tensors: Any) -> list[Any]:
        made = signature(**dict(zip(names, tensors, strict=True)))
        return [made[name] for name, _ in gives]

    variables = tuple(getattr(loaded, "variables", ()) or signature.variables)
    return Original(
        format="TensorFlow SavedModel",
        inputs=inputs,
        outputs=_outputs(gives, function, inputs),
        parameters=sum(int(np.prod(variable.shape)) for variable in variables),
        predict=lambda samples: in_batches(call, samples, batch),
        convert=of_function(inputs, function),
        # Without its owner a signature's variables are released.
        variables=(*variables,),
        batch=batch,
    )


def _signature(path: Path, loaded: Any) -> Any:
    for name in _SIGNATURES:
        if name in loaded.signatures:
            return loaded.signatures[name]
    raise UnsupportedSource(
        f"{path}: no serving signature, so that inputs are not known; save the model with"
        " signatures={'serving_default': ...}, or with Keras's model.export"
    )


def _outputs(
    gives: list[tuple[str, Any]], function: Any, inputs: tuple[Port, ...]
) -> tuple[Port, ...]:
    """Return the outputs with the shapes that they have for a batch of 1."""
    specs = [tf.TensorSpec(port.shape, port.dtype) for port in inputs]
    made = function.get_concrete_function(*specs).structured_outputs
    return tuple(
        _port(name, told if None in tuple(told.shape[1:]) else spec, "output")
        for (name, told), spec in zip(gives, made, strict=True)
    )


def _port(name: str, spec: Any, side: str) -> Port:
    shape = tuple(spec.shape) if spec.shape.rank else ()
    if not shape or None in shape[1:]:
        raise UnsupportedSource(
            f"{side} {name!r} has shape {spec.shape}; every dimension but the first, the batch,"
            " must be fixed: save the model with a full input signature"
        )
    return Port.plain(name, (1, *shape[1:]), spec.dtype.name)
