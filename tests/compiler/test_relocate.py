"""Law: moves change no output, and are made only where the arena is smaller for them."""

from pathlib import Path

import pytest

from compiler.graph import OperatorCode
from compiler.machine import Machine
from compiler.passes import optimise
from compiler.plan import plan
from compiler.profile import Objective
from compiler.program import Program, lower
from compiler.relocate import relocated
from compiler.tflite import read


def arena(program: Program) -> int:
    return plan(program.graph, program.scratch, program.overlaps).arena_size


@pytest.mark.models
@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("kws_ref_model", 8_640),
        ("ds_cnn_s_quantized", 8_640),
        ("vww_96_int8", 37_248),
        ("pretrainedResnet_quant", 33_792),
        ("mnist_0.983_quantized", 3_596),
    ],
)
def test_rows_of_an_output_lie_over_rows_that_nobody_reads_any_more(
    name: str, most: int, models: Path
) -> None:
    graph = optimise(read((models / f"{name}.tflite").read_bytes()))
    program = lower(graph, Machine(objective=Objective.RAM))
    moved = relocated(program)
    assert arena(moved) <= min(most, arena(program))
    moves = sum(step.operator.code is OperatorCode.MOVE for step in moved.steps)
    assert len(moved.steps) == len(program.steps) + moves
    assert moves == 0 or arena(moved) < arena(program)
