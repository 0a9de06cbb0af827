"""What operators on float32 share: the ends of an activation, and calls of their kernels."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..graph import Graph, Operator
from ..options import (
    Activation,
    ArithmeticOptions,
    Conv2DOptions,
    FullyConnectedOptions,
    Pool2DOptions,
)
from .call import Call, CType, TensorArgument, Value, kernel

_MAX = float(np.finfo(np.float32).max)

_ENDS = {
    Activation.NONE: (-_MAX, _MAX),
    Activation.RELU: (0.0, _MAX),
    Activation.RELU_N1_TO_1: (-1.0, 1.0),
    Activation.RELU6: (0.0, 6.0),
}
"""CalculateActivationRange; without an activation, too, infinities become the greatest number."""


def ends(operator: Operator) -> dict[str, Value]:
    """Return the members of `struct tml_ends_float`."""
    options = operator.options
    if not isinstance(
        options, Conv2DOptions | Pool2DOptions | FullyConnectedOptions | ArithmeticOptions
    ):
        raise TypeError(f"{operator} has no activation")
    low, high = _ENDS[options.activation]
    return {"activation_min": low, "activation_max": high}


def activation_call(
    name: str, parameters: Mapping[str, Value], graph: Graph, operator: Operator
) -> Call:
    """Return the call of the float kernel of an operator with one input, element by element."""
    call = kernel(
        f"{name}_float",
        {"elements": graph.output(operator).elements, **parameters},
        TensorArgument("input", operator.inputs[0], CType.FLOAT),
        TensorArgument("output", operator.outputs[0], CType.FLOAT),
    )
    sources = ("activations_float.c", "divide_float.c", "exp_float.c")
    return replace(call, headers=("activations_float.h",), sources=sources)


def weighted_call(
    name: str, parameters: Mapping[str, Value], graph: Graph, operator: Operator
) -> Call:
    """Return the call of the float kernel of an operator with weights and perhaps a bias."""
    bias = operator.inputs[2] if len(operator.inputs) > 2 else None
    return kernel(
        f"{name}_float",
        {**parameters, "ends": ends(operator)},
        TensorArgument("input", operator.inputs[0], CType.FLOAT),
        TensorArgument("weights", operator.inputs[1], CType.FLOAT),
        TensorArgument("bias", bias, CType.FLOAT),
        TensorArgument("output", operator.outputs[0], CType.FLOAT),
    )
