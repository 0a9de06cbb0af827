"""MEAN."""

from dataclasses import replace

from ..graph import Graph, Operator
from ..quantization import Multiplier, quantize_multiplier
from . import conditions, reductions
from .call import Call, CType, TensorArgument, Value, kernel
from .conditions import quantization
from .definition import OperatorDefinition, no_macs, one_call


def sums_fit(graph: Graph, operator: Operator) -> bool:
    """At most 2^22 elements may be averaged, of int16 at most 65535."""
    most = (1 << 16) - 1 if conditions.is_int16(graph, operator) else 1 << 22
    return reductions.count(graph, operator) <= most


def moderate_scales(graph: Graph, operator: Operator) -> bool:
    """The scales of input and output must not differ by a factor of 2^20 or more, of int16 by 2^14
    or more.
    """
    if conditions.is_float(graph, operator):
        return True
    most = 2.0**14 if conditions.is_int16(graph, operator) else 2.0**20
    source, result = quantization(graph.input(operator, 0)), quantization(graph.output(operator))
    return 1 / most < source.scale / result.scale < most


def call(graph: Graph, operator: Operator) -> Call:
    """Return the call of the kernel for the input's type."""
    if conditions.is_float(graph, operator):
        return _float_call(graph, operator)
    source, result = quantization(graph.input(operator, 0)), quantization(graph.output(operator))
    elements = reductions.count(graph, operator)
    multiplier = mean_multiplier(source.scale / result.scale, elements)
    if conditions.is_int16(graph, operator):
        return kernel(
            "mean_int16",
            {
                "loops": reductions.members(graph, operator),
                "multiplier": multiplier.value,
                "shift": multiplier.shift,
            },
            TensorArgument("input", operator.inputs[0], CType.INT16),
            TensorArgument("output", operator.outputs[0], CType.INT16),
        )
    return kernel(
        "mean",
        {
            "loops": reductions.members(graph, operator),
            "input_sum": -source.zero_point * elements,
            "multiplier": multiplier.value,
            "shift": multiplier.shift,
            "output_offset": result.zero_point,
        },
        TensorArgument("input", operator.inputs[0]),
        TensorArgument("output", operator.outputs[0]),
    )


def _float_call(graph: Graph, operator: Operator) -> Call:
    members: dict[str, Value] = {
        "loops": reductions.members(graph, operator),
        "count": reductions.count(graph, operator),
    }
    mean = kernel(
        "mean_float",
        members,
        TensorArgument("input", operator.inputs[0], CType.FLOAT),
        TensorArgument("output", operator.outputs[0], CType.FLOAT),
    )
    return replace(mean, sources=(*mean.sources, "divide_float.c"))


def mean_multiplier(real: float, elements: int) -> Multiplier:
    """Return the multiplier that scales by `real` and divides by `elements`.

    QuantizedMeanOrSum of tensorflow/lite/kernels/internal/reference/reduce.h: the quotient is
    rounded down, with as many bits as there are.
    """
    whole = quantize_multiplier(real)
    shift = min(elements.bit_length() - 1, 31 + whole.shift)
    return Multiplier((whole.value << shift) // elements, whole.shift - shift)


DEFINITION = OperatorDefinition(
    options_type=27,
    read_options=reductions.read_options,
    inputs=range(2, 3),
    rules=(reductions.constant_axes, reductions.reduced_shape),
    limits=(
        conditions.int8_int16_or_float,
        reductions.few_loops,
        sums_fit,
        moderate_scales,
    ),
    macs=no_macs,
    lower=one_call(call),
)
