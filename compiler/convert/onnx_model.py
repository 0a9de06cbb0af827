"""ONNX models: computed by onnxruntime, converted through a Keras model."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import onnxruntime

from .errors import UnreadableSource, UnsupportedSource
from .importer import import_model
from .keras_model import of_network
from .original import Array, Original, Port


def load(path: Path) -> Original:
    """Return the model of an .onnx file, with its batch fixed to 1.

    Raises `UnreadableSource` where the file breaks the standard, `UnsupportedSource` for
    operators and forms that are not imported.
    """
    try:
        model = onnx.load(str(path))
        onnx.checker.check_model(model)
    except Exception as error:  # protobuf, the checker and missing files each have their own
        reason = " ".join(str(error).split())[:400]
        raise UnreadableSource(f"{path}: no valid ONNX model: {reason}") from error
    _fix_batch(model)
    keras.backend.clear_session()  # names of layers count from the start, whoever was here before
    imported = import_model(model)
    original = of_network(imported.network, "ONNX .onnx", imported.inputs, imported.outputs)
    return replace(original, predict=_reference(model, imported.inputs, imported.outputs))


def _fix_batch(model: onnx.ModelProto) -> None:
    """Set the first dimension of each input to 1, and forget what followed from another."""
    constants = {tensor.name for tensor in model.graph.initializer}
    for given in model.graph.input:
        dimensions = given.type.tensor_type.shape.dim
        if given.name not in constants and len(dimensions):
            dimensions[0].dim_value = 1
    del model.graph.value_info[:]
    for made in model.graph.output:
        for dimension in made.type.tensor_type.shape.dim:
            dimension.Clear()


def _reference(model: onnx.ModelProto, inputs: tuple[Port, ...], outputs: tuple[Port, ...]) -> Any:
    """Return how onnxruntime computes the model, one sample at a time."""

    def predict(samples: Sequence[Array]) -> list[Array]:
        session = _session(model)
        rows: list[list[Array]] = []
        for index in range(len(samples[0])):
            fed = {
                port.name: given[index : index + 1]
                for port, given in zip(inputs, samples, strict=True)
            }
            rows.append(_computed(session, [port.name for port in outputs], fed))
        columns = (np.concatenate(column) for column in zip(*rows, strict=True))
        return [port.converted(made) for port, made in zip(outputs, columns, strict=True)]

    return predict


def _computed(session: Any, names: list[str], fed: dict[str, Array]) -> list[Array]:
    try:
        return list(session.run(names, fed))
    except Exception as error:  # its exceptions have no common base but this
        reason = " ".join(str(error).split())[:400]
        raise UnsupportedSource(f"onnxruntime cannot compute the model: {reason}") from error


def _session(model: onnx.ModelProto) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # its exceptions have no common base but this
        reason = " ".join(str(error).split())[:400]
        raise UnsupportedSource(f"onnxruntime refuses the model: {reason}") from error
