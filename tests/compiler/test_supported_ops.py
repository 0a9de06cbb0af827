"""SUPPORTED_OPS.md is what the code says."""

import subprocess
import sys
from pathlib import Path

from compiler.ops import OPERATORS
from compiler.ops.definition import sentence
from compiler.ops.table import supported_operators

COMMITTED = Path(__file__).parents[2] / "SUPPORTED_OPS.md"


def test_the_committed_page_is_up_to_date() -> None:
    text = COMMITTED.read_text("utf-8")
    assert text == supported_operators(), "run `make supported-ops`"


def test_it_has_every_operator_and_every_condition() -> None:
    text = supported_operators()
    for code, definition in OPERATORS.items():
        assert (f"\n## {code.name}\n" in text) == (code >= 0)
        for condition in definition.rules + definition.limits:
            assert f"- {sentence(condition)}\n" in text


def test_the_command_prints_it() -> None:
    command = [sys.executable, "-m", "compiler.ops"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stdout.decode() == supported_operators()
