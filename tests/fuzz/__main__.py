"""Send what nobody sends on purpose: `python -m tests.fuzz [WHAT ...] [--datagrams N]`.

WHAT is core, server, models or architectures.

`core` feeds the message layer in memory, on a clock that is told: nothing may be raised, every
request of its own has to end, and nothing may be left once all lifetimes are over. `server`
feeds a server over the loopback interface: its log has to stay empty, it has to go on answering,
and what it holds in memory to return once the lifetimes are over, which is waited for. `models`
feeds the compiler `--models N` files that nobody would save: C or a CompileError has to come of
each, soon, and in little memory; published ones are among them where TINYMLAAS_MODELS says.
`architectures` feeds it realistic networks with unrealistic numbers for `--seconds S`, for
`--target` and for each objective in turn; machine code and oracle have to agree bit by bit.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable

from . import core, models, server, trials

_RUN = 50_000
# Above EXCHANGE_LIFETIME (RFC 7252 §4.8.2) and a third: answers are forgotten by generations.
_SETTLE = 340.0


def fuzz_core(seed: int, datagrams: int, _settle: float) -> bool:
    """Feed cores one after the other, each with a seed of its own."""
    for number in range(max(1, datagrams // _RUN)):
        left = core.blocks_after(seed + number, min(datagrams, _RUN))
        print(f"core, seed {seed + number}: {min(datagrams, _RUN):,} datagrams, {left} blocks left")
    return True


def fuzz_server(seed: int, datagrams: int, settle: float) -> bool:
    """Feed one server."""
    began = time.monotonic()
    outcome = server.fuzz(seed, datagrams, settle)
    print(
        f"server, seed {seed}: {datagrams:,} datagrams in {time.monotonic() - began:.0f} s, "
        f"operators asked {outcome.operators['asked']:,} times and were answered "
        f"{outcome.operators['answered']:,} times; blocks of memory {outcome.before:,}, "
        f"{outcome.highest:,}, and {outcome.after:,} in the end; "
        f"resident {outcome.resident >> 20} MiB at the highest"
    )
    print(outcome.log, file=sys.stderr, end="")
    return not outcome.log and (outcome.returned or not settle)


def fuzz_models(seed: int, count: int, _settle: float) -> bool:
    """Feed the compiler."""
    began = time.monotonic()
    outcome = models.fuzz(seed, count, os.environ.get("TINYMLAAS_MODELS"))
    refused = ", ".join(f"{name} {n:,}" for name, n in sorted(outcome.refused.items()))
    print(
        f"models, seed {seed}: {outcome.models:,} in {time.monotonic() - began:.0f} s, the slowest "
        f"in {outcome.slowest:.1f} s; C of {outcome.translated:,}, {refused}; memory grew by "
        f"{outcome.grown >> 20} MiB"
    )
    return True


def fuzz_architectures(seed: int, target: str, seconds: float) -> bool:
    """Build networks for a target."""
    found = trials.attempts(seed, seconds, target)
    print(
        f"architectures, from seed {seed}, {target}: {found.proven:,} proven, {found.refused:,} "
        f"refused, {len(found.wrong):,} wrong; stack {found.deepest} B at the most"
    )
    print(*found.wrong, sep="\n", file=sys.stderr)
    return not found.wrong and found.proven > 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", default=["core", "server"])
    parser.add_argument("--datagrams", type=int, default=1_000_000)
    parser.add_argument("--models", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--settle", type=float, default=_SETTLE, help="seconds to wait at the end")
    parser.add_argument("--target", default="cortex-m4", help="of architectures: core+feature+...")
    parser.add_argument("--seconds", type=float, default=60.0, help="for architectures")
    options = parser.parse_args()
    run: dict[str, Callable[[], bool]] = {
        "core": lambda: fuzz_core(options.seed, options.datagrams, options.settle),
        "server": lambda: fuzz_server(options.seed, options.datagrams, options.settle),
        "models": lambda: fuzz_models(options.seed, options.models, options.settle),
        "architectures": lambda: fuzz_architectures(options.seed, options.target, options.seconds),
    }
    chosen = [run[what] for what in options.what]
    good = [fuzzer() for fuzzer in chosen]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
