"""Kernel forms: other ways to compute an operator than its plain kernel, by what a core has.

Each family is a folder here with kernels in the folder of the same name in `kernels`.
Every form gives the same bits.
"""

from ..graph import ElementType, Graph, Operator
from ..machine import Machine
from ..ops import OPERATORS
from ..ops.call import Lowered
from . import dsp, mve, narrow, proven, scalar
from .form import Form, Forms

__all__ = ["FAMILIES", "PLAIN", "Form", "Forms", "choose"]

FAMILIES: tuple[Forms, ...] = (mve.FORMS, dsp.FORMS, narrow.FORMS, scalar.FORMS, proven.FORMS)
"""In the order in which they are asked."""

PLAIN = "plain"
"""The name of what every operator has: the kernel of its own name."""


def choose(graph: Graph, operator: Operator, machine: Machine) -> tuple[str, Lowered]:
    """Return name and lowering of the first form that serves, else the operator's plain one.

    A form is of int8 or of floats.
    """
    first = next((number for number in operator.inputs if number is not None), None)
    ends = {graph.tensors[n].type for n in (first, *operator.outputs[:1]) if n is not None}
    floating = first is not None and graph.tensors[first].type is ElementType.FLOAT32
    for forms in () if ElementType.INT16 in ends else FAMILIES:
        for form in forms.get(operator.code, ()):
            if form.floats is floating and form.serves(graph, operator, machine):
                return form.name, form.lower(graph, operator, machine)
    return PLAIN, OPERATORS[operator.code].lower(graph, operator, machine)
