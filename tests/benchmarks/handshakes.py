"""Item 7: DTLS handshakes, each with a registration, and what a session weighs."""

import json
import subprocess
import sys

from .figures import Figure, Say, at_least, median

GOAL = 1_500


def measure(say: Say, *, quick: bool, rounds: int) -> None:
    """Run `dtls_handshakes` for each engine that is there, in turns."""
    sessions = 100 if quick else 2_000
    command = (sys.executable, "-m", "tests.benchmarks.dtls_handshakes", str(sessions))
    found: dict[str, list[dict[str, float]]] = {}
    for _ in range(rounds):
        # Its status tells whether the goal was met, which the figures tell too.
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        for line in done.stdout.splitlines():
            told = json.loads(line)
            found.setdefault(told.pop("engine"), []).append(told)
    if not found:
        raise RuntimeError("no handshake was measured")
    for engine, told in found.items():
        rate = median([one["per_cpu_second"] for one in told])
        say(at_least(7, f"handshakes, {engine}", rate, "/CPU-s", GOAL))
        weight = median([one["bytes_per_session"] for one in told])
        say(Figure(7, f"memory of a session, {engine}", weight, "bytes"))
