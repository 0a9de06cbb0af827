"""The conformance table holds: no row without a test, none that only scripts of ours prove."""

import subprocess
import sys
from pathlib import Path

import pytest

from . import table
from .table import OURS, Feature, Proof

ROWS = (
    Feature("read", "G", "Read"),
    Feature("pack", "G", "Pack", alone="nobody has it"),
    Feature("api", "G", "GET", same="read"),
)
READ = Proof("tests/a.py::test_224_read", ("read",), "Leshan")
PACK = Proof("tests/a.py::test_pack", ("pack",), OURS)


@pytest.mark.slow
def test_the_table_is_complete() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.conformance"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f"| {row.text} |" in done.stdout for row in table.features())


def test_readers_are_told_of_the_cases() -> None:
    told = (Path(__file__).parents[2] / "README.md").read_text()
    assert all(f"| {number} | {title} |" in told for number, title in table.cases().items())


@pytest.mark.parametrize(
    ("proofs", "fault"),
    [
        ((READ, PACK), None),
        ((PACK,), "read has no test"),
        ((READ, PACK, Proof("t", ("reed",), OURS)), "t proves 'reed', which is no feature"),
        ((Proof("t", ("read", "pack"), OURS),), f"read is proven by {OURS} alone"),
    ],
)
def test_what_is_wrong_is_said(proofs: tuple[Proof, ...], fault: str | None) -> None:
    found = list(table.faults(ROWS, proofs))
    assert bool(found) == bool(fault)
    assert not fault or found[0].startswith(fault)


@pytest.mark.parametrize(
    ("node", "numbers"),
    [
        ("tests/a.py::test_224_read", (224,)),
        ("tests/a.py::test_236_281_partly", (236, 281)),
        ("tests/a.py::test_object_26241", ()),
        ("tests/lockstep/test_a.py::test_13_again", ()),
        ("tests/lockstep/test_a.py::test_101_105_again", (101, 105)),
        ("tests/a_101_b.py::test_read", ()),
    ],
)
def test_cases_are_numbered_by_the_names_of_tests(node: str, numbers: tuple[int, ...]) -> None:
    assert table.numbers(node) == numbers


def test_a_number_that_no_case_has_is_told() -> None:
    assert list(table.unknown_cases(["tests/a.py::test_999_x"])) == [
        "tests/a.py::test_999_x: the ETS has no case 999"
    ]


def test_a_feature_is_shown_with_each_peer_once() -> None:
    other = Proof("tests/b.py::test_again", ("read",), "Leshan")
    lines = list(table.conformance(ROWS, (READ, other, PACK)))
    assert lines[1] == "| Read | Leshan | `tests/a.py::test_224_read` |"
    assert lines[2] == f"| Pack | {OURS} | `tests/a.py::test_pack` |"
