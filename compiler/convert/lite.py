"""An original to the bytes of a .tflite file."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import tensorflow as tf

from .errors import UnsupportedSource
from .original import Array, Convert, Original, Port, Sample
from .request import BORDERS, Border, Quantisation

_SETS: Final = {
    Quantisation.INT8: tf.lite.OpsSet.TFLITE_BUILTINS_INT8,
    Quantisation.INT16X8: (
        tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
    ),
    Quantisation.FLOAT: tf.lite.OpsSet.TFLITE_BUILTINS,
}
_TYPES: Final = {Border.INT8: tf.int8, Border.INT16: tf.int16, Border.FLOAT: tf.float32}
_REASON_MAX: Final = 500


def to_lite(
    original: Original,
    quantisation: Quantisation,
    border: Border | None,
    calibration: Sequence[Array],
) -> bytes:
    """Return the model as a .tflite for a batch of 1.

    `calibration` has samples (n, ...) of each input, axes as in the original; nothing of
    it is used for a float model. Inputs and outputs keep their order. Raises
    `UnsupportedSource` with the converter's own reason.
    """
    chosen = border or BORDERS[quantisation][0]
    try:
        return original.convert(quantisation, chosen, _one_by_one(original.inputs, calibration))
    except UnsupportedSource:
        raise
    except Exception as error:  # the converter raises its own kinds, and RuntimeError
        raise UnsupportedSource(
            f"TensorFlow's converter refuses the model: {_reason(error)}"
        ) from error


def of_function(inputs: Sequence[Port], function: Callable[..., list[Any]]) -> Convert:
    """Return how a tf.function is converted.

    It takes one positional tensor per input, of the converted shapes, and returns a
    list; weights are read anew by each conversion.
    """

    def convert(quantisation: Quantisation, border: Border, rows: Iterable[Sample]) -> bytes:
        specs = [tf.TensorSpec(port.converted_shape, port.dtype, port.name) for port in inputs]
        # A fixed batch of 1 lets the converter fold the shape arithmetic.
        concrete = function.get_concrete_function(*specs)  # type: ignore[attr-defined]
        # With variables frozen, as without a trackable object, calibration needs no state.
        converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
        converter.target_spec.supported_ops = [_SETS[quantisation]]
        if quantisation is not Quantisation.FLOAT:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: rows
            converter.inference_input_type = converter.inference_output_type = _TYPES[border]
        return bytes(converter.convert())

    return convert


def _one_by_one(inputs: Sequence[Port], calibration: Sequence[Array]) -> Iterator[Sample]:
    if not calibration:
        return
    converted = [port.converted(one) for port, one in zip(inputs, calibration, strict=True)]
    for rows in zip(*converted, strict=True):
        yield [np.ascontiguousarray(row[np.newaxis]) for row in rows]


def _reason(error: Exception) -> str:
    """Return what the converter says, without the places in its own sources."""
    lines = [line.strip() for line in str(error).splitlines()]
    told = [line for line in lines if line and not line.startswith(("<unknown>", "loc("))]
    return " ".join(" ".join(told).split())[:_REASON_MAX]
