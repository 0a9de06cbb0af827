"""Data that users give: what is read, and what is refused with which words."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compiler.convert.errors import UnfitData
from compiler.convert.original import Port
from compiler.convert.samples import Samples, load_samples

INPUT = Port.plain("image", (1, 4, 4, 1), "float32")
OUTPUT = Port.plain("classes", (1, 3), "float32")
IMAGES = np.arange(5 * 16, dtype=np.uint8).reshape(5, 4, 4, 1)


def loaded(folder: Path, **arrays: Any) -> Samples:
    np.savez(folder / "data.npz", **arrays)
    return load_samples(folder / "data.npz", (INPUT,), (OUTPUT,))


def refused(folder: Path, **arrays: Any) -> str:
    with pytest.raises(UnfitData) as caught:
        loaded(folder, **arrays)
    return str(caught.value)


def test_x_and_y_are_input_and_truth_in_the_models_type(tmp_path: Path) -> None:
    samples = loaded(tmp_path, x=IMAGES, y=np.array([0, 1, 2, 1, 0]))
    assert len(samples) == 5
    assert samples.inputs[0].dtype == np.float32
    np.testing.assert_array_equal(samples.inputs[0], IMAGES)
    np.testing.assert_array_equal(samples.truths[0], [0, 1, 2, 1, 0])


def test_names_of_the_model_serve_as_well(tmp_path: Path) -> None:
    samples = loaded(tmp_path, image=IMAGES, classes=np.eye(3)[[0, 1, 2, 1, 0]])
    assert samples.truths[0].shape == (5, 3)


def test_one_array_is_inputs_alone(tmp_path: Path) -> None:
    np.save(tmp_path / "data.npy", IMAGES)
    samples = load_samples(tmp_path / "data.npy", (INPUT,), (OUTPUT,))
    assert not samples.truths
    np.testing.assert_array_equal(samples.inputs[0], IMAGES)


def test_several_inputs_go_by_name(tmp_path: Path) -> None:
    ports = (Port.plain("left", (1, 2), "float32"), Port.plain("right", (1, 3), "int32"))
    left, right = np.zeros((4, 2)), np.ones((4, 3))
    np.savez(tmp_path / "data.npz", right=right, left=left)
    samples = load_samples(tmp_path / "data.npz", ports, (OUTPUT,))
    assert [one.shape for one in samples.inputs] == [(4, 2), (4, 3)]
    np.savez(tmp_path / "data.npz", x=left)
    with pytest.raises(UnfitData, match="has the arrays x; the model needs left, right"):
        load_samples(tmp_path / "data.npz", ports, (OUTPUT,))
    np.savez(tmp_path / "data.npz", left=left, right=right / 2)
    with pytest.raises(UnfitData, match="right has values that are no int32"):
        load_samples(tmp_path / "data.npz", ports, (OUTPUT,))


def test_what_does_not_belong_to_the_model(tmp_path: Path) -> None:
    assert "x has shape (5, 4, 4); input 'image' takes (n, 4, 4, 1)" in refused(
        tmp_path, x=IMAGES[..., 0]
    )
    assert "the model needs x, or image" in refused(tmp_path, pictures=IMAGES)
    assert "its arrays have [4, 5] samples" in refused(tmp_path, x=IMAGES, y=np.zeros(4))
    assert "x has no samples" in refused(tmp_path, x=IMAGES[:0])


def test_what_are_no_numbers(tmp_path: Path) -> None:
    holed = IMAGES.astype(np.float32)
    holed[3, 1] = np.nan
    holed[4, 0] = np.inf
    assert "NaN or infinities in 2 of 5 samples, the first in sample 3" in refused(
        tmp_path, x=holed
    )
    assert "y has elements of type <U1" in refused(tmp_path, x=IMAGES, y=np.array(list("abcde")))


def test_what_is_no_file_of_arrays(tmp_path: Path) -> None:
    file = tmp_path / "data.npz"
    for content in (b"", b"x,y\n1,2\n", b"PK\x03\x04 and no more"):
        file.write_bytes(content)
        with pytest.raises(UnfitData, match=r"is no \.npy or \.npz file of plain arrays"):
            load_samples(file, (INPUT,), (OUTPUT,))
    np.save(tmp_path / "data.npy", np.array([{"code": 1}]), allow_pickle=True)
    with pytest.raises(UnfitData, match="of plain arrays"):
        load_samples(tmp_path / "data.npy", (INPUT,), (OUTPUT,))
    with pytest.raises(UnfitData, match="no such file"):
        load_samples(tmp_path / "absent.npz", (INPUT,), (OUTPUT,))
