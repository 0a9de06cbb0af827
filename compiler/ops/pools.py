"""What MAX_POOL_2D and AVERAGE_POOL_2D share, which is all but the kernel's name."""

from dataclasses import replace
from functools import partial

from ..flatbuffer import Table
from ..graph import Graph, Operator
from ..options import Activation, Padding, Pool2DOptions, Window
from . import conditions, floats, overlap, windows
from .call import Call, CType, Overlap, TensorArgument, Value, kernel
from .definition import OperatorDefinition, no_macs, one_call
from .weights import clamp


def read_options(table: Table) -> Pool2DOptions:
    """Read the schema's Pool2DOptions."""
    return Pool2DOptions(
        window=Window(
            padding=Padding(table.integer(0, "b")),
            stride=(table.integer(2, "i"), table.integer(1, "i")),
        ),
        size=(table.integer(4, "i"), table.integer(3, "i")),
        activation=Activation(table.integer(5, "b")),
    )


def positive_size(graph: Graph, operator: Operator) -> bool:
    """The window's height and width must be at least 1."""
    return all(extent >= 1 for extent in _size(operator))


def few_taps(graph: Graph, operator: Operator) -> bool:
    """The window must cover at most 65535 elements."""
    height, width = _size(operator)
    return height * width < 1 << 16


def same_depth(graph: Graph, operator: Operator) -> bool:
    """Input and output must have the same depth."""
    return graph.input(operator, 0).shape[3] == graph.output(operator).shape[3]


def output_size(graph: Graph, operator: Operator) -> bool:
    """The output's height and width must be those that padding, stride and window give."""
    return windows.walks_to_output(graph, operator, _size(operator))


def same_quantization(graph: Graph, operator: Operator) -> bool:
    """Input and output must have the same scale and zero point unless they are float32, as the
    TFLite quantisation specification demands of this operator.
    """
    return conditions.is_float(graph, operator) or conditions.same_quantization(graph, operator)


def call(name: str, graph: Graph, operator: Operator) -> Call:
    """Return the call of the kernel `name`, or of its form for float32 or int16."""
    parameters: dict[str, Value] = {
        "window": windows.window_members(graph, operator, _size(operator)),
        "depth": graph.input(operator, 0).shape[3],
    }
    if conditions.is_float(graph, operator):
        parameters["ends"] = floats.ends(operator)
        suffix, type_ = "_float", CType.FLOAT
    else:
        low, high = clamp(graph, operator)
        limits: dict[str, Value] = {"activation_min": low, "activation_max": high}
        if conditions.is_int16(graph, operator):
            parameters["ends"] = limits
            suffix, type_ = "_int16", CType.INT16
        else:
            parameters |= limits
            suffix, type_ = "", CType.INT8
    pool = kernel(
        name + suffix,
        parameters,
        TensorArgument("input", operator.inputs[0], type_),
        TensorArgument("output", operator.outputs[0], type_),
        structure="pool_2d" + suffix,
    )
    divide = ("divide_float.c",) if type_ is CType.FLOAT else ()
    return replace(pool, sources=(*pool.sources, *divide))


def overlaps(graph: Graph, operator: Operator) -> tuple[Overlap, ...]:
    """Return that of kernels which write a pixel while they read it."""
    return overlap.window(graph, operator, _size(operator))


def definition(name: str) -> OperatorDefinition:
    """Return the definition of the pool that the kernel `name` computes."""
    return OperatorDefinition(
        options_type=5,
        read_options=read_options,
        inputs=range(1, 2),
        rules=(
            conditions.four_dimensions,
            conditions.same_batch,
            same_depth,
            windows.positive_window,
            positive_size,
            output_size,
        ),
        limits=(
            conditions.int8_int16_or_float,
            same_quantization,
            windows.small_steps,
            few_taps,
        ),
        macs=no_macs,
        lower=one_call(partial(call, name), overlaps),
    )


def _size(operator: Operator) -> tuple[int, int]:
    if not isinstance(operator.options, Pool2DOptions):
        raise TypeError(f"{operator} is no pool")
    return operator.options.size
