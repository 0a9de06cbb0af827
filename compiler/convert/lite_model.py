"""Float .tflite files, whose activations are yet to be quantised."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf
import tflite
from tensorflow.lite.python.convert import mlir_quantize
from tensorflow.lite.python.optimize import calibrator

from .errors import UnreadableSource, UnsupportedSource
from .original import Array, Original, Port, Sample
from .request import Border, Quantisation

_INTEGERS: Final = {
    tflite.TensorType.INT8: "int8",
    tflite.TensorType.INT16: "int16",
    tflite.TensorType.UINT8: "uint8",
}
_WEIGHTS: Final = (tflite.TensorType.FLOAT32, tflite.TensorType.INT8)
_TYPES: Final = {Border.INT8: tf.int8, Border.FLOAT: tf.float32}


def load(path: Path) -> Original:
    """Return the model of a .tflite file whose activations are float, of weights int8 or float.

    Raises `UnreadableSource` for what is none, `UnsupportedSource` for one that is
    quantised already.
    """
    model = path.read_bytes()
    try:
        interpreter = _interpreter(model)
        inputs = tuple(_port(one) for one in interpreter.get_input_details())
        outputs = tuple(_port(one) for one in interpreter.get_output_details())
        root = tflite.Model.GetRootAs(model, 0)
        graph = root.Subgraphs(0)
        tensors = [graph.Tensors(number) for number in range(graph.TensorsLength())]
        constants = [bool(root.Buffers(one.Buffer()).DataLength()) for one in tensors]
    except Exception as error:  # the interpreter raises ValueError and RuntimeError
        raise UnreadableSource(
            f"{path}: TensorFlow Lite cannot load it: {' '.join(str(error).split())[:400]}"
        ) from error
    kinds = {
        _INTEGERS[one.Type()]
        for one, constant in zip(tensors, constants, strict=True)
        if one.Type() in _INTEGERS and not constant
    }
    if kinds:
        raise UnsupportedSource(
            f"{path} is quantised already, to {', '.join(sorted(kinds))}: `tinymlaas compile`"
            " takes it as it is; to quantise it anew, give the float model that it was made from"
        )
    return Original(
        format="TensorFlow Lite .tflite",
        inputs=inputs,
        outputs=outputs,
        parameters=sum(
            math.prod(one.ShapeAsNumpy().tolist())
            for one, constant in zip(tensors, constants, strict=True)
            if constant and one.Type() in _WEIGHTS and one.ShapeLength()
        ),
        predict=lambda samples: _computed(model, samples),
        convert=lambda kind, border, rows: _quantised(path, model, kind, border, rows),
        variables=(),
    )


def _interpreter(model: bytes) -> Any:
    # The reference kernels: those for speed round as each processor likes.
    kernels = tf.lite.experimental.OpResolverType.BUILTIN_REF
    interpreter = tf.lite.Interpreter(
        model_content=model, num_threads=1, experimental_op_resolver_type=kernels
    )
    interpreter.allocate_tensors()
    return interpreter


def _port(details: dict[str, Any]) -> Port:
    return Port.plain(details["name"], details["shape"].tolist(), np.dtype(details["dtype"]).name)


def _computed(model: bytes, samples: Sequence[Array]) -> list[Array]:
    """Return what TensorFlow Lite computes, one sample at a time."""
    interpreter = _interpreter(model)
    places = [one["index"] for one in interpreter.get_input_details()]
    results = [one["index"] for one in interpreter.get_output_details()]
    rows = []
    for index in range(len(samples[0])):
        for place, given in zip(places, samples, strict=True):
            interpreter.set_tensor(place, given[index : index + 1])
        interpreter.invoke()
        rows.append([interpreter.get_tensor(place) for place in results])
    return [np.concatenate(column) for column in zip(*rows, strict=True)]


def _quantised(
    path: Path, model: bytes, quantisation: Quantisation, border: Border, rows: Iterable[Sample]
) -> bytes:
    """Return the model with int8 weights and activations; raises `UnsupportedSource`."""
    if quantisation is not Quantisation.INT8:
        raise UnsupportedSource(
            f"{path}: a .tflite file is quantised to int8 only; give the model that it was"
            f" made from for {quantisation}"
        )
    # The converter's own second half, which it offers for no file that it has not made.
    observed = calibrator.Calibrator(calibrator.add_intermediate_tensors(model))
    chosen = _TYPES[border]
    return bytes(
        mlir_quantize(
            observed.calibrate(lambda: rows), input_data_type=chosen, output_data_type=chosen
        )
    )
