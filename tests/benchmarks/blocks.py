"""Item 2: blocks pushed and pulled, over many devices at once, and large bodies."""

from .candidates import AIOCOAP_SITE, LIBCOAP_SERVER, OURS, Candidate, load, references, running
from .figures import Figure, Say, at_least, at_most, median

GOAL = 20_000
DEVICES = 500
KIB = 1024
_TOKEN = "x"

Blocks = tuple[float, dict[str, float]]
"""CPU seconds of the server per block, and what the load has seen."""


def push(devices: int, size: int, times: int = 1) -> Blocks:
    """Push `size` bytes to so many devices at once, so many times."""
    told: dict[str, float] = {}
    with running(OURS) as server, load("devices", server, devices=devices) as fleet:
        assert fleet.line() == "ready"
        before = server.process.cpu
        for _ in range(times):
            told = server.process.ask(do="push", size=size)
        used = server.process.cpu - before
        seen = fleet.last_words()
    return used / max(seen["blocks"], 1), {**seen, **told}


def pull(candidate: Candidate, devices: int, size: int, **until: float) -> Blocks:
    """Let so many devices pull `size` bytes."""
    with running(candidate, size) as server:
        if candidate is OURS:
            # A token is one device's: under each one address is served at a time.
            server.process.ask(do="offer", token=_TOKEN, size=size, devices=devices)
            until = {**until, "each": 1}
        before = server.process.cpu
        with load("pullers", server, devices=devices, path=f"p/{_TOKEN}", **until) as fleet:
            seen = fleet.told()
        used = server.process.cpu - before
    return used / max(seen["blocks"], 1), seen


def measure(say: Say, *, quick: bool, rounds: int) -> None:
    """Measure pushes and pulls, then whether large bodies cost the same for each block."""
    devices, size = (20, 16 * KIB) if quick else (DEVICES, 256 * KIB)
    pushed = [push(devices, size) for _ in range(rounds)]
    _tell(say, f"push to {devices} devices", [cost for cost, _ in pushed], pushed[-1][1])
    reused = sum(seen["reused"] for _, seen in pushed)
    say(at_most(2, "message ids reused within their lifetime", reused, "", 0))
    seconds = 1.0 if quick else 5.0
    pulled = [pull(OURS, devices, size, seconds=seconds) for _ in range(rounds)]
    _tell(say, f"pull by {devices} devices", [cost for cost, _ in pulled], pulled[-1][1])
    for reference in references(LIBCOAP_SERVER, AIOCOAP_SITE):
        cost, seen = pull(reference, min(devices, 100), size, seconds=seconds)
        say(
            Figure(
                2, f"pull, {reference.name}", 1 / cost if cost else 0.0, "blocks/CPU-s", more=seen
            )
        )
    _tell_linear(say, quick=quick)


def _tell(say: Say, what: str, costs: list[float], seen: dict[str, float]) -> None:
    rate = 1 / max(median(costs), 1e-9)
    say(at_least(2, what, rate, "blocks/CPU-s", GOAL, **seen))


def _tell_linear(say: Say, *, quick: bool) -> None:
    """Tell what a block of a large body costs, in terms of one of a body a sixteenth its size."""
    large = 1024 * KIB if quick else 10 * 1024 * KIB
    for what, cost_of in (
        ("push", lambda size, times: push(2, size, times)[0]),
        ("pull", lambda size, times: pull(OURS, 2, size, bodies=times)[0]),
    ):
        # As many devices at once and as many blocks in both: what is saved by taking
        # many datagrams in one turn of the loop is the same.
        ratio = cost_of(large, 1) / max(cost_of(large // 16, 16), 1e-9)
        name = f"{what} of {large // KIB // 1024} MiB: a block, to one of 1/16 of that"
        say(at_most(2, name, ratio, "x", 1.5))
