"""Law: blocked kernels give the interpreter's bits, on the host and on the cores they are for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.profile import Objective

from ..emulated_kernels import EmulatedKernels
from .form_cases import convolutions, layers
from .operator_law import assert_same, chosen, many


@settings(many, max_examples=40)
@given(case=st.one_of(convolutions(), layers()), objective=st.sampled_from(Objective))
def test_on_the_host(kernels, case, objective):
    assert_same(kernels, *case, [chosen(objective)])


@pytest.mark.slow
@pytest.mark.parametrize("objective", Objective)
@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m3", "rv32imc"])
@settings(many, max_examples=6)
@given(case=st.one_of(convolutions(), layers()))
def test_on_cores(emulated_kernels: EmulatedKernels, core, objective, case):
    assert_same(emulated_kernels(core, (), objective), *case)
