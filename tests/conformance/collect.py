"""Collects the tests, and what they say they prove."""

import contextlib
import io
from dataclasses import dataclass, field

import pytest

from .table import OURS, Proof

# Where the tests are of what the table tells: all of LwM2M, and nothing of models.
_ROOMS = ("tests/interop", "tests/lockstep", "tests/lwm2m_server", "tests/objects")


@dataclass
class Collected:
    """A plugin of pytest's, and what it has found: functions, without parameters."""

    nodes: dict[str, None] = field(default_factory=dict)
    proofs: dict[Proof, None] = field(default_factory=dict)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Take note of all, before anything is deselected."""
        for item in items:
            node = item.nodeid.partition("[")[0]
            self.nodes[node] = None
            for mark in item.iter_markers("proves"):
                peer = mark.kwargs.get("peer", OURS)
                self.proofs[Proof(node, mark.args, peer)] = None


def collect() -> Collected:
    """Return what all tests say; raises `RuntimeError` where they cannot be collected."""
    found = Collected()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        options = ("--collect-only", "-q", "-p", "no:cacheprovider")
        code = pytest.main([*options, *_ROOMS], [found])
    if code != pytest.ExitCode.OK:
        raise RuntimeError(said.getvalue())
    return found
