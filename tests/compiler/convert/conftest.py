"""How tests that train end where TensorFlow is not installed."""

import importlib.util
import os

import pytest

_TRAINS = importlib.util.find_spec("tensorflow") and importlib.util.find_spec("sklearn")
_REASON = "needs the extra `convert`: pip install -e '.[convert]'"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip them, or fail them where REQUIRE_PEERS says that all there is to run has to run."""
    if _TRAINS or item.get_closest_marker("convert") is None:
        return
    if os.environ.get("REQUIRE_PEERS"):
        pytest.fail(_REASON, pytrace=False)
    pytest.skip(_REASON)
