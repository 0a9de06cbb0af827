"""Law: of a network that nobody has seen comes the oracle's every bit, on every core."""

import random
import time

import numpy as np
import pytest

from compiler import plan
from compiler.line_buffer import pairs
from compiler.machine import Machine
from compiler.oracle import Oracle
from compiler.passes import optimise
from compiler.profile import Objective
from compiler.program import Program, lower
from compiler.tflite import read
from compiler.translate import translate
from compiler.vectors import random_vectors
from tests.compiler.model_builder import build_model

from .architectures import FAMILIES, Network, architecture, bottleneck, filter_image
from .trials import Trials, attempt, target_of

TARGETS = ("cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m33+dsp", "rv32imc", "host")


def test_equal_seeds_give_equal_networks() -> None:
    assert architecture(5) == architecture(5) != architecture(5 + len(FAMILIES))


@pytest.mark.slow
def test_networks_tell_inputs_apart() -> None:
    """What is clamped to one value shows no mistake."""
    varied = []
    for seed in range(2 * len(FAMILIES)):
        oracle = Oracle(architecture(seed))
        (vector,) = random_vectors(oracle.inputs, 1)
        varied += [len(np.unique(row)) > 4 for row in oracle.run(vector) if row.size > 16]
        oracle.close()
    assert sum(varied) > len(varied) / 2


def bound(program: Program) -> int:
    return plan.bound(program.graph, program.scratch, program.overlaps)


@pytest.mark.parametrize("round_", range(6))
def test_only_pairs_at_the_peak_can_bring_the_bound_down(round_: int) -> None:
    graph = optimise(read(architecture(FAMILIES.index(bottleneck) + len(FAMILIES) * round_)))
    program = lower(graph, Machine(objective=Objective.RAM))
    step = plan.peak(program.graph, program.scratch, program.overlaps)
    assert step is not None
    near = range(step - 1, step + 1)
    for place in range(len(program.steps) - 1):
        for pair in pairs(program, [place]):
            assert place in near or bound(pair) >= bound(program)


@pytest.mark.slow
@pytest.mark.parametrize("objective", [Objective.RAM, Objective.SPEED])
def test_many_layers_are_planned_in_time(objective: Objective) -> None:
    """As many as the reader takes, on a core with every form; a minute is what users get."""
    g = Network(random.Random(1))
    x = g.image((1, 8, 8, 4))
    for _ in range(330):
        g.macs = 0
        x = filter_image(g, x, channels=4)
    graph = optimise(read(build_model(g.tensors, g.operators, g.inputs, [x])))
    began = time.process_time()
    translate(graph, Machine(frozenset({"dsp"}), objective))
    assert time.process_time() - began < 60


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("family", range(len(FAMILIES)))
def test_networks_compute_as_the_oracle(family: int, name: str) -> None:
    trials = Trials()
    for round_ in range(3):  # for each objective
        attempt(family + len(FAMILIES) * round_, target_of(name), trials)
    assert not trials.wrong
    assert trials.proven
