"""A little of the fuzz of models at every run; `python -m tests.fuzz models` is the whole of it.

Laws: whatever a file holds, it ends as C or as a CompileError; and what is valid is C without a
warning, clean under sanitizers, whose outputs are the interpreter's.
"""

import os
from pathlib import Path

import pytest

from compiler.ops import OPERATORS
from compiler.tflite import read
from tests.peers import installed

from . import models
from .graphs import random_model
from .sanitized import computes_as_the_oracle


def test_hostile_models_end_as_c_or_in_words() -> None:
    outcome = models.fuzz(seed=1, count=150)
    assert outcome.translated > 15
    assert set(outcome.refused) == {"InvalidModel", "UnsupportedModel"}


def test_equal_seeds_give_equal_models() -> None:
    assert random_model(3) == random_model(3) != random_model(4)


@pytest.mark.slow
def test_every_operator_is_in_some_random_graph() -> None:
    """Whoever adds an operator adds it to `graphs.model.GROWERS`."""
    found = {o.code for seed in range(200) for o in read(random_model(seed)).operators}
    assert {code.name for code in OPERATORS if code >= 0} - {code.name for code in found} == set()


def test_a_random_graph_computes_as_the_oracle(tmp_path: Path) -> None:
    computes_as_the_oracle(2, tmp_path, installed("gcc", "gcc"))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200))
def test_random_graphs_compute_as_the_oracle(seed: int, tmp_path: Path) -> None:
    computes_as_the_oracle(seed, tmp_path, installed("gcc", "gcc"))


@pytest.mark.slow
def test_many_hostile_models() -> None:
    outcome = models.fuzz(2, 5_000, os.environ.get("TINYMLAAS_MODELS"))
    assert outcome.translated > 500
