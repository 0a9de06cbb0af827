"""What evaluations say, how they are compared, and that figures of others are well-formed."""

import re
from dataclasses import replace
from importlib.resources import files
from xml.etree import ElementTree as ET

import pytest

from compiler.evaluation import Evaluation, engines, evaluate, pareto, published
from compiler.evaluation.plot import plot
from compiler.evaluation.table import (
    engines_text,
    evaluations_text,
    operators_text,
    peers_text,
    points_text,
    to_json,
)
from compiler.profile import Objective
from compiler.targets import Target

DIGITS = (files("firmware_store") / "starter" / "digits" / "model.tflite").read_bytes()
SMALL = Evaluation(
    "kws_ref_model",
    "cortex-m4+dsp",
    "cortex-m4",
    Objective.FLASH,
    constants=900,
    code=100,
    arena=64,
    stack=36,
    macs=500,
    instructions=2_000_000,
    vectors=3,
)
FAST = replace(SMALL, objective=Objective.SPEED, code=300, instructions=1_000_000)
WORSE = replace(SMALL, objective=Objective.RAM, arena=65)
FAILED = Evaluation("m", "t", "t", Objective.RAM, error="no backend")


@pytest.fixture(scope="module")
def digits() -> Evaluation:
    return evaluate("digits", DIGITS, Target("cortex-m4"), vectors=3)


def test_an_evaluation_is_what_the_build_measured(digits: Evaluation) -> None:
    assert digits.error is None
    assert (digits.vectors, digits.mismatches) == (3, 0)
    assert digits.flash == digits.constants + digits.code
    assert digits.instructions is not None
    counted = sum(one.instructions or 0 for one in digits.operators)
    # What is left is the entry of the run, before the first operator.
    assert 0 < digits.instructions - counted < 40
    assert sum(one.macs for one in digits.operators) == digits.macs


def test_what_cannot_be_built_says_why() -> None:
    assert "no backend" in str(evaluate("digits", DIGITS, Target("avr")).error)
    assert evaluate("text", b"no model at all", Target("cortex-m4")).error


def test_a_point_is_optimal_where_nothing_is_better_in_everything() -> None:
    fast, small, worse = pareto([SMALL, WORSE, FAST, FAILED])
    assert [point.evaluation for point in (fast, small, worse)] == [FAST, SMALL, WORSE]
    assert fast.optimal
    assert small.optimal
    assert worse.dominated_by == SMALL
    assert points_text([fast, worse]).splitlines()[1].startswith("*")


def test_tables_have_a_line_for_each() -> None:
    lines = evaluations_text([SMALL, FAILED]).splitlines()
    assert len(lines) == 3
    assert "4000.00" in lines[1]
    assert lines[2].endswith("no backend")
    assert peers_text([FAST], published()).splitlines()[1].split()[-3:] == [
        "7.697",
        "4.000",
        "1.000",
    ]
    table = list(engines_text([SMALL, FAST], published(), engines()))
    assert table[0] == "| engine | figure | kws_ref_model |"
    assert "| TinyMLaaS, objective speed | instructions | 1,000,000 |" in table


def test_operators_show_their_share(digits: Evaluation) -> None:
    lines = operators_text(digits).splitlines()
    assert len(lines) == 1 + len(digits.operators)
    assert any(re.search(r"#{4}", line) for line in lines)


def test_the_plot_is_a_picture_of_what_was_built() -> None:
    root = ET.fromstring(plot([SMALL, FAST, FAILED]))
    bars = root.findall("{http://www.w3.org/2000/svg}rect")
    assert len(bars) == 1 + 3 * 2
    assert plot([SMALL]) == plot([SMALL])


def test_json_is_plain() -> None:
    assert to_json(FAST)["objective"] == "speed"
    assert to_json(FAST)["flash"] == 1200


def test_published_figures_name_known_cores() -> None:
    for one in published():
        assert re.fullmatch(r"[0-9a-f]{64}", one.sha256)
        assert set(one.peer) == set(one.aim) == {"cortex-m4", "cortex-m0plus", "cortex-m55"}
        assert all(one.aim[core] < one.peer[core] for core in one.aim)
    names = {one.name for one in published()}
    for engine in engines():
        assert set(engine.flash) | set(engine.ram) | set(engine.cycles) <= names
