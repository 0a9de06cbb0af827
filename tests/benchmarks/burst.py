"""Item 5: a burst of registrations that comes while the process is busy."""

from typing import Any

from .candidates import AIOCOAP_SITE, OURS, Candidate, load, running
from .figures import Figure, Say, at_least, at_most

BURST = 2_000
BUSY = 0.5


def burst(candidate: Candidate) -> dict[str, Any]:
    """Have all endpoints register at once, ours while its loop is busy; return what they saw."""
    everybody = {"endpoints": BURST, "count": BURST, "window": BURST, "prepare": 0, "rto": 2}
    with running(candidate) as server, load("endpoints", server, **everybody) as endpoints:
        endpoints.told()
        if candidate is OURS:
            server.process.ask(do="busy", seconds=BUSY)
        endpoints.tell()
        return endpoints.told()


def measure(say: Say, *, quick: bool, rounds: int) -> None:
    """Tell how many were answered, and how many had to come again."""
    del rounds
    seen = burst(OURS)
    what = f"{BURST:,} registrations in {BUSY} s of silence"
    say(at_least(5, what, seen["answered"], "answers", BURST, **seen))
    say(at_most(5, "of which came again", seen["retransmitted"], "", 0))
    if not quick:
        seen = burst(AIOCOAP_SITE)
        what = "the same burst, aiocoap Site, not even busy"
        say(Figure(5, what, seen["answered"], "answers", more=seen))
