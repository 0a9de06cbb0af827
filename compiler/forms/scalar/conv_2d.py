"""CONV_2D in blocks of two pixels by two channels, or of one by two where RAM counts."""

from ...graph import Graph, Operator
from ...machine import Machine
from ...ops import overlap, weights, windows
from ...ops.call import Lowered, ScratchArgument, TensorArgument, Value
from ...ops.conditions import quantization
from ...profile import Objective
from .. import folded
from ..form import Form
from .call import scalar_kernel

_NAME = "conv_2d_scalar"


def serves(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether there is one group, and a window's columns lie side by side."""
    return (
        graph.input(operator, 1).shape[3] == graph.input(operator, 0).shape[3]
        and windows.window_of(operator).dilation[1] == 1
        and folded.fits(graph, operator, folded.filters(graph, operator))
    )


def lower(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return the kernel's call."""
    size = weights.window_size(graph, operator)
    depth = graph.input(operator, 0).shape[3]
    pixels = 1 if machine.objective is Objective.RAM else 2
    given: dict[str, Value] = {
        "window": windows.window_members(graph, operator, size),
        "pixels": pixels,
        "input_depth": depth,
        "output_depth": graph.output(operator).shape[3],
        "border": quantization(graph.input(operator, 0)).zero_point,
        **folded.members(graph, operator),
    }
    *arguments, output = folded.arguments(graph, operator, folded.filters(graph, operator))
    copied = not needs_no_copy(graph, operator)
    patches = ScratchArgument() if copied else TensorArgument("patches", None)
    return Lowered(
        (scalar_kernel(_NAME, "block patch", given, *arguments, patches, output),),
        scratch=pixels * size[0] * size[1] * depth if copied else 0,
        overlaps=overlap.window(graph, operator, size, group=pixels, copied=copied),
    )


def needs_no_copy(graph: Graph, operator: Operator) -> bool:
    """Whether a window is one pixel, which always lies on the input."""
    walks = windows.walk(graph, operator, (1, 1))
    return weights.window_size(graph, operator) == (1, 1) and not any(w.pad for w in walks)


FORM = Form(_NAME, serves, lower)
