"""The conformance table: each feature, the test that proves it, and the peer that it was with."""

import argparse
import subprocess
import sys

from . import table
from .collect import collect


def main() -> int:
    """Print a table; return how the process is to end."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--ets", action="store_true", help="the table of ETS cases instead")
    parser.add_argument("--run", action="store_true", help="run the tests that prove it, too")
    asked = parser.parse_args()
    found, rows = collect(), table.features()
    proofs = tuple(found.proofs)
    lines = table.ets(found.nodes, proofs) if asked.ets else table.conformance(rows, proofs)
    for line in lines:
        print(line)
    faults = [*table.faults(rows, proofs), *table.unknown_cases(found.nodes)]
    for fault in faults:
        print(fault, file=sys.stderr)
    if asked.run and not faults:
        nodes = dict.fromkeys(proof.node for proof in proofs)
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *nodes], check=False
        ).returncode
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
