"""MAXIMUM against the interpreter."""

from compiler.graph import OperatorCode

from .extremes_law import ExtremesLaw


class TestMaximum(ExtremesLaw):
    code = OperatorCode.MAXIMUM
