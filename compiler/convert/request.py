"""What is asked of a conversion, and its JSON form between two processes."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from .errors import UnfitData


class Quantisation(StrEnum):
    """What weights and activations become."""

    INT8 = "int8"
    INT16X8 = "int16x8"
    FLOAT = "float"


class Border(StrEnum):
    """The type of the converted model's inputs and outputs."""

    INT8 = "int8"
    INT16 = "int16"
    FLOAT = "float"


class Task(StrEnum):
    """What a model is for, which says how good it is.

    Classification by the share of samples whose class is found (top-1), regression and
    autoencoder by the mean squared error; a comparison has no truth but the original.
    """

    CLASSIFICATION = "classification"
    REGRESSION = "regression"
    AUTOENCODER = "autoencoder"
    COMPARISON = "comparison"


BORDERS = {
    Quantisation.INT8: (Border.INT8, Border.FLOAT),
    Quantisation.INT16X8: (Border.INT16, Border.FLOAT),
    Quantisation.FLOAT: (Border.FLOAT,),
}
"""The borders that each quantisation can have, the usual one first."""

CLUSTERS_MAX = 256
"""More values than int8 has are no clustering."""

SAVED_WEIGHTS_MAX = 0.99
"""A layer without weights is none."""


@dataclass(frozen=True, slots=True)
class ConversionRequest:
    """A model to convert, where to, and how.

    `prune` is the share of each layer's weights to set to zero, `prune_channels` that of
    its output channels, `cluster` the number of values that each layer's weights may
    have; None where a step is left out. `epochs` of fine-tuning follow on pruning.
    """

    model: Path
    output: Path
    calibration: Path | None = None
    evaluation: Path | None = None
    quantise: Quantisation = Quantisation.INT8
    border: Border | None = None
    task: Task | None = None
    prune: float | None = None
    prune_channels: float | None = None
    cluster: int | None = None
    epochs: int = 0
    seed: int = 0

    def check(self) -> None:
        """Raise `UnfitData` for options that contradict each other or are out of range."""
        if self.quantise is not Quantisation.FLOAT and self.calibration is None:
            raise UnfitData(
                f"{self.quantise} needs calibration data, some hundred typical inputs:"
                " --calibration DATA.npz with them as x (or --quantise float)"
            )
        allowed = BORDERS[self.quantise]
        if self.border is not None and self.border not in allowed:
            raise UnfitData(
                f"a model quantised to {self.quantise} has inputs of type"
                f" {' or '.join(allowed)}, not {self.border}"
            )
        for share in (self.prune, self.prune_channels):
            if share is not None and not 0 < share <= SAVED_WEIGHTS_MAX:
                raise UnfitData(
                    f"a share of {share} cannot be pruned; above 0, up to {SAVED_WEIGHTS_MAX}"
                )
        if self.cluster is not None and not 2 <= self.cluster <= CLUSTERS_MAX:
            raise UnfitData(f"{self.cluster} clusters are not possible; 2 to {CLUSTERS_MAX} are")
        if self.epochs < 0 or (self.epochs and self.calibration is None):
            raise UnfitData(
                "fine-tuning needs labelled data: --calibration DATA.npz with inputs as x and"
                " labels as y, and a number of epochs above 0"
            )

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {
            name: str(value) if isinstance(value, (Path, StrEnum)) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Self:
        """Return the request that `to_json` told of."""
        fields = {
            name: _KINDS[name](value) if name in _KINDS and value is not None else value
            for name, value in row.items()
        }
        return cls(**fields)


_KINDS: dict[str, Callable[[str], Any]] = {
    "model": Path,
    "output": Path,
    "calibration": Path,
    "evaluation": Path,
    "quantise": Quantisation,
    "border": Border,
    "task": Task,
}
