"""Item 1: what a Register and an Update cost, complete, against libcoap and aiocoap."""

from collections import defaultdict
from dataclasses import dataclass

from .candidates import (
    AIOCOAP_SITE,
    LIBCOAP_SERVER,
    OURS,
    OURS_WITHOUT_STORAGE,
    Candidate,
    load,
    references,
    running,
)
from .figures import Figure, Say, at_least, at_most, median

FLEETS = (1_000, 5_000)
# As many as a busy server finds waiting; the references are given the buffer for it.
WINDOW = 1_000
_ROOM = str(4 * 1024 * 1024)


@dataclass(frozen=True, slots=True)
class Round:
    """One run: CPU microseconds of the server per answered request, and what the load saw."""

    cost: float
    p50: float
    p99: float
    retransmitted: int
    lost: int


def one_round(candidate: Candidate, mode: str, fleet: int, count: int) -> Round:
    """Have `fleet` endpoints send `count` requests."""
    with (
        running(candidate, RCVBUF=_ROOM) as server,
        load(
            "endpoints", server, endpoints=fleet, mode=mode, count=count, window=min(fleet, WINDOW)
        ) as endpoints,
    ):
        prepared = endpoints.told()
        if prepared["prepared"] < fleet:
            raise RuntimeError(f"{candidate.name}: {prepared}")
        before = server.process.cpu
        endpoints.tell()
        seen = endpoints.told()
        used = server.process.cpu - before
    if seen["refused"] or not seen["answered"]:
        raise RuntimeError(f"{candidate.name}: {seen}")
    return Round(
        1e6 * used / seen["answered"],
        seen["p50"],
        seen["p99"],
        seen["retransmitted"],
        seen["lost"],
    )


def measure(say: Say, *, quick: bool, rounds: int) -> None:
    """Measure all candidates in turns, and tell the medians."""
    candidates = (OURS_WITHOUT_STORAGE, OURS, *references(LIBCOAP_SERVER, AIOCOAP_SITE))
    for mode in ("register", "update"):
        for fleet in (100,) if quick else FLEETS:
            found: defaultdict[Candidate, list[Round]] = defaultdict(list)
            for _ in range(rounds):
                for candidate in candidates:
                    count = candidate.pace // 20 if quick else 3 * candidate.pace
                    found[candidate].append(one_round(candidate, mode, fleet, count))
            _tell(say, mode, fleet, found)


def _tell(say: Say, mode: str, fleet: int, found: dict[Candidate, list[Round]]) -> None:
    cost = {one: median([each.cost for each in rounds]) for one, rounds in found.items()}
    where = f"{mode}, {fleet:,} endpoints"
    for candidate, rounds in found.items():
        say(
            Figure(
                1,
                f"{where}: {candidate.name}",
                cost[candidate],
                "us/request",
                more={
                    "min": min(each.cost for each in rounds),
                    "p50 ms": median([each.p50 for each in rounds]),
                    "p99 ms": median([each.p99 for each in rounds]),
                    "retransmitted": sum(each.retransmitted for each in rounds),
                    "lost": sum(each.lost for each in rounds),
                },
            )
        )
    for candidate, small in ((OURS_WITHOUT_STORAGE, 2.5), (OURS, 4.0)):
        if LIBCOAP_SERVER in cost:
            ratio = cost[candidate] / cost[LIBCOAP_SERVER]
            limit = small if fleet < 5_000 else 1.0
            say(at_most(1, f"{where}: {candidate.name}", ratio, "x libcoap", limit))
        rate = cost[AIOCOAP_SITE] / cost[candidate]
        say(at_least(1, f"{where}: {candidate.name}", rate, "x aiocoap", 10.0))
