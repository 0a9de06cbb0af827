"""What all tests share: the published models, and how tests that need them are counted."""

import os
from pathlib import Path

import pytest

_MODELS = os.environ.get("TINYMLAAS_MODELS")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect (and so count) what needs the published models where none are given."""
    if _MODELS:
        return
    without = [item for item in items if item.get_closest_marker("models")]
    if without:
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if item not in without]


@pytest.fixture(scope="session")
def models() -> Path:
    """Return the folder of published models that TINYMLAAS_MODELS names."""
    assert _MODELS, "tests that take `models` carry the marker `models`"
    return Path(_MODELS)
