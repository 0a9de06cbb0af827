"""Evaluations as text for a terminal, and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from .evaluation import Evaluation
from .pareto import Point
from .published import Engine, Published

_MILLION = 1_000_000

_PEER_CORE = "cortex-m4"
_PEER = "TensorFlow Lite Micro with CMSIS-NN"
_PEER_CONDITIONS = (
    "measured in an emulator as ours are: 90b983c2b3f1, gcc 12.2.1 -O2, int8 kernels of the"
    " model's operators only"
)


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation as plain data; sums are told too."""
    row = asdict(evaluation)
    row["objective"] = str(evaluation.objective)
    row["operators"] = list(row["operators"])
    return row | {"flash": evaluation.flash, "ram": evaluation.ram}


def evaluations_text(evaluations: Sequence[Evaluation]) -> str:
    """Return a line for each evaluation: flash and RAM in bytes, exact instructions, proof."""
    head = ("model", "target", "objective", "flash", "RAM", "instructions", "per MAC", "proof")
    return "\n".join(columns([head, *map(_row, evaluations)], left=3))


def operators_text(evaluation: Evaluation) -> str:
    """Return a line for each operator, with its share of the instructions as a bar."""
    total = evaluation.instructions or 0
    rows = [("", "operator", "form", "MACs", "instructions", "flash", "")]
    for one in evaluation.operators:
        share = (one.instructions or 0) / total if total else 0.0
        told = "-" if one.instructions is None else str(one.instructions)
        bar = "#" * round(share * 24)
        rows.append((str(one.index), one.name, one.form, str(one.macs), told, str(one.flash), bar))
    return "\n".join(columns(rows, left=3))


def points_text(points: Sequence[Point]) -> str:
    """Return a line for each way to build a model, the optimal ones starred."""
    rows = [("", "objective", "instructions", "flash", "RAM", "")]
    for point in points:
        one, better = point.evaluation, point.dominated_by
        told = "-" if one.instructions is None else str(one.instructions)
        why = "" if better is None else f"{better.objective} is better in everything"
        star = "*" if point.optimal else ""
        rows.append((star, str(one.objective), told, str(one.flash), str(one.ram), why))
    return "\n".join(columns(rows, left=2))


def peers_text(evaluations: Sequence[Evaluation], models: Sequence[Published]) -> str:
    """Return our instructions beside the peer's and the aim, in millions of one inference."""
    found = {(one.model, one.core): one for one in evaluations}
    cores = list(dict.fromkeys(one.core for one in evaluations))
    rows: list[tuple[str, ...]] = [
        ("model", *(f"{core} {what}" for core in cores for what in ("peer", "aim", "ours")))
    ]
    for model in models:
        cells = [model.name]
        for core in cores:
            ours = found.get((model.name, core))
            cells += [_millions(model.peer.get(core)), _millions(model.aim.get(core)), _ours(ours)]
        rows.append(tuple(cells))
    return "\n".join(columns(rows, left=1))


def engines_text(
    evaluations: Sequence[Evaluation], peers: Sequence[Published], engines: Sequence[Engine]
) -> Iterator[str]:
    """Yield a Markdown table of flash, RAM and cycles of others beside ours, and conditions."""
    models = list(dict.fromkeys(one.model for one in evaluations))
    yield "| engine | figure | " + " | ".join(models) + " |"
    yield "| --- | --- |" + " ---: |" * len(models)
    for objective in dict.fromkeys(one.objective for one in evaluations):
        ours = {one.model: one for one in evaluations if one.objective is objective}
        name = f"TinyMLaaS, objective {objective}"
        yield _line(name, "flash, B", models, {m: one.flash for m, one in ours.items()})
        yield _line(name, "RAM, B", models, {m: one.ram for m, one in ours.items()})
        counted = {m: one.instructions for m, one in ours.items() if one.instructions is not None}
        yield _line(name, "instructions", models, counted)
    for figure, counted in (
        ("flash without the model, B", {peer.name: peer.flash for peer in peers}),
        ("arena, B", {peer.name: peer.arena for peer in peers}),
        ("instructions", {peer.name: peer.peer[_PEER_CORE] for peer in peers}),
    ):
        yield _line(_PEER, figure, models, counted)
    for engine in engines:
        for figure, values in (
            ("flash, B", engine.flash),
            ("RAM, B", engine.ram),
            ("cycles", engine.cycles),
        ):
            if values:
                yield _line(engine.name, figure, models, values)
    yield ""
    yield f"- {_PEER}: {_PEER_CONDITIONS}."
    for engine in engines:
        yield f"- {engine.name}: {engine.conditions}."


def columns(rows: Sequence[Sequence[str]], left: int) -> Iterator[str]:
    """Yield rows as lines; the first `left` columns are left-aligned, the others right."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.ljust(width) if at < left or at == len(row) - 1 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _row(one: Evaluation) -> tuple[str, ...]:
    head = (one.model, one.target, str(one.objective))
    if one.error is not None:
        return (*head, "-", "-", "-", "-", one.error)
    counted, each = "-", "-"
    if one.instructions is not None:
        counted = str(one.instructions)
        each = f"{one.instructions / one.macs:.2f}" if one.macs else "-"
    return (*head, str(one.flash), str(one.ram), counted, each, one.proof)


def _millions(count: int | None) -> str:
    return "-" if count is None else f"{count / _MILLION:.3f}"


def _ours(evaluation: Evaluation | None) -> str:
    if evaluation is None or evaluation.error is not None:
        return "-"
    return _millions(evaluation.instructions)


def _line(name: str, figure: str, models: Sequence[str], values: Mapping[str, int]) -> str:
    cells = (f"{values[model]:,}" if model in values else "" for model in models)
    return f"| {name} | {figure} | " + " | ".join(cells) + " |"
