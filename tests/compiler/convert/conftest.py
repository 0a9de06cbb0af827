"""How tests that train are counted where TensorFlow is not installed."""

import importlib.util

import pytest

_TRAINS = importlib.util.find_spec("tensorflow") and importlib.util.find_spec("sklearn")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what needs the extra `convert`; CI asks for it by marker, so none there is red."""
    if _TRAINS:
        return
    without = [item for item in items if item.get_closest_marker("convert")]
    if without:
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if item not in without]
