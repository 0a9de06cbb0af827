"""The measurements still run; what they measure is nobody's assertion."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers import REQUIRED

from .__main__ import ITEMS


@pytest.mark.slow
def test_every_item_tells_its_figures(tmp_path: Path) -> None:
    told = tmp_path / "figures.json"
    command = (sys.executable, "-m", "tests.benchmarks", "--quick", "--json", str(told))
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(told.read_text())
    assert {figure["item"] for figure in figures} == set(ITEMS)
    if REQUIRED:
        assert any("libcoap" in figure["unit"] for figure in figures), done.stderr
