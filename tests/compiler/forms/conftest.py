"""The kernels that the laws of `ops` are held to here: those of a family, on its core."""

import pytest

from compiler.profile import Objective

from ..emulated_kernels import EmulatedKernels
from ..kernel_call import Kernels


@pytest.fixture(
    params=(pytest.param(Objective.FLASH, marks=pytest.mark.slow), Objective.SPEED), ids=str
)
def kernels(request: pytest.FixtureRequest, emulated_kernels: EmulatedKernels) -> Kernels:
    """Return the kernels that a build for the module's CORE and FEATURES would choose."""
    module = request.module
    return emulated_kernels(module.CORE, module.FEATURES, request.param, module.FAMILY)
