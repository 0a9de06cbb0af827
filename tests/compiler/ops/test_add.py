"""ADD against the interpreter."""

from compiler.graph import OperatorCode

from .arithmetic_law import ArithmeticLaw


class TestAdd(ArithmeticLaw):
    code = OperatorCode.ADD
