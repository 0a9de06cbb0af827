"""The demo is the promise: four devices run a proven model, one is told what it lacks."""

import json
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_the_demo_ends_as_expected() -> None:
    played = subprocess.run(
        [sys.executable, "-P", "-m", "lwm2m_server", "demo", "--once", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert played.returncode == 0, played.stderr
    document = json.loads(played.stdout)
    assert document["ok"]
    rows = {row["endpoint"]: row for row in document["devices"]}
    tiny = rows.pop("sim-tiny-1")
    assert (tiny["outcome"], "missing" in tiny["reason"]) == ("does not fit", True)
    assert len(rows) == 4
    assert [name for name, row in rows.items() if row["identity"] == "psk"] == ["sim-m4-1"]
    for row in rows.values():
        assert row["outcome"] == "succeeded"
        assert row["active_model"] == "digits"
        assert min(row["instructions_per_inference"], row["flash"], row["ram"]) > 0
    ways = {(row["via"], row["delivery"]) for row in rows.values()}
    assert ways == {(v, d) for v in ("module", "firmware") for d in ("push", "pull")}
