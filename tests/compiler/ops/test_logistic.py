"""LOGISTIC against the interpreter."""

import numpy as np

from compiler.graph import OperatorCode

from ..model_builder import one_operator
from .float_law import distances, every, floats
from .sigmoid_law import SigmoidLaw


class TestLogistic(SigmoidLaw):
    code = OperatorCode.LOGISTIC
    result = 1 / 256, -128

    def test_many_floats(self, kernels):
        near = np.linspace(-110, 30, 300_000, dtype=np.float32)
        inputs = np.concatenate([every(15_013), near])
        ends = floats(inputs.shape)
        far = distances(kernels, one_operator(self.code, [ends], ends), inputs)
        assert far.max() <= 2
        # exp is that of the C library, but for one in ten million
        assert np.count_nonzero(far) <= 1
