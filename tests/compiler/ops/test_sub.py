"""SUB against the interpreter."""

from compiler.graph import OperatorCode

from .arithmetic_law import ArithmeticLaw


class TestSub(ArithmeticLaw):
    code = OperatorCode.SUB
