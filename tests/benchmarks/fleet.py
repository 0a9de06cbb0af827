"""Item 3: a hundred thousand endpoints: their memory, and how long the loop ever pauses."""

from .candidates import OURS, load, running
from .figures import Figure, Say, at_most

FLEET = 100_000
RATE = 1_000


def measure(say: Say, *, quick: bool, rounds: int) -> None:
    """Register all, then update at a steady rate; once, since it takes minutes."""
    del rounds
    fleet, seconds = (2_000, 2) if quick else (FLEET, 60)
    with running(OURS) as server:
        empty = server.process.resident
        with load(
            "endpoints", server, endpoints=fleet, mode="update", rate=RATE, seconds=seconds
        ) as endpoints:
            prepared = endpoints.told()
            full = server.process.resident
            before = server.process.cpu
            server.process.ask(do="watch_pauses")
            endpoints.tell()
            seen = endpoints.told()
            pauses = server.process.ask(do="pauses")
            used = server.process.cpu - before
            registered = server.process.ask(do="count")["registered"]
            later = server.process.resident
    say(Figure(3, f"{fleet:,} endpoints: registered", registered, "", more=prepared))
    say(at_most(3, f"{fleet:,} endpoints: memory", (full - empty) / fleet, "bytes each", 2048))
    say(Figure(3, "memory after the updates", (later - empty) / fleet, "bytes each"))
    say(at_most(3, f"longest pause of the loop at {RATE}/s", pauses["pause"] * 1e3, "ms", 20.0))
    say(Figure(3, "longest that the loop ran without one", pauses["pause_cpu"] * 1e3, "ms of CPU"))
    say(Figure(3, f"longest latency at {RATE}/s", seen["longest"], "ms", more=seen))
    say(Figure(3, f"load at {RATE}/s", 100 * used / seen["seconds"], "% of a core"))
