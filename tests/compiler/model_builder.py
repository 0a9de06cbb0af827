"""Small .tflite files with any operator, shape and quantisation, for tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
from numpy.typing import NDArray
from tflite_micro import runtime

from compiler.graph import ElementType, OperatorCode

schema = runtime.schema_fb

NUMPY = {
    ElementType.INT8: np.dtype(np.int8),
    ElementType.INT16: np.dtype(np.int16),
    ElementType.INT32: np.dtype(np.int32),
    ElementType.INT64: np.dtype(np.int64),
    ElementType.FLOAT32: np.dtype(np.float32),
}


@dataclass(frozen=True)
class TensorSpec:
    """A tensor to be; `values` makes it constant, else it is a model input or a result."""

    shape: tuple[int, ...]
    type: ElementType = ElementType.INT8
    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] | None = None
    """None for zeros."""
    axis: int = 0
    values: NDArray[Any] | None = None
    name: str = "t"
    variable: bool = False
    """Kept from run to run."""


@dataclass(frozen=True)
class OperatorSpec:
    """An operator to be, on tensors by number; -1 is an absent input."""

    code: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Any = None
    """An object of the schema, `schema.Conv2DOptionsT()`."""


def build_model(
    tensors: Sequence[TensorSpec],
    operators: Sequence[OperatorSpec],
    inputs: Sequence[int],
    outputs: Sequence[int],
    *,
    share_buffers: bool = False,
    buffers: bool = True,
) -> bytes:
    """Return the bytes of a .tflite file.

    All constants refer to the first one's buffer if told; without `buffers` there
    is not even the empty one that must be first.
    """
    model = schema.ModelT()
    model.version = 3
    model.description = b"test"
    model.buffers = [schema.BufferT()]
    subgraph = schema.SubGraphT()
    subgraph.tensors = [_tensor(model, spec) for spec in tensors]
    if share_buffers:
        for tensor in subgraph.tensors:
            tensor.buffer = min(tensor.buffer, 1)
        del model.buffers[2:]
    if not buffers:
        model.buffers = []
    codes = sorted({operator.code for operator in operators})
    model.operatorCodes = [_code(code) for code in codes]
    subgraph.operators = [_operator(spec, codes.index(spec.code)) for spec in operators]
    subgraph.inputs = np.array(inputs, np.int32)
    subgraph.outputs = np.array(outputs, np.int32)
    model.subgraphs = [subgraph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def one_operator(
    code: OperatorCode,
    inputs: Sequence[TensorSpec | None],
    output: TensorSpec,
    options: Any = None,
) -> bytes:
    """Return a model of one operator; its inputs that nothing else gives are the model's."""
    tensors = [spec for spec in inputs if spec is not None]
    numbers = iter(range(len(tensors)))
    operator = OperatorSpec(
        code,
        tuple(-1 if spec is None else next(numbers) for spec in inputs),
        (len(tensors),),
        options,
    )
    model_inputs = [
        number for number, spec in enumerate(tensors) if spec.values is None and not spec.variable
    ]
    return build_model([*tensors, output], [operator], model_inputs, [len(tensors)])


def constant(*values: int) -> TensorSpec:
    """Return a vector of int32 that the model fixes."""
    return TensorSpec((len(values),), ElementType.INT32, values=np.array(values, np.int32))


def _tensor(model: Any, spec: TensorSpec) -> Any:
    tensor = schema.TensorT()
    tensor.name = spec.name.encode()
    tensor.shape = np.array(spec.shape, np.int32)
    tensor.type = int(spec.type)
    tensor.buffer = 0
    tensor.isVariable = spec.variable
    if spec.values is not None:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(spec.values).tobytes(), np.uint8)
        tensor.buffer = len(model.buffers)
        model.buffers.append(buffer)
    if spec.scales:
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale = np.array(spec.scales, np.float32)
        tensor.quantization.zeroPoint = np.array(
            (0,) * len(spec.scales) if spec.zero_points is None else spec.zero_points, np.int64
        )
        tensor.quantization.quantizedDimension = spec.axis
    return tensor


def _code(code: int) -> Any:
    table = schema.OperatorCodeT()
    table.deprecatedBuiltinCode = min(code, 127)
    table.builtinCode = code
    table.version = 1
    return table


def _operator(spec: OperatorSpec, index: int) -> Any:
    operator = schema.OperatorT()
    operator.opcodeIndex = index
    operator.inputs = np.array(spec.inputs, np.int32)
    operator.outputs = np.array(spec.outputs, np.int32)
    if spec.options is not None:
        name = type(spec.options).__name__.removesuffix("T")
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, name)
        operator.builtinOptions = spec.options
    return operator
