"""Which ONNX operators are imported, and by which function."""

from collections.abc import Callable, Sequence
from typing import Final

from . import convolution, dense, elementwise, pooling, shapes
from .node import Constant, Node
from .value import Value

Result = Value | Constant
Import = Callable[[Node], Result | Sequence[Result]]

OPERATORS: Final[dict[str, Import]] = {
    "Abs": elementwise.unary,
    "Add": elementwise.binary,
    "AveragePool": pooling.average_pool,
    "BatchNormalization": convolution.batch_normalization,
    "Cast": elementwise.cast,
    "Clip": elementwise.clip,
    "Concat": shapes.concat,
    "Conv": convolution.conv,
    "ConvTranspose": convolution.conv_transpose,
    "Div": elementwise.binary,
    "Dropout": elementwise.identity,
    "Elu": elementwise.elu,
    "Exp": elementwise.unary,
    "Flatten": shapes.flatten,
    "Gather": shapes.gather,
    "Gemm": dense.gemm,
    "GlobalAveragePool": pooling.global_average_pool,
    "GlobalMaxPool": pooling.global_max_pool,
    "HardSigmoid": elementwise.hard_sigmoid,
    "HardSwish": elementwise.hard_swish,
    "Identity": elementwise.identity,
    "LeakyRelu": elementwise.leaky_relu,
    "Log": elementwise.unary,
    "MatMul": dense.matmul,
    "Max": elementwise.binary,
    "MaxPool": pooling.max_pool,
    "Min": elementwise.binary,
    "Mul": elementwise.binary,
    "Neg": elementwise.unary,
    "PRelu": elementwise.prelu,
    "Pad": shapes.pad,
    "ReduceMax": shapes.reduce,
    "ReduceMean": shapes.reduce,
    "ReduceSum": shapes.reduce,
    "Relu": elementwise.unary,
    "Reshape": shapes.reshape,
    "Resize": shapes.resize,
    "Shape": shapes.shape,
    "Sigmoid": elementwise.unary,
    "Slice": shapes.slice_,
    "Softmax": elementwise.softmax,
    "Split": shapes.split,
    "Sqrt": elementwise.unary,
    "Squeeze": shapes.squeeze,
    "Sub": elementwise.binary,
    "Sum": elementwise.binary,
    "Tanh": elementwise.unary,
    "Transpose": shapes.transpose,
    "Unsqueeze": shapes.unsqueeze,
    "Upsample": shapes.resize,
}

QUANTISED: Final = frozenset(
    {
        "ConvInteger",
        "DequantizeLinear",
        "DynamicQuantizeLinear",
        "MatMulInteger",
        "QLinearAdd",
        "QLinearConv",
        "QLinearMatMul",
        "QuantizeLinear",
    }
)
"""Operators of models that are quantised already."""

SPATIAL: Final = frozenset(
    {
        "AveragePool",
        "Conv",
        "ConvTranspose",
        "GlobalAveragePool",
        "GlobalMaxPool",
        "MaxPool",
        "Resize",
        "Upsample",
    }
)
"""Operators that want their channels last."""

TRANSPARENT: Final = frozenset(
    {
        "Add",
        "BatchNormalization",
        "Cast",
        "Clip",
        "Concat",
        "Div",
        "Dropout",
        "Identity",
        "LeakyRelu",
        "Mul",
        "Pad",
        "Relu",
        "Slice",
        "Split",
        "Sub",
        "Sum",
        "Transpose",
    }
)
"""Operators that take channels wherever they are: what follows decides."""
