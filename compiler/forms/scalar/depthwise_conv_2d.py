"""DEPTHWISE_CONV_2D on copies of what each window sees."""

from math import gcd

import numpy as np
from numpy.typing import NDArray

from ...graph import Graph, Operator
from ...machine import Machine
from ...ops import overlap, weights, windows
from ...ops.call import Lowered, ScratchArgument, Value
from ...ops.conditions import quantization
from ...profile import Objective
from .. import folded
from ..form import Form
from .call import scalar_kernel

_NAME = "depthwise_conv_2d_scalar"

_FEW = 16
"""Channels that are copied at a time where RAM counts."""


def serves(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether each channel has one filter, and sums keep to 32 bits."""
    same_depth = graph.input(operator, 0).shape[3] == graph.output(operator).shape[3]
    return same_depth and folded.fits(graph, operator, channels(graph, operator))


def lower(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return the kernel's call."""
    size = weights.window_size(graph, operator)
    depth = graph.input(operator, 0).shape[3]
    block = gcd(depth, _FEW) if machine.objective is Objective.RAM else depth
    given: dict[str, Value] = {
        "window": windows.window_members(graph, operator, size),
        "depth": depth,
        "block": block,
        "border": quantization(graph.input(operator, 0)).zero_point,
        **folded.members(graph, operator),
    }
    *arguments, output = folded.arguments(graph, operator, channels(graph, operator))
    return Lowered(
        (scalar_kernel(_NAME, "patch", given, *arguments, ScratchArgument(), output),),
        scratch=size[0] * size[1] * block,
        overlaps=overlap.window(graph, operator, size, copied=block == depth),
    )


def channels(graph: Graph, operator: Operator) -> NDArray[np.int64]:
    """Return the weights, one row per channel."""
    values = weights.int8_values(graph.input(operator, 1)).astype(np.int64)
    return values.reshape(-1, values.shape[3]).T


FORM = Form(_NAME, serves, lower)
