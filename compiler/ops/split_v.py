"""SPLIT_V: parts of given sizes along one dimension; the outputs' shapes tell the sizes."""

from .definition import no_options
from .parts import definition, parts_fill_whole

DEFINITION = definition(79, no_options, range(3, 4), range(1, 1025), parts_fill_whole)
