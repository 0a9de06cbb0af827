"""One conversion from file to file, and its report."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import CompileError
from .accuracy import Aim, aim_of, difference
from .channels import prune_channels
from .cluster import cluster_weights
from .errors import UnfitData
from .formats import load
from .lite import to_lite
from .original import Array, Original
from .outcome import compute, describe
from .prune import Masks, joined, prune_weights
from .request import ConversionRequest, Task
from .samples import Samples, load_samples
from .tune import fine_tune
from .weights import kernels_of

Say = Callable[[str], None]


def run(request: ConversionRequest, progress: Say = lambda _: None) -> dict[str, Any]:
    """Convert a model, write the .tflite file whole or not at all, and return the report.

    The same request on the same files gives the same bytes, in a process that was
    started with `job.ENVIRONMENT`. Raises `ConversionError`. The report:

        {"source": {"file", "format", "inputs", "outputs", "moved_axes", "parameters"},
         "steps": ["pruned 50 %", ...],
         "result": {"file", "sha256", ...} as `outcome.describe` has it,
         "accuracy": null, or {"task", "samples", "stages": [{"stage": "original", "top_1", ...},
                     {"stage": "int8", "top_1", ..., "difference": {...}}], "missing": null or why}}

    where each stage has what `accuracy.Aim.score` measures, and each but the first how far
    it is from the first.
    """
    request.check()
    if not request.output.parent.is_dir():
        raise UnfitData(f"{request.output.parent}: no such folder to write to")
    progress("reading the model")
    original = load(request.model)
    calibration = _samples(request.calibration, original)
    measured = _Measured.of(request, original)
    if measured:
        progress("measuring the original")
        measured.note("original", original.predict(measured.samples.inputs))
    steps = _edit(request, original, calibration, progress)
    if steps and measured:
        measured.note(", ".join(steps), original.predict(measured.samples.inputs))
    progress(f"converting to {request.quantise}")
    fed = calibration.inputs if calibration else ()
    model = to_lite(original, request.quantise, request.border, fed)
    if measured:
        progress("measuring the result in the interpreter of TensorFlow Lite Micro")
        measured.note_result(str(request.quantise), model)
    _write(request, model)
    return {
        "source": _source(request, original),
        "steps": steps,
        "result": {
            "file": str(request.output),
            "sha256": hashlib.sha256(model).hexdigest(),
            **describe(model),
        },
        "accuracy": measured.to_json() if measured else None,
    }


@dataclass
class _Measured:
    """Outputs of each stage, and what they are worth."""

    original: Original
    samples: Samples
    aim: Aim
    stages: list[dict[str, Any]]
    first: list[Array]
    missing: str | None = None

    @classmethod
    def of(cls, request: ConversionRequest, original: Original) -> "_Measured | None":
        """Return what is yet to be measured; None without data to measure on."""
        samples = _samples(request.evaluation, original)
        if samples is None:
            return None
        return cls(original, samples, aim_of(original, samples, request.task), [], [])

    def note(self, stage: str, outputs: list[Array]) -> None:
        """Note what the outputs of a stage are worth; the first is what others differ from."""
        row: dict[str, Any] = {"stage": stage, **self.aim.score(outputs)}
        if self.first:
            row["difference"] = difference(self.first, outputs)
        self.first = self.first or outputs
        self.stages.append(row)

    def note_result(self, stage: str, model: bytes) -> None:
        """Note what a device computes, or why nobody knows."""
        original = self.original
        try:
            outputs = compute(model, original.inputs, original.outputs, self.samples.inputs)
        except CompileError as error:
            self.missing = str(error)
            return
        self.note(stage, outputs)

    def to_json(self) -> dict[str, Any]:
        return {
            "task": str(self.aim.task),
            "samples": len(self.samples),
            "stages": self.stages,
            "missing": self.missing,
        }


def _samples(path: Any, original: Original) -> Samples | None:
    return None if path is None else load_samples(path, original.inputs, original.outputs)


def _edit(
    request: ConversionRequest, original: Original, calibration: Samples | None, progress: Say
) -> list[str]:
    """Prune, fine-tune and cluster as asked for; return what was done, in words."""
    steps: list[str] = []
    masks: Masks = {}
    kernels = kernels_of(original.variables)
    if (request.prune or request.cluster) and not kernels:
        raise UnfitData("the model has no weights of its own to prune or to cluster")
    if request.prune_channels is not None:
        progress("pruning channels")
        masks = prune_channels(original.network, request.prune_channels)
        steps.append(f"{request.prune_channels:.0%} of channels pruned")
    if request.prune is not None:
        progress("pruning weights")
        masks = joined(masks, prune_weights(kernels, request.prune))
        steps.append(f"{request.prune:.0%} of weights pruned")
    if request.epochs:
        progress(f"fine-tuning for {request.epochs} epochs")
        _tune(request, original, calibration, masks)
        steps.append(f"fine-tuned for {request.epochs} epochs")
    if request.cluster is not None:
        progress("clustering weights")
        cluster_weights(kernels, request.cluster)
        steps.append(f"weights of {request.cluster} values")
    return steps


def _tune(
    request: ConversionRequest, original: Original, labelled: Samples | None, masks: Masks
) -> None:
    if labelled is None:
        raise UnfitData("fine-tuning needs labelled data")
    aim = aim_of(original, labelled, request.task)
    if aim.task is Task.COMPARISON:
        raise UnfitData(
            "fine-tuning needs labels: y in the calibration data, what is true of each sample"
        )
    fine_tune(original, labelled, aim, masks, epochs=request.epochs, seed=request.seed)


def _source(request: ConversionRequest, original: Original) -> dict[str, Any]:
    return {
        "file": str(request.model),
        "format": original.format,
        "inputs": [str(port) for port in original.inputs],
        "outputs": [str(port) for port in original.outputs],
        "moved_axes": {
            port.name: list(port.order)
            for port in (*original.inputs, *original.outputs)
            if port.order != tuple(sorted(port.order))
        },
        "parameters": original.parameters,
    }


def _write(request: ConversionRequest, model: bytes) -> None:
    partial = request.output.with_name(f".{request.output.name}.partial")
    try:
        partial.write_bytes(model)
        os.replace(partial, request.output)  # noqa: PTH105 -- the rename that overwrites
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UnfitData(f"{request.output}: {error.strerror}") from error
