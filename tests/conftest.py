"""What all tests share: the published models and how they are counted, and Hypothesis's manners."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from lwm2m_server.process import configure_logging
from tests.peers import REQUIRED

# Time is no property of what is tested here: machines are shared, and the first
# draw of any text builds tables of all characters, which takes a second or two.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")

# Tests that kill and refuse make faults by the dozen; drawing each one takes a second.
configure_logging()

_MODELS = os.environ.get("TINYMLAAS_MODELS")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect (and so count) what needs the published models where none are given.

    Where REQUIRE_PEERS is set they stay, and fail for want of their fixture.
    """
    if _MODELS or REQUIRED:
        return
    without = [item for item in items if item.get_closest_marker("models")]
    if without:
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if item not in without]


@pytest.fixture(scope="session")
def models() -> Path:
    """Return the folder of published models that TINYMLAAS_MODELS names."""
    assert _MODELS, "set TINYMLAAS_MODELS to the folder of published models"
    return Path(_MODELS)
