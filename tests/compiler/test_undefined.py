"""Inputs for which the reference has no output: run, left out of the comparison, and told of."""

from pathlib import Path

import numpy as np
import pytest

from compiler.backends import BACKENDS, LinkJob
from compiler.emit.table import FILE_NAME, emit_table
from compiler.errors import UnsupportedModel
from compiler.graph import OperatorCode
from compiler.machine import Machine
from compiler.oracle import Oracle
from compiler.passes import optimise
from compiler.profile import Objective
from compiler.targets import ImageKind, Target
from compiler.tflite import read
from compiler.translate import translate
from compiler.vectors import pack, random_vectors
from compiler.verify import Verification, verify

from .conftest import SLOT
from .model_builder import one_operator, schema
from .ops.operator_law import int8

FLAT = {1, 2, 3}
"""The vectors that are of one value each."""


def softmax(depth: int, scale: float = 0.1) -> bytes:
    options = schema.SoftmaxOptionsT()
    options.beta = 1.0
    ends = int8((1, depth), scale, 0), int8((1, depth), 1 / 256, -128)
    return one_operator(OperatorCode.SOFTMAX, ends[:1], ends[1], options)


def proven(model: bytes, folder: Path, count: int = 8) -> Verification:
    """Prove a model on the host."""
    target = Target("host")
    emitted = translate(optimise(read(model)), Machine())
    files = emitted.files | {FILE_NAME: emit_table(emitted, hard_float=False, host=True)}
    BACKENDS["native"].link(LinkJob(files, target, Objective.FLASH, ImageKind.MODULE, SLOT), folder)
    image, kind = folder / "image.so", ImageKind.MODULE
    return verify(image, None, target, kind=kind, model=model, count=count, progress=[].append)


def test_flat_rows_of_many_classes_are_left_out(tmp_path: Path) -> None:
    model = softmax(512)
    found = proven(model, tmp_path)
    assert (found.mismatches, found.vectors, found.undefined) == (0, 5, len(FLAT))
    assert found.elements == 5 * 512
    oracle = Oracle(model)
    vectors = [v for n, v in enumerate(random_vectors(oracle.inputs, 8)) if n not in FLAT]
    assert found.pairs == tuple((pack(v), pack(oracle.run(v))) for v in vectors)


def test_nothing_is_left_out_of_fewer_classes(tmp_path: Path) -> None:
    found = proven(softmax(511), tmp_path)
    assert (found.mismatches, found.vectors, found.undefined) == (0, 8, 0)


@pytest.mark.parametrize(("model", "count"), [(softmax(512), 5), (softmax(600, scale=0.001), 8)])
def test_half_must_be_compared(model: bytes, count: int, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModel, match="gave up on an input"):
        proven(model, tmp_path, count)


@pytest.mark.parametrize("depth", [511, 512, 4095])
def test_the_reference_lacks_outputs_from_512_classes_on(depth: int) -> None:
    oracle = Oracle(softmax(depth))
    assert not oracle.aborted
    try:
        oracle.run([np.zeros((1, depth), np.int8)])
    except UnsupportedModel:
        assert depth > 511
    assert oracle.aborted == (depth > 511)
