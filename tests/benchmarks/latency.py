"""Item 4: how long a Register takes at a steady rate, on a machine that is otherwise idle."""

from .candidates import LIBCOAP_SERVER, OURS, OURS_WITHOUT_STORAGE, load, references, running
from .figures import Figure, Say, at_most, median

RATE = 5_000
FLEET = 5_000


def measure(say: Say, *, quick: bool, rounds: int) -> None:
    """Register at the rate, whatever the answers do (open loop)."""
    fleet, seconds = (500, 1) if quick else (FLEET, 10)
    rate = RATE // 10 if quick else RATE
    for candidate in (OURS, OURS_WITHOUT_STORAGE, *references(LIBCOAP_SERVER)):
        found = []
        for _ in range(rounds):
            with (
                running(candidate) as server,
                load(
                    "endpoints",
                    server,
                    endpoints=fleet,
                    mode="register",
                    rate=rate,
                    seconds=seconds,
                ) as endpoints,
            ):
                endpoints.told()
                endpoints.tell()
                found.append(endpoints.told())
        p99 = median([seen["p99"] for seen in found])
        what = f"Register at {rate:,}/s, {candidate.name}: p99"
        if candidate is OURS:
            say(at_most(4, what, p99, "ms", 5.0, **found[-1]))
        else:
            say(Figure(4, what, p99, "ms", more=found[-1]))
