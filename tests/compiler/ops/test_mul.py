"""MUL against the interpreter."""

from collections.abc import Sequence

from hypothesis import assume

from compiler.graph import OperatorCode

from .arithmetic_law import ArithmeticLaw


class TestMul(ArithmeticLaw):
    code = OperatorCode.MUL

    def assume_int16(self, scales: Sequence[float]) -> None:
        first, second, result = scales
        assume(first * second < result)
