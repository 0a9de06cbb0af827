"""MAX_POOL_2D, four channels at a time, and AVERAGE_POOL_2D of whole images."""

from dataclasses import replace

from ...graph import Graph, Operator, OperatorCode
from ...machine import Machine
from ...ops import OPERATORS, windows
from ...ops.call import Lowered, TensorArgument, kernel
from ...options import Pool2DOptions
from ..form import Form
from .clamp import clamp

_MAX = "max_pool_2d_dsp"
_AVERAGE = "average_pool_2d_dsp"

_CHANNELS_MIN = 4
"""The kernel of MAX_POOL_2D loads four at a time."""


def serves_max(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether there are four channels."""
    return machine.has("dsp") and graph.input(operator, 0).shape[3] >= _CHANNELS_MIN


def lower_max(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return the plain kernel's call, of this kernel."""
    plain = OPERATORS[OperatorCode.MAX_POOL_2D].lower(graph, operator, machine)
    (call,) = plain.calls
    mine = replace(call, function=f"tml_{_MAX}", headers=(f"{_MAX}.h",), sources=(f"{_MAX}.c",))
    return clamp(graph, operator, replace(plain, calls=(mine,)))


def serves_average(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether the one window sees the whole image and no padding."""
    options = operator.options
    _, height, width, _ = graph.input(operator, 0).shape
    if not machine.has("dsp") or not isinstance(options, Pool2DOptions):
        return False
    rows, columns = windows.walk(graph, operator, options.size)
    once = (rows.output, columns.output) == (1, 1) and (rows.pad, columns.pad) == (0, 0)
    return once and options.size == (height, width)


def lower_average(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return the call of the kernel for whole images; its overlaps are the plain kernel's."""
    batches, height, width, depth = graph.input(operator, 0).shape
    parameters = {"batches": batches, "pixels": height * width, "depth": depth}
    call = kernel(
        _AVERAGE,
        parameters,
        TensorArgument("input", operator.inputs[0]),
        TensorArgument("output", operator.outputs[0]),
    )
    plain = OPERATORS[OperatorCode.AVERAGE_POOL_2D].lower(graph, operator, machine)
    return clamp(graph, operator, Lowered((call,), overlaps=plain.overlaps))


MAX_POOL_2D = Form(_MAX, serves_max, lower_max)
AVERAGE_POOL_2D = Form(_AVERAGE, serves_average, lower_average)
