"""Data that the user gives: samples of a model's inputs, and what is true of them.

`.npy`: an array (n, ...), the samples of the only input. `.npz`: `x` for the only input,
or one array for each input, by its name; `y`, or the output's name, for what is true of
the only output. Axes as the model that comes in has them.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import UnfitData
from .original import Array, Port


@dataclass(frozen=True, slots=True)
class Samples:
    """`inputs` (n, ...) of each input; `truths` (n, ...) of the only output, or nothing."""

    inputs: tuple[Array, ...]
    truths: tuple[Array, ...]

    def __len__(self) -> int:
        return len(self.inputs[0])


def load_samples(path: Path, inputs: tuple[Port, ...], outputs: tuple[Port, ...]) -> Samples:
    """Return the data of a file, checked against the model; raises `UnfitData`."""
    arrays = _read(path)
    given = tuple(
        _checked(path, key, arrays[key], port)
        for key, port in zip(_keys(path, arrays, inputs), inputs, strict=True)
    )
    truths: tuple[Array, ...] = ()
    if len(outputs) == 1 and ("y" in arrays or outputs[0].name in arrays):
        key = "y" if "y" in arrays else outputs[0].name
        truths = (_finite(path, key, arrays[key]),)
    counts = {len(array) for array in given + truths}
    if len(counts) > 1:
        raise UnfitData(f"{path}: its arrays have {sorted(counts)} samples; all must have as many")
    return Samples(given, truths)


def _read(path: Path) -> dict[str, Array]:
    if not path.is_file():
        raise UnfitData(f"{path}: no such file")
    try:
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            return {"x": loaded} if isinstance(loaded, np.ndarray) else dict(loaded)
    except Exception as error:  # a broken archive raises what zipfile, zlib and NumPy have
        raise UnfitData(
            f"{path} is no .npy or .npz file of plain arrays ({' '.join(str(error).split())});"
            " numpy.savez(path, x=inputs, y=labels) writes one"
        ) from error


def _keys(path: Path, arrays: dict[str, Array], ports: tuple[Port, ...]) -> list[str]:
    """Return the key of each input's array."""
    if len(ports) == 1 and "x" in arrays:
        return ["x"]
    absent = [port.name for port in ports if port.name not in arrays]
    if not absent:
        return [port.name for port in ports]
    wanted = "x, or " if len(ports) == 1 else ""
    raise UnfitData(
        f"{path} has the arrays {', '.join(sorted(arrays)) or 'none'}; the model needs"
        f" {wanted}{', '.join(absent)}"
    )


def _checked(path: Path, key: str, array: Array, port: Port) -> Array:
    """Return the samples of an input in its own type."""
    if array.shape[1:] != port.shape[1:] or array.ndim != len(port.shape):
        expected = ", ".join(("n", *map(str, port.shape[1:])))
        raise UnfitData(
            f"{path}: {key} has shape {array.shape}; input {port.name!r} takes ({expected})"
        )
    array = _finite(path, key, array)
    if port.dtype.kind in "iu" and not np.array_equal(array, array.astype(port.dtype)):
        raise UnfitData(f"{path}: {key} has values that are no {port.dtype}, as the model takes")
    return array.astype(port.dtype)


def _finite(path: Path, key: str, array: Array) -> Array:
    if array.ndim == 0 or not len(array):
        raise UnfitData(f"{path}: {key} has no samples")
    if array.dtype.kind not in "fiub":
        raise UnfitData(f"{path}: {key} has elements of type {array.dtype}; numbers are needed")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        bad = np.flatnonzero(~np.isfinite(array.reshape(len(array), -1)).all(axis=1))
        raise UnfitData(
            f"{path}: {key} has NaN or infinities in {len(bad)} of {len(array)} samples,"
            f" the first in sample {bad[0]}"
        )
    return array
