"""FULLY_CONNECTED, two channels at a time."""

from dataclasses import replace

from ...graph import Graph, Operator
from ...machine import Machine
from ...ops import fully_connected
from ...ops.call import Lowered
from .. import folded
from ..form import Form

_NAME = "fully_connected_scalar"


def serves(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether sums keep to 32 bits with the zero point folded."""
    return folded.fits(graph, operator, folded.filters(graph, operator))


def lower(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return the kernel's call."""
    call = replace(
        fully_connected.call(graph, operator),
        function=f"tml_{_NAME}",
        arguments=folded.arguments(graph, operator, folded.filters(graph, operator)),
        headers=(f"{_NAME}.h",),
        sources=(f"{_NAME}.c", "block_scalar.c"),
    )
    return Lowered((call,))


FORM = Form(_NAME, serves, lower)
