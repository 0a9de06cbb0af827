"""TANH against the interpreter."""

import numpy as np

from compiler.graph import OperatorCode

from ..model_builder import one_operator
from .float_law import distances, every, floats
from .sigmoid_law import SigmoidLaw


class TestTanh(SigmoidLaw):
    code = OperatorCode.TANH
    result = 1 / 128, 0

    def test_many_floats(self, kernels):
        near = np.linspace(-10, 10, 150_000, dtype=np.float32)
        inputs = np.concatenate([every(15_013), near])
        ends = floats(inputs.shape)
        assert distances(kernels, one_operator(self.code, [ends], ends), inputs).max() <= 2
