"""RELU6 against the interpreter."""

from compiler.graph import OperatorCode

from .rectifier_law import RectifierLaw


class TestRelu6(RectifierLaw):
    code = OperatorCode.RELU6
    rescales = False
