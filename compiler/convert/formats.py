"""Which format a model has, told by its content."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from . import keras_model, lite_model, onnx_model, saved_model
from .errors import UnreadableSource
from .original import Original

_HDF5 = b"\x89HDF\r\n\x1a\n"


def _is_saved_model(path: Path) -> bool:
    return (path / "saved_model.pb").is_file()


def _is_hdf5(path: Path) -> bool:
    return _begins(path, _HDF5)


def _is_keras(path: Path) -> bool:
    return path.is_file() and zipfile.is_zipfile(path)


def _is_lite(path: Path) -> bool:
    return _begins(path, b"TFL3", 4)


def _is_onnx(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() == ".onnx"


_FORMATS: Final[tuple[tuple[str, Callable[[Path], bool], Callable[[Path], Original]], ...]] = (
    ("Keras .h5", _is_hdf5, keras_model.load_hdf5),
    ("Keras .keras", _is_keras, keras_model.load_keras),
    ("the folder of a TensorFlow SavedModel", _is_saved_model, saved_model.load),
    ("a float .tflite", _is_lite, lite_model.load),
    ("ONNX .onnx", _is_onnx, onnx_model.load),
)
"""Each format: its name, whether a file has its mark, its reader."""


def load(path: Path) -> Original:
    """Return the model at `path`; raises `UnreadableSource`, `UnsupportedSource`."""
    if not path.exists():
        raise UnreadableSource(f"{path}: no such file")
    for _, mark, read in _FORMATS:
        if mark(path):
            return read(path)
    known = ", ".join(name for name, _, _ in _FORMATS)
    raise UnreadableSource(f"{path} is of no format that is read: {known}")


def _begins(path: Path, magic: bytes, offset: int = 0) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(offset + len(magic))[offset:] == magic
