"""The compile-time half of each operator; its kernel of the same name is in `kernels`."""

from ..graph import OperatorCode
from . import (
    add,
    average_pool_2d,
    concatenation,
    conv_2d,
    copy,
    depthwise_conv_2d,
    dequantize,
    fully_connected,
    logistic,
    max_pool_2d,
    move,
    mul,
    pack,
    quantize,
    reshape,
    softmax,
    split,
    split_v,
    sub,
    tanh,
    transpose,
    unidirectional_sequence_lstm,
    unpack,
)
from .definition import OperatorDefinition

OPERATORS: dict[OperatorCode, OperatorDefinition] = {
    OperatorCode.MOVE: move.DEFINITION,
    OperatorCode.ADD: add.DEFINITION,
    OperatorCode.AVERAGE_POOL_2D: average_pool_2d.DEFINITION,
    OperatorCode.CONCATENATION: concatenation.DEFINITION,
    OperatorCode.CONV_2D: conv_2d.DEFINITION,
    OperatorCode.COPY: copy.DEFINITION,
    OperatorCode.DEPTHWISE_CONV_2D: depthwise_conv_2d.DEFINITION,
    OperatorCode.DEQUANTIZE: dequantize.DEFINITION,
    OperatorCode.FULLY_CONNECTED: fully_connected.DEFINITION,
    OperatorCode.LOGISTIC: logistic.DEFINITION,
    OperatorCode.MAX_POOL_2D: max_pool_2d.DEFINITION,
    OperatorCode.MUL: mul.DEFINITION,
    OperatorCode.PACK: pack.DEFINITION,
    OperatorCode.QUANTIZE: quantize.DEFINITION,
    OperatorCode.RESHAPE: reshape.DEFINITION,
    OperatorCode.SOFTMAX: softmax.DEFINITION,
    OperatorCode.SPLIT: split.DEFINITION,
    OperatorCode.SPLIT_V: split_v.DEFINITION,
    OperatorCode.SUB: sub.DEFINITION,
    OperatorCode.TANH: tanh.DEFINITION,
    OperatorCode.TRANSPOSE: transpose.DEFINITION,
    OperatorCode.UNIDIRECTIONAL_SEQUENCE_LSTM: unidirectional_sequence_lstm.DEFINITION,
    OperatorCode.UNPACK: unpack.DEFINITION,
}
"""Every operator that is served; what no file has is refused with this list."""

__all__ = ["OPERATORS", "OperatorDefinition"]
