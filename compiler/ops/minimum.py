"""MINIMUM."""

from .extremes import definition

DEFINITION = definition("minimum")
