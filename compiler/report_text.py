"""A build's report for people who read it in a terminal."""

from collections.abc import Iterator
from typing import Any

_BAR = 24


def report_text(report: dict[str, Any]) -> str:
    """Return the report of `compiler.report` as lines of at most 100 characters."""
    return "\n".join(_lines(report))


def _lines(report: dict[str, Any]) -> Iterator[str]:
    model, target = report["model"], report["target"]["name"]
    yield f"model      {model['sha256'][:16]}  {model['bytes']} B"
    yield f"target     {target}  {report['kind']}, objective {report['objective']}"
    yield f"toolchain  {report['toolchain']}"
    yield ""
    yield from _flash(report["flash"])
    yield from _ram(report["ram"])
    yield ""
    yield from (_fit(fit) for fit in report["fit"]["resources"])
    yield ""
    yield from _operators(report["operators"])
    yield ""
    yield from _proof(report["verification"])


def _flash(flash: dict[str, Any]) -> Iterator[str]:
    yield f"flash      {flash['total']:>9} B"
    for part in ("constants", "code", "table", "image_overhead"):
        yield f"  {part.replace('_', ' '):<20}{flash[part]:>9} B"


def _ram(ram: dict[str, Any]) -> Iterator[str]:
    yield f"RAM        {ram['total']:>9} B"
    for part in ("arena", "state", "stack_bound", "program"):
        if ram[part]:
            yield f"  {part.replace('_', ' '):<20}{ram[part]:>9} B"


def _fit(fit: dict[str, Any]) -> str:
    share = min(1.0, fit["needed"] / fit["available"]) if fit["available"] else 1.0
    bar = ("#" * round(share * _BAR)).ljust(_BAR, ".")
    name = fit["resource"].partition(" (")[0]
    return f"{name:<20}[{bar}] {fit['needed']} of {fit['available']} B, {fit['headroom']} B left"


def _operators(operators: list[dict[str, Any]]) -> Iterator[str]:
    yield f"{'':>4} {'operator':<20}{'shape':<16}{'MACs':>12}{'flash B':>10}{'arena':>16}  life"
    for operator in operators:
        first, *_ = operator["outputs"] or [None]
        shape = "x".join(map(str, first["shape"])) if first else "-"
        arena = f"{first['arena_offset']}+{first['bytes']}" if first else "-"
        life = f"{first['life'][0]}..{first['life'][1]}" if first else "-"
        yield (
            f"{operator['index']:>4} {operator['name']:<20}{shape:<16}{operator['macs']:>12}"
            f"{operator['flash']:>10}{arena:>16}  {life}"
        )


def _proof(verification: dict[str, Any]) -> Iterator[str]:
    if verification["instructions"] is not None:
        yield f"{verification['instructions']} instructions per inference"
    yield (
        f"{verification['vectors']} vectors, {verification['elements']} elements,"
        f" {verification['mismatches']} mismatches"
    )
