"""EXPAND_DIMS: another shape, as RESHAPE."""

from .reshape import definition

DEFINITION = definition(52, range(2, 3))
