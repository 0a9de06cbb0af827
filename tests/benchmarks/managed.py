"""Item 8: ten thousand endpoints that register, update and are read, without a lost message."""

from typing import Any

from .candidates import OURS, load, running
from .figures import Figure, Say, at_least, at_most

FLEET = 10_000
AT_ONCE = 100


def measure(say: Say, *, quick: bool, rounds: int) -> None:
    """Register all, have all update, then read Object 3 of each by a request of the server."""
    del rounds
    fleet = 500 if quick else FLEET
    told: dict[str, Any] = {"endpoints": fleet, "mode": "update", "count": fleet}
    with running(OURS) as server:
        empty, idle = server.process.resident, server.process.cpu
        with load("endpoints", server, window=AT_ONCE, answers=1, **told) as endpoints:
            registered = endpoints.told()
            at_registered, full = server.process.cpu, server.process.resident
            endpoints.tell()
            updated = endpoints.told()
            at_updated = server.process.cpu
            read = server.process.ask(do="read", path="/3/0", at_once=AT_ONCE)
            at_read, later = server.process.cpu, server.process.resident
            count = server.process.ask(do="count")["registered"]
            asked = endpoints.last_words()
    lost = registered["lost"] + updated["lost"] + read["failed"]
    say(at_least(8, f"{fleet:,} endpoints: registered", count, "", fleet, **registered))
    say(at_least(8, "updated", updated["answered"], "", fleet, **updated))
    say(at_least(8, "read, Object 3 of each", read["answered"], "", fleet, **read | asked))
    say(at_most(8, "lost messages", lost, "", 0))
    for what, cost in (
        ("registration", at_registered - idle),
        ("update", at_updated - at_registered),
        ("read", at_read - at_updated),
    ):
        say(Figure(8, f"time per {what}", 1e6 * cost / fleet, "us of CPU"))
    say(Figure(8, "memory per endpoint, registered", (full - empty) / fleet, "bytes"))
    say(Figure(8, "memory per endpoint, read", (later - empty) / fleet, "bytes"))
