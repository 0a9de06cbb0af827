"""A node of an ONNX graph, as the functions of the operator table get it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UnsupportedSource
from .value import Value

Constant = NDArray[Any]
Input = Value | Constant | None


@dataclass(frozen=True, slots=True)
class Node:
    """An operator's name, its attributes, what it reads, and where it stands.

    An input is a `Value`, a constant, or None where an optional one is absent. `outputs`
    counts them; `opset` is the version of the standard's operators.
    """

    operator: str
    name: str
    index: int
    opset: int
    attributes: Mapping[str, Any]
    inputs: Sequence[Input]
    outputs: int

    @property
    def layer(self) -> str:
        """A name for a Keras layer, the same whenever the model is imported."""
        return f"{self.operator.lower()}_{self.index}"

    def refuse(self, why: str) -> UnsupportedSource:
        """Return the error that says why this node cannot be imported."""
        named = f" '{self.name}'" if self.name else ""
        return UnsupportedSource(f"ONNX operator {self.index} {self.operator}{named}: {why}")

    def value(self, position: int = 0) -> Value:
        """Return a required input that must be computed, not constant."""
        found = self._at(position)
        if not isinstance(found, Value):
            raise self.refuse(f"input {position} must be computed from the model's inputs")
        return found

    def constant(self, position: int, what: str) -> Constant:
        """Return a required input that must be constant; `what` names it."""
        found = self.optional(position, what)
        if found is None:
            raise self.refuse(f"its {what} are absent")
        return found

    def optional(self, position: int, what: str) -> Constant | None:
        """Return an input that must be constant if it is there."""
        found = self._at(position)
        if isinstance(found, Value):
            raise self.refuse(f"its {what} must be constant")
        return found

    def setting(self, name: str, position: int) -> Constant | None:
        """Return what is an attribute in older and an input in newer versions of an operator."""
        if name in self.attributes:
            return np.asarray(self.attributes[name])
        return self.optional(position, name)

    def integers(self, name: str, position: int) -> list[int] | None:
        """Return a `setting` as integers."""
        found = self.setting(name, position)
        return None if found is None else [int(item) for item in np.atleast_1d(found)]

    def choice(self, name: str, usual: str) -> str:
        """Return an attribute that is a word."""
        found = self.attributes.get(name, usual)
        return found.decode() if isinstance(found, bytes) else str(found)

    def _at(self, position: int) -> Input:
        return self.inputs[position] if position < len(self.inputs) else None
