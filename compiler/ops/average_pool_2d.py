"""AVERAGE_POOL_2D."""

from .pools import definition

DEFINITION = definition("average_pool_2d")
