"""Measure what has goals: `python -m tests.benchmarks [ITEM...] [--quick]`.

The server under test runs on one core, the load on another, all on the loopback interface. A
figure is the server's CPU time per completed request, or a ratio of such in one run: those are
what can be compared between machines. Needs the headers of libcoap for that reference
(Debian: libcoap3-dev). Items up to 7 are those of the CoAP endpoint; what is missing there are
tests. 8 is what a whole LwM2M server costs, its endpoints read included; 9 what builds of
published models take.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from . import blocks, burst, compiling, fleet, handshakes, latency, managed, requests
from .figures import Figure, as_json

ITEMS: dict[int, Callable[..., None]] = {
    1: requests.measure,
    2: blocks.measure,
    3: fleet.measure,
    4: latency.measure,
    5: burst.measure,
    7: handshakes.measure,
    8: managed.measure,
    9: compiling.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("items", nargs="*", type=int, help="which items; all without any")
    parser.add_argument("--quick", action="store_true", help="only to see that all still runs")
    parser.add_argument("--rounds", type=int, default=3, help="runs whose median is told")
    parser.add_argument("--json", type=Path, help="where to write the figures as JSON")
    options = parser.parse_args()
    figures: list[Figure] = []

    def say(figure: Figure) -> None:
        figures.append(figure)
        print(figure, flush=True)

    for item in options.items or sorted(ITEMS):
        ITEMS[item](say, quick=options.quick, rounds=1 if options.quick else options.rounds)
    if options.json is not None:
        options.json.write_text(as_json(figures))


if __name__ == "__main__":
    main()
