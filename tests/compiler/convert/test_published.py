"""Published models: converted, compiled, and proven bit by bit."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = [pytest.mark.convert, pytest.mark.models, pytest.mark.slow]


def test_keras_of_old_is_converted_compiled_and_proven(models: Path, tmp_path: Path) -> None:
    """As a person does it, by two commands; random images are enough to take ranges from."""
    random = np.random.default_rng(7)
    images = random.uniform(0, 255, (40, 32, 32, 3)).astype(np.float32)
    np.save(tmp_path / "images.npy", images)
    output = tmp_path / "resnet.tflite"
    told = tinymlaas(
        *("convert", models / "pretrainedResnet.h5", "-o", output),
        *("--calibration", tmp_path / "images.npy", "--evaluate", tmp_path / "images.npy"),
    )
    assert told["source"]["parameters"] == 78_666
    result = told["result"]
    assert result["operators"] == {
        "CONV_2D": 9,
        "ADD": 3,
        "AVERAGE_POOL_2D": 1,
        "FULLY_CONNECTED": 1,
        "SOFTMAX": 1,
    }
    assert result["compiler"] == {"serves": True, "macs": 12_501_632}
    assert told["accuracy"]["stages"][1]["difference"]["mean_squared"] < 0.01
    proof = tinymlaas("verify", output, "--target", "cortex-m4", "--vectors", "3")
    assert (proof["vectors"], proof["mismatches"]) == (3, 0)


def test_a_tflite_of_int8_weights_becomes_int8_throughout(models: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "sounds.npy", np.random.default_rng(7).normal(size=(40, 49, 10, 1)))
    told = tinymlaas(
        *("convert", models / "kws_ref_model_float32.tflite", "-o", tmp_path / "kws.tflite"),
        *("--calibration", tmp_path / "sounds.npy", "--evaluate", tmp_path / "sounds.npy"),
    )
    assert told["result"]["inputs"] == ["int8[1,49,10,1]"]
    assert told["result"]["compiler"] == {"serves": True, "macs": 2_656_768}
    assert told["accuracy"]["stages"][1]["difference"]["mean_squared"] < 0.001


def tinymlaas(*words: object) -> Any:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "lwm2m_server", *map(str, words), "--json"],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert done.stderr == ""  # what frameworks have to say is theirs
    return json.loads(done.stdout)
