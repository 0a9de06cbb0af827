"""MAXIMUM."""

from .extremes import definition

DEFINITION = definition("maximum")
