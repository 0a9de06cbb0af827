"""DEPTHWISE_CONV_2D of three by three, two rows of pixels to a word, where speed counts."""

from dataclasses import replace

from ...graph import Graph, Operator
from ...machine import Machine
from ...ops import overlap, weights, windows
from ...ops.call import CType, Lowered, ScratchArgument, TensorArgument, Value, kernel
from ...ops.conditions import quantization
from ..form import Form
from ..scalar import depthwise_conv_2d
from . import convolution
from .channels import channels_of

_NAME = "depthwise_3x3_narrow"
_SIZE = (3, 3)


def serves(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether windows are three by three without dilation, and begin on the input or beside it.

    Cores with long multiplication have registers enough to take less on a window's copy.
    """
    window = windows.window_of(operator)
    return (
        not machine.has("long-multiply")
        and weights.window_size(graph, operator) == _SIZE
        and window.dilation == (1, 1)
        and all(walk.pad < size for walk, size in zip(_walks(graph, operator), _SIZE, strict=True))
        and convolution.serves_depthwise(graph, operator, machine)
    )


def lower(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return the kernel's call."""
    found = channels_of(graph, operator, depthwise_conv_2d.channels(graph, operator))
    if found is None:
        raise ValueError(f"{operator} is not served")
    _, _, width, depth = graph.input(operator, 0).shape
    given: dict[str, Value] = {
        "window": windows.window_members(graph, operator, _SIZE),
        "depth": depth,
        "border": quantization(graph.input(operator, 0)).zero_point,
    }
    columns = (_walks(graph, operator)[1].output - 1) * windows.window_of(operator).stride[1] + 3
    plane = 3 * columns * CType.INT32.dtype.itemsize
    call = kernel(
        _NAME,
        given,
        TensorArgument("input", operator.inputs[0]),
        found.windows(),
        ScratchArgument(CType.INT32),
        ScratchArgument(CType.INT8, plane),
        TensorArgument("output", operator.outputs[0]),
    )
    return Lowered(
        (replace(call, sources=(*call.sources, "planes_narrow.c")),),
        scratch=plane + width * depth,
        overlaps=overlap.strips(graph, operator, _SIZE, rows=2),
    )


def _walks(graph: Graph, operator: Operator) -> tuple[windows.Extent, windows.Extent]:
    return windows.walk(graph, operator, _SIZE)


FORM = Form(_NAME, serves, lower)
