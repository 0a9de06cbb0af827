"""What can be asked for, before anything is read."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from compiler.convert.errors import UnfitData
from compiler.convert.request import Border, ConversionRequest, Quantisation, Task

PLAIN = ConversionRequest(Path("model.h5"), Path("model.tflite"), Path("data.npz"))


def test_json_tells_all_of_a_request() -> None:
    request = replace(
        PLAIN,
        evaluation=Path("test.npz"),
        quantise=Quantisation.INT16X8,
        border=Border.FLOAT,
        task=Task.REGRESSION,
        prune=0.5,
        cluster=16,
        epochs=2,
    )
    for one in (PLAIN, request):
        assert ConversionRequest.from_json(json.loads(json.dumps(one.to_json()))) == one


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"calibration": None, "quantise": Quantisation.FLOAT},
        {"border": Border.FLOAT},
        {"prune": 0.99, "prune_channels": 0.01, "cluster": 256, "epochs": 1},
    ],
)
def test_what_is_possible(changes: dict[str, Any]) -> None:
    replace(PLAIN, **changes).check()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"calibration": None}, "int8 needs calibration data"),
        ({"border": Border.INT16}, "inputs of type int8 or float, not int16"),
        ({"quantise": Quantisation.FLOAT, "border": Border.INT8}, "of type float, not int8"),
        ({"prune": 1.0}, "a share of 1.0 cannot be pruned"),
        ({"prune_channels": 0.0}, "a share of 0.0 cannot be pruned"),
        ({"prune": float("nan")}, "a share of nan"),
        ({"cluster": 1}, "1 clusters are not possible"),
        ({"cluster": 257}, "257 clusters are not possible"),
        (
            {"epochs": 1, "calibration": None, "quantise": Quantisation.FLOAT},
            "fine-tuning needs labelled data",
        ),
    ],
)
def test_what_is_not(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UnfitData) as caught:
        replace(PLAIN, **changes).check()
    assert words in str(caught.value)
