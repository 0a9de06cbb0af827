"""Seeds of drawn models: each costs a compilation."""

from typing import Any

import pytest

FEW = 4
"""Seeds of the unit suite; the others are slow."""


def seeds(count: int) -> list[Any]:
    """Return seeds to parametrize with."""
    slow = pytest.mark.slow
    return [seed if seed < FEW else pytest.param(seed, marks=slow) for seed in range(count)]
