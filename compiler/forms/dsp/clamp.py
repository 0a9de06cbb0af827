"""The clamp of a fused activation, where it is not that of int8."""

from dataclasses import replace

from ...graph import Graph, Operator
from ...ops import weights
from ...ops.call import Lowered, TensorArgument, kernel
from ...quantization import INT8_MAX, INT8_MIN


def clamp(graph: Graph, operator: Operator, lowered: Lowered) -> Lowered:
    """Return `lowered`, whose kernels saturate to int8, with a call that clamps what they wrote."""
    low, high = weights.clamp(graph, operator)
    if (low, high) == (INT8_MIN, INT8_MAX):
        return lowered
    parameters = {
        "elements": graph.output(operator).elements,
        "activation_min": low,
        "activation_max": high,
    }
    call = kernel("clamp_dsp", parameters, TensorArgument("output", operator.outputs[0]))
    return replace(lowered, calls=(*lowered.calls, call))
