"""Law: the plain kernels compute the same on emulated cores as on the host."""

import numpy as np
import pytest

from compiler.graph import OperatorCode
from compiler.profile import Objective
from compiler.tflite import read
from compiler.ulp import ulps

from .emulated_kernels import EmulatedKernels
from .kernel_call import Kernels
from .model_builder import one_operator, schema
from .ops.float_law import constant_floats, float_vectors, floats
from .ops.operator_law import int8


@pytest.mark.parametrize(
    "core",
    [
        "cortex-m0plus",
        *(pytest.param(core, marks=pytest.mark.slow) for core in ("cortex-m3", "rv32imc")),
    ],
)
def test_plain_kernels(core: str, kernels: Kernels, emulated_kernels: EmulatedKernels) -> None:
    spec = int8((3, 5, 7), 0.25, -3)
    model = one_operator(
        OperatorCode.ADD, [spec, spec], int8((3, 5, 7), 0.5, 11), schema.AddOptionsT()
    )
    graph = read(model)
    values = np.random.default_rng(1).integers(-128, 128, (2, 3, 5, 7), np.int8)
    emulated = emulated_kernels(core, (), Objective.FLASH)
    assert emulated.run(graph, list(values)) == kernels.run(graph, list(values))


@pytest.mark.parametrize(
    ("core", "features"),
    [
        ("cortex-m0plus", ()),
        pytest.param("cortex-m4", ("fpv4-sp",), marks=pytest.mark.slow),
        pytest.param("rv32imc", (), marks=pytest.mark.slow),
    ],
)
def test_float_kernels_need_no_hardware(
    core: str, features: tuple[str, ...], kernels: Kernels, emulated_kernels: EmulatedKernels
) -> None:
    options = schema.SoftmaxOptionsT()
    options.beta = 1.0
    softmax = one_operator(OperatorCode.SOFTMAX, [floats((3, 40))], floats((3, 40)), options)
    weights = constant_floats((5, 40), 1)
    layer = one_operator(
        OperatorCode.FULLY_CONNECTED,
        [floats((3, 40)), weights, None],
        floats((3, 5)),
        schema.FullyConnectedOptionsT(),
    )
    emulated = emulated_kernels(core, features, Objective.FLASH)
    for graph in map(read, (softmax, layer)):
        for vector in float_vectors((3, 40), 2, 20.0):
            found, same = (
                np.frombuffer(those.run(graph, [vector]), np.float32)
                for those in (emulated, kernels)
            )
            assert not ulps(found, same).any()
