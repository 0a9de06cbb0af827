"""Law: the plain kernels compute the same on emulated cores as on the host."""

import numpy as np
import pytest

from compiler.graph import OperatorCode
from compiler.profile import Objective
from compiler.tflite import read

from .emulated_kernels import EmulatedKernels
from .kernel_call import Kernels
from .model_builder import one_operator, schema
from .ops.operator_law import int8


@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m3", "rv32imc"])
def test_plain_kernels(core: str, kernels: Kernels, emulated_kernels: EmulatedKernels) -> None:
    spec = int8((3, 5, 7), 0.25, -3)
    model = one_operator(
        OperatorCode.ADD, [spec, spec], int8((3, 5, 7), 0.5, 11), schema.AddOptionsT()
    )
    graph = read(model)
    values = np.random.default_rng(1).integers(-128, 128, (2, 3, 5, 7), np.int8)
    emulated = emulated_kernels(core, (), Objective.FLASH)
    assert emulated.run(graph, list(values)) == kernels.run(graph, list(values))
