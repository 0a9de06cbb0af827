"""Law: a run of products never leaves its lane, whatever the inputs."""

import numpy as np
import pytest

from compiler.forms.narrow.lanes import LANE, LENGTHS, longest, packed, safe


@pytest.mark.parametrize(
    ("row", "length"),
    [
        ([-128] * 8, 1),
        ([127] * 8, 2),
        ([-128, 127] * 4, 2),
        ([65] * 8, 3),
        ([64] * 8, 4),
        ([32] * 16, 8),
        ([33] * 16, 4),
        ([0] * 9, 8),
        ([5] * 3, 3),
        ([127], 1),
    ],
)
def test_lengths_are_the_longest_that_are_safe(row, length) -> None:
    assert longest(safe(np.array([row]))).tolist() == [length]


def test_no_input_brings_a_run_out_of_its_lane() -> None:
    random = np.random.default_rng(3)
    rows = random.integers(-128, 128, (200, 24)) // random.integers(1, 40, (200, 1))
    for row, allowed in zip(rows, safe(rows), strict=True):
        for length in np.array(LENGTHS)[allowed]:
            runs = row[: 24 // length * length].reshape(-1, length)
            for worst in (np.where(runs > 0, 127, -128), np.where(runs > 0, -128, 127)):
                sums = (runs * worst).sum(axis=1)
                assert sums.min() >= -LANE
                assert sums.max() < LANE


def test_a_shorter_length_need_not_be_safe() -> None:
    row = np.array([[-33, 2, 66, 89, 79, 107]])
    assert safe(row).tolist() == [[False, True, False, True, True]]


def test_words_hold_pairs_of_rows_tap_after_tap() -> None:
    rows = np.array([[1, 2], [-1, -2], [3, 4], [5, 6]])
    assert packed(rows).tolist() == [
        1 - (1 << 16), 3 + (5 << 16), 2 - (2 << 16), 4 + (6 << 16)
    ]  # fmt: skip
