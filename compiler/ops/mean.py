"""MEAN."""

from ..graph import Graph, Operator
from ..quantization import Multiplier, quantize_multiplier
from . import conditions, reductions
from .call import Call, TensorArgument, kernel
from .conditions import quantization
from .definition import OperatorDefinition, no_macs, one_call


def sums_fit(graph: Graph, operator: Operator) -> bool:
    """At most 2^22 elements may be averaged."""
    return reductions.count(graph, operator) <= 1 << 22


def moderate_scales(graph: Graph, operator: Operator) -> bool:
    """The scales of input and output must not differ by a factor of 2^20 or more."""
    source, result = quantization(graph.input(operator, 0)), quantization(graph.output(operator))
    return 2.0**-20 < source.scale / result.scale < 2.0**20


def call(graph: Graph, operator: Operator) -> Call:
    """Return the kernel's call."""
    source, result = quantization(graph.input(operator, 0)), quantization(graph.output(operator))
    elements = reductions.count(graph, operator)
    multiplier = mean_multiplier(source.scale / result.scale, elements)
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
        conditions.int8_input_and_output,
        reductions.few_loops,
        sums_fit,
        moderate_scales,
    ),
    macs=no_macs,
    lower=one_call(call),
)
