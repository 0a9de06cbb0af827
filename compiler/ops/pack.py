"""PACK: tensors of one shape, along a new dimension."""

from .parts import definition, parts_are_slices, read_axis

DEFINITION = definition(59, read_axis(1), range(1, 1025), range(1, 2), parts_are_slices)
