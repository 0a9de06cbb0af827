"""MAX_POOL_2D."""

from .pools import definition

DEFINITION = definition("max_pool_2d")
