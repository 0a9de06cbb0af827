"""How tests that train end where TensorFlow is not installed."""

import importlib.util

import pytest

from tests.peers import absent

_TRAINS = importlib.util.find_spec("tensorflow") and importlib.util.find_spec("sklearn")
_REASON = "needs the extra `convert`: pip install -e '.[convert]'"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let none begin for which something is absent."""
    if _TRAINS or item.get_closest_marker("convert") is None:
        return
    absent(_REASON)
