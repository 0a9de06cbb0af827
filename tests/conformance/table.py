"""What is said to be proven, what tests prove, and whether the two agree. Pure."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

OURS = "scripted CoAP"
"""The peer of a test that names none: exact messages, written here."""

_FOLDER = Path(__file__).parent
# `test_236_281_read_composite...` is of two cases.
_NUMBERS = re.compile(r"test_((?:\d+_)+)")
# There, tests of what clients do wrong are counted from 1.
_OTHER_NUMBERS = ("tests/lockstep/", range(100))


@dataclass(frozen=True, slots=True)
class Feature:
    """A row: what it is, and why no client of others proves it where none can.

    A row that is the `same` as another is proven by whatever proves that.
    """

    id: str
    group: str
    text: str
    alone: str | None = None
    same: str | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """A test, and what it says that it proves, with which peer."""

    node: str
    features: tuple[str, ...]
    peer: str


def features() -> tuple[Feature, ...]:
    """Return all rows, in the order of the file."""
    told = tomllib.loads((_FOLDER / "features.toml").read_text())
    return tuple(
        Feature(name, group, **({"text": row} if isinstance(row, str) else row))
        for group, rows in told.items()
        for name, row in rows.items()
    )


def cases() -> Mapping[int, str]:
    """Return the titles of the ETS's cases by number."""
    told = tomllib.loads((_FOLDER / "ets.toml").read_text())
    return {int(number): title for number, title in told.items()}


def proofs_of(feature: Feature, proofs: Iterable[Proof]) -> list[Proof]:
    """Return what proves a row, clients of others first."""
    name = feature.same or feature.id
    return sorted((one for one in proofs if name in one.features), key=lambda one: one.peer == OURS)


def faults(rows: Sequence[Feature], proofs: Sequence[Proof]) -> Iterator[str]:
    """Yield what is wrong: the table is complete where nothing is."""
    names = {row.id for row in rows}
    for proof in proofs:
        for name in proof.features:
            if name not in names:
                yield f"{proof.node} proves {name!r}, which is no feature"
    for row in rows:
        if row.same is not None and row.same not in names:
            yield f"{row.id} is the same as {row.same!r}, which is no feature"
        found = proofs_of(row, proofs)
        if not found:
            yield f"{row.id} has no test"
        elif row.alone is None and all(one.peer == OURS for one in found):
            yield f"{row.id} is proven by {OURS} alone, and nothing says why"


def numbers(node: str) -> tuple[int, ...]:
    """Return the ETS's cases that a test carries in its name."""
    found = _NUMBERS.match(node.rpartition("::")[2])
    if found is None:
        return ()
    folder, others = _OTHER_NUMBERS
    told = map(int, found[1].strip("_").split("_"))
    return tuple(one for one in told if not (node.startswith(folder) and one in others))


def unknown_cases(nodes: Iterable[str]) -> Iterator[str]:
    """Yield tests that carry a number that no case has."""
    known = cases()
    for node in nodes:
        for number in numbers(node):
            if number not in known:
                yield f"{node}: the ETS has no case {number}"


def conformance(rows: Sequence[Feature], proofs: Sequence[Proof]) -> Iterator[str]:
    """Yield the table as Markdown: a row for each feature, a test for each peer."""
    group = None
    for row in rows:
        if row.group != group:
            group = row.group
            yield f"\n### {group}\n\n| feature | proven with | by |\n| --- | --- | --- |"
        first = dict[str, str]()
        for proof in proofs_of(row, proofs):
            first.setdefault(proof.peer, f"`{proof.node}`")
        yield f"| {row.text} | {'<br>'.join(first)} | {'<br>'.join(first.values())} |"


def ets(nodes: Iterable[str], proofs: Iterable[Proof]) -> Iterator[str]:
    """Yield the table of the ETS's cases that are covered as Markdown."""
    peers = {proof.node: proof.peer for proof in proofs}
    covered = dict[int, set[str]]()
    for node in nodes:
        for number in numbers(node):
            covered.setdefault(number, set()).add(peers.get(node, OURS))
    yield "| ETS | case | proven with |\n| --- | --- | --- |"
    for number, title in sorted(cases().items()):
        if number in covered:
            yield f"| {number} | {title} | {', '.join(sorted(covered[number]))} |"
