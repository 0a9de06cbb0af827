"""RELU against the interpreter."""

from compiler.graph import OperatorCode

from .rectifier_law import RectifierLaw


class TestRelu(RectifierLaw):
    code = OperatorCode.RELU
    rescales = True
