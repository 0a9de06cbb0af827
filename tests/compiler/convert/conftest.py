"""How tests of conversion end where its frameworks are not installed, and how those behave."""

import importlib.util
import os
import warnings
from pathlib import Path

import pytest

from compiler.convert.job import ENVIRONMENT, NEEDED
from tests.peers import absent

from .onnx_builder import OnnxBuilder

_INSTALLED = all(importlib.util.find_spec(name) for name in NEEDED)
_REASON = "needs the extra `convert`: pip install -e '.[convert]'"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let none begin for which something is absent; what frameworks warn of is theirs."""
    if item.get_closest_marker("convert") is None:
        return
    if not _INSTALLED:
        absent(_REASON)
    os.environ |= {name: value for name, value in ENVIRONMENT.items() if name not in os.environ}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module("compiler.convert.conversion")


@pytest.fixture
def onnx_builder(tmp_path: Path) -> OnnxBuilder:
    return OnnxBuilder(tmp_path / "model.onnx")
