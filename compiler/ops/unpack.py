"""UNPACK: each place of one dimension as a tensor without that dimension."""

from .parts import definition, parts_are_slices, read_axis

DEFINITION = definition(64, read_axis(1), range(1, 2), range(1, 1025), parts_are_slices)
