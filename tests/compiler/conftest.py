"""Fixtures of the compiler's tests: one library of all kernels."""

from importlib.resources import files
from pathlib import Path

import pytest

from .host_code import compile_c
from .kernel_call import Kernels


@pytest.fixture(scope="session")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> Kernels:
    """Return all kernels, compiled once."""
    folder = Path(str(files("compiler"))) / "kernels"
    texts = {p.name: p.read_text("utf-8") for p in sorted(folder.glob("*.[ch]"))}
    return Kernels(compile_c(texts, tmp_path_factory.mktemp("kernels")))
