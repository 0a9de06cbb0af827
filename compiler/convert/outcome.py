"""What a .tflite file holds, and what it computes."""

import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray

from ..border import TensorDetails
from ..errors import CompileError
from ..oracle import Oracle
from ..summary import ModelSummary
from ..tflite import read
from .original import Array, Port

_OPERATORS = {code: name for name, code in vars(tflite.BuiltinOperator).items() if name.isupper()}
_TYPES = {code: name.lower() for name, code in vars(tflite.TensorType).items() if name.isupper()}


def describe(model: bytes) -> dict[str, Any]:
    """Return what a .tflite file holds, and whether this compiler serves it.

    `constants` are bytes, `deflated` the same after zlib at level 9, an estimate of what
    they take on a wire that compresses; `zeros` is the share of zeros among weights.
    """
    root = tflite.Model.GetRootAs(model, 0)
    graph = root.Subgraphs(0)
    buffers = _constants(root, graph)
    weights = np.concatenate([_elements(*one) for one in buffers.values() if one[2] > 1] or [_NONE])
    constants = b"".join(data for data, _, _ in buffers.values())
    return {
        "bytes": len(model),
        "inputs": [_tensor(graph, number) for number in graph.InputsAsNumpy().tolist()],
        "outputs": [_tensor(graph, number) for number in graph.OutputsAsNumpy().tolist()],
        "operators": dict(
            Counter(_operator(root, graph, n) for n in range(graph.OperatorsLength()))
        ),
        "constants": len(constants),
        "deflated": len(zlib.compress(constants, 9)),
        "zeros": round(float((weights == 0).mean()), 4) if weights.size else 0.0,
        "compiler": _served(model),
    }


_NONE: NDArray[np.float64] = np.empty(0)
_ELEMENTS = {"int8": np.int8, "int16": np.int16, "float32": np.float32}


def _constants(root: Any, graph: Any) -> dict[int, tuple[bytes, str, int]]:
    """Return each buffer of the graph's tensors that has bytes, with type and rank."""
    found: dict[int, tuple[bytes, str, int]] = {}
    for number in range(graph.TensorsLength()):
        tensor = graph.Tensors(number)
        buffer = root.Buffers(tensor.Buffer())
        if buffer.DataLength():
            data = buffer.DataAsNumpy().tobytes()
            found[tensor.Buffer()] = (data, _TYPES[tensor.Type()], tensor.ShapeLength())
    return found


def _elements(data: bytes, kind: str, _: int) -> NDArray[Any]:
    return np.frombuffer(data, _ELEMENTS[kind]).astype(np.float64) if kind in _ELEMENTS else _NONE


def _tensor(graph: Any, number: int) -> str:
    tensor = graph.Tensors(number)
    shape = ",".join(map(str, tensor.ShapeAsNumpy().tolist())) if tensor.ShapeLength() else ""
    return f"{_TYPES[tensor.Type()]}[{shape}]"


def _operator(root: Any, graph: Any, number: int) -> str:
    code = root.OperatorCodes(graph.Operators(number).OpcodeIndex())
    name = _OPERATORS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
    return f"{name} {code.CustomCode().decode()}" if name == "CUSTOM" else name


def _served(model: bytes) -> dict[str, Any]:
    """Return the compiler's summary, or why it does not serve the model."""
    try:
        summary = ModelSummary.of(read(model))
    except CompileError as error:
        return {"serves": False, "why": str(error)}
    return {"serves": True, "macs": summary.macs}


def compute(
    model: bytes, inputs: Sequence[Port], outputs: Sequence[Port], samples: Sequence[Array]
) -> list[Array]:
    """Return what a device computes of samples (n, ...), axes of the original, as real numbers.

    By the reference interpreter; raises `CompileError` where it refuses the model.
    """
    oracle = Oracle(model)
    try:
        fed = [
            _quantised(port.converted(one), details)
            for port, one, details in zip(inputs, samples, oracle.inputs, strict=True)
        ]
        rows = [
            oracle.run([np.ascontiguousarray(one[index : index + 1]) for one in fed])
            for index in range(len(samples[0]))
        ]
    finally:
        oracle.close()
    columns = [np.stack(column) for column in zip(*rows, strict=True)]
    return [
        _real(made.reshape(len(made), *port.converted_shape[1:]), details)
        for made, port, details in zip(columns, outputs, oracle.outputs, strict=True)
    ]


def _quantised(samples: Array, details: TensorDetails) -> Array:
    if details.scale == 0.0:
        return samples.astype(details.dtype)
    limits = np.iinfo(details.dtype)
    steps = np.round(samples.astype(np.float64) / details.scale) + details.zero_point
    return np.clip(steps, limits.min, limits.max).astype(details.dtype)


def _real(made: Array, details: TensorDetails) -> Array:
    if details.scale == 0.0:
        return made
    return ((made.astype(np.float64) - details.zero_point) * details.scale).astype(np.float32)
