"""MINIMUM against the interpreter."""

from compiler.graph import OperatorCode

from .extremes_law import ExtremesLaw


class TestMinimum(ExtremesLaw):
    code = OperatorCode.MINIMUM
