"""What outputs are measured by, which follows from the data, and what comes out."""

from typing import Any

import numpy as np
import pytest

from compiler.convert.accuracy import aim_of, difference
from compiler.convert.errors import UnfitData
from compiler.convert.original import Array, Original, Port
from compiler.convert.request import Task
from compiler.convert.samples import Samples


def original(
    output: tuple[int, ...], given: tuple[int, ...] = (1, 4), outputs: int = 1
) -> Original:
    """A model of which only the shapes are known."""
    results = tuple(Port.plain(f"y{number}", output, "float32") for number in range(outputs))
    inputs = (Port.plain("x", given, "float32"),)
    return Original("none", inputs, results, 0, list, lambda *_: b"", ())


def data(*truths: Any, given: tuple[int, ...] = (3, 4)) -> Samples:
    return Samples((np.zeros(given, np.float32),), tuple(np.asarray(one) for one in truths))


CASES: list[tuple[tuple[int, ...], Any, Task]] = [
    ((1, 10), [0, 9, 3], Task.CLASSIFICATION),
    ((1, 10), [[0], [9], [3]], Task.CLASSIFICATION),
    ((1, 10), [0.0, 9.0, 3.0], Task.CLASSIFICATION),
    ((1, 3), np.eye(3), Task.CLASSIFICATION),
    ((1, 1), [0, 1, 1], Task.CLASSIFICATION),
    ((1, 2, 2, 5), np.zeros((3, 2, 2)), Task.CLASSIFICATION),
    ((1, 1), [0.5, 1, 1], Task.REGRESSION),
    ((1, 1), [[2], [7], [1]], Task.REGRESSION),
    ((1, 3), np.full((3, 3), 0.3), Task.REGRESSION),
]


@pytest.mark.parametrize(("output", "truth", "task"), CASES)
def test_the_task_follows_from_the_truth(output: tuple[int, ...], truth: Any, task: Task) -> None:
    assert aim_of(original(output), data(truth), None).task is task


def test_without_truth_the_shapes_tell() -> None:
    assert aim_of(original((1, 4)), data(), None).task is Task.AUTOENCODER
    assert aim_of(original((1, 5)), data(), None).task is Task.COMPARISON
    assert aim_of(original((1, 4), outputs=2), data(), None).task is Task.COMPARISON


@pytest.mark.parametrize(
    ("output", "truths", "task", "words"),
    [
        ((1, 3), [[0, 1, 3]], Task.CLASSIFICATION, "classes from 0 to 3; output y0 float32[1,3]"),
        ((1, 3), [[0, -1, 2]], Task.CLASSIFICATION, "classes from -1 to 2"),
        ((1, 3), [], Task.CLASSIFICATION, "classification needs y"),
        ((1, 3), [[0.5, 1, 2]], Task.CLASSIFICATION, "has no classes"),
        ((1, 3), [[0, 1, 2]], Task.REGRESSION, "y has shape (3,)"),
        ((1, 3), [], Task.AUTOENCODER, "has not the shape of the input"),
    ],
)
def test_truth_that_does_not_belong_to_the_output(
    output: tuple[int, ...], truths: list[Any], task: Task, words: str
) -> None:
    with pytest.raises(UnfitData) as caught:
        aim_of(original(output), data(*truths), task)
    assert words in str(caught.value)


def test_several_outputs_are_compared_only() -> None:
    with pytest.raises(UnfitData, match="several outputs"):
        aim_of(original((1, 4), outputs=2), data(), Task.AUTOENCODER)


def test_top_1_is_the_share_of_classes_that_are_found() -> None:
    aim = aim_of(original((1, 3)), data([0, 1, 2]), None)
    assert aim.score([np.array([[9, 1, 1], [1, 9, 1], [9, 1, 1]])]) == {"top_1": 0.666667}


@pytest.mark.parametrize("made", [np.array([[0.4], [0.6], [0.9]]), np.array([[-2.0], [0.1], [40]])])
def test_one_output_is_a_probability_or_a_logit(made: Array) -> None:
    aim = aim_of(original((1, 1)), data([0, 1, 1]), None)
    assert aim.score([made]) == {"top_1": 1.0}


def test_errors_are_of_all_elements() -> None:
    aim = aim_of(original((1, 2)), data([[0, 1], [0, 1], [0, 4.0]]), Task.REGRESSION)
    score = aim.score([np.array([[0, 1], [1, 1], [0, 1.0]])])
    assert score == {"mean_squared_error": 10 / 6, "largest_error": 3.0}


def test_truth_comes_with_the_axes_of_the_converted_model() -> None:
    port = Port("y", (1, 2, 3, 4), np.dtype("float32"), (0, 2, 3, 1))
    model = Original("none", (port,), (port,), 0, list, lambda *_: b"", ())
    truth = np.arange(48.0).reshape(2, 2, 3, 4)
    aim = aim_of(model, Samples((truth,), (truth,)), None)
    assert aim.score([truth.transpose(0, 2, 3, 1)])["largest_error"] == 0


def test_difference_is_over_all_outputs() -> None:
    one, other = [np.zeros(3), np.zeros((2, 2))], [np.array([0, 1, 0]), np.full((2, 2), -2)]
    assert difference(one, other) == {"largest": 2.0, "mean_squared": 17 / 7}
