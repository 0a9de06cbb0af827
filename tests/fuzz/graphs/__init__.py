"""Graphs of random operators, valid by construction: `random_model(seed)` is a .tflite file.

A grower takes a tensor that is there and adds an operator that reads it; what does not suit
the tensor's shape adds nothing. Growers of a family have a file.
"""

from .growth import Growth, Shape, options_of
from .model import random_model

__all__ = ["Growth", "Shape", "options_of", "random_model"]
