"""PAD: zeros around a tensor."""

from ..graph import ElementType, Graph, Operator
from ..quantization import INT8_MAX, INT8_MIN
from .pads import definition


def zero_is_known(graph: Graph, operator: Operator) -> bool:
    """Where the output is quantised, it must have one zero point, from -128 to 127 if it is int8
    and 0 otherwise.
    """
    result = graph.output(operator)
    if result.quantization is None:
        return True
    zero = result.quantization.zero_point
    allowed = INT8_MIN <= zero <= INT8_MAX if result.type is ElementType.INT8 else zero == 0
    return result.quantization.per_tensor and allowed


DEFINITION = definition(22, range(2, 3), zero_is_known)
