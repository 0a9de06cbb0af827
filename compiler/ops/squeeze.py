"""SQUEEZE: another shape, as RESHAPE."""

from .reshape import definition

DEFINITION = definition(30, range(1, 2))
