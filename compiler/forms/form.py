"""A kernel form: one way to compute an operator, where the machine and the operator suit it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..graph import Graph, Operator, OperatorCode
from ..machine import Machine
from ..ops.call import Lowered


@dataclass(frozen=True, slots=True)
class Form:
    """When a form serves an operator, and how it computes it.

    `name` is that of its kernel (`conv_2d_dsp`) and stands in reports. `serves` may rely
    on what the operator's conditions have made sure of, and is asked before `lower`.
    """

    name: str
    serves: Callable[[Graph, Operator, Machine], bool]
    lower: Callable[[Graph, Operator, Machine], Lowered]
    floats: bool = False
    """Whether it takes floats; it is asked only of operators whose first input is such."""


Forms = Mapping[OperatorCode, tuple[Form, ...]]
"""The forms of one family by operator; the first that serves is taken."""
