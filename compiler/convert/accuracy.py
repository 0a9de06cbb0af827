"""How good outputs are, by what is true of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import UnfitData
from .original import Array, Original, Port
from .request import Task
from .samples import Samples


@dataclass(frozen=True, slots=True)
class Aim:
    """A task, and the truth of each sample: classes (n, ...), or values of the output's shape.

    Empty for a comparison, which has no truth.
    """

    task: Task
    truth: Array

    def score(self, outputs: list[Array]) -> dict[str, Any]:
        """Return what is measured of outputs of all samples, axes as in the converted model."""
        if self.task is Task.COMPARISON:
            return {}
        (made,) = outputs
        if self.task is Task.CLASSIFICATION:
            return {"top_1": round(float((classes(made) == self.truth).mean()), 6)}
        difference = made.astype(np.float64) - self.truth
        return {
            "mean_squared_error": float(np.mean(difference**2)),
            "largest_error": float(np.abs(difference).max()),
        }


def classes(made: Array) -> Array:
    """Return the class that outputs name: the highest, or of one alone whether it is likely.

    One output is a probability where all are from 0 to 1, else a logit.
    """
    if made.shape[-1] > 1:
        best: Array = np.argmax(made, axis=-1)
        return best
    likely = 0.5 if (made >= 0).all() and (made <= 1).all() else 0.0
    return (made[..., 0] > likely).astype(np.int64)


def aim_of(original: Original, samples: Samples, task: Task | None) -> Aim:
    """Return what outputs are measured by; where `task` is None, it follows from the data.

    Whole numbers, one per sample, or one-hot rows are classes; values of the output's
    shape are a regression; without truth, an output of the input's shape is an
    autoencoder's, and any other is compared with the original's only. Raises `UnfitData`.
    """
    chosen = task or _likely(original, samples)
    if chosen is Task.COMPARISON:
        return Aim(chosen, np.empty(0))
    if len(original.outputs) > 1:
        raise UnfitData(f"a model of several outputs is measured as {Task.COMPARISON} only")
    (output,) = original.outputs
    if chosen is Task.AUTOENCODER:
        port = original.inputs[0]
        if not _reproduces(original):
            raise UnfitData(f"output {output} has not the shape of the input: no autoencoder")
        return Aim(chosen, port.converted(samples.inputs[0]))
    if not samples.truths:
        raise UnfitData(f"{chosen} needs y, which is true of each sample, in the data")
    truth = samples.truths[0]
    if chosen is Task.CLASSIFICATION:
        return Aim(chosen, _classes(output, truth))
    return Aim(chosen, _values(output, truth))


def _likely(original: Original, samples: Samples) -> Task:
    if len(original.outputs) > 1:
        return Task.COMPARISON
    if not samples.truths:
        return Task.AUTOENCODER if _reproduces(original) else Task.COMPARISON
    try:
        _classes(original.outputs[0], samples.truths[0])
    except UnfitData:
        return Task.REGRESSION
    return Task.CLASSIFICATION


def _reproduces(original: Original) -> bool:
    return len(original.inputs) == 1 and (
        original.inputs[0].converted_shape == original.outputs[0].converted_shape
    )


def _classes(output: Port, truth: Array) -> Array:
    """Return classes as integers; raises `UnfitData` for what are none."""
    shape = output.converted_shape
    if len(shape) < 2:
        raise UnfitData(f"output {output} has no dimension of classes")
    count = max(shape[-1], 2)
    if truth.shape[1:] == shape[1:] and shape[-1] > 1 and _one_hot(truth):
        hot: Array = np.argmax(truth, axis=-1)
        return hot
    if truth.shape[1:] == (*shape[1:-1], 1):
        truth = truth[..., 0]
    if truth.shape[1:] != shape[1:-1] or (truth != np.floor(truth)).any():
        raise UnfitData(f"y of shape {truth.shape} has no classes for output {output}")
    if truth.min() < 0 or truth.max() >= count:
        raise UnfitData(
            f"y has classes from {truth.min():g} to {truth.max():g}; output {output} has {count}"
        )
    return truth.astype(np.int64)


def _one_hot(truth: Array) -> bool:
    return bool(np.isin(truth, (0, 1)).all() and (truth.sum(axis=-1) == 1).all())


def _values(output: Port, truth: Array) -> Array:
    if truth.shape[1:] == output.shape[1:]:
        return output.converted(truth)
    if output.shape[1:] == (1,) and truth.ndim == 1:
        return truth[:, np.newaxis]
    raise UnfitData(f"y has shape {truth.shape}; output {output} needs (n, ...) of its own shape")


def difference(first: list[Array], second: list[Array]) -> dict[str, float]:
    """Return how far two lists of outputs are from each other, over all elements."""
    gaps = np.concatenate(
        [(one.astype(np.float64) - other).ravel() for one, other in zip(first, second, strict=True)]
    )
    return {"largest": float(np.abs(gaps).max()), "mean_squared": float(np.mean(gaps**2))}
