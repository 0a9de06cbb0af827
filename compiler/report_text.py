"""A build's report for people who read it in a terminal."""

from collections.abc import Iterator
from typing import Any

FORMAT = 2
"""Of the reports that can be read here; each says which it has."""

_BAR = 16


def report_text(report: dict[str, Any]) -> str:
    """Return the report of `compiler.report` for a terminal of 80 columns."""
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
    yield from _ledger(report["ledger"])
    yield from _proof(report["verification"])


def _flash(flash: dict[str, Any]) -> Iterator[str]:
    yield f"flash      {flash['total']:>9} B"
    for part in ("constants", "code", "table", "image_overhead"):
        told = f"  {part.replace('_', ' '):<20}{flash[part]:>9} B"
        more = flash["constants"] - flash["constants_of_model"]
        yield told + (f", {more:+} for layout and rescaling" if part == "constants" else "")


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
    yield _columns("", "operator", "output", "MACs", "instr.", "flash B", "arena", "life")
    for operator in operators:
        first, *_ = operator["outputs"] or [None]
        shape = "x".join(map(str, first["shape"])) if first else "-"
        arena = f"{first['arena_offset']}+{first['bytes']}" if first else "-"
        life = f"{first['life'][0]}..{first['life'][1]}" if first else "-"
        yield _columns(
            str(operator["index"]),
            operator["name"],
            shape,
            str(operator["macs"]),
            "-" if operator["instructions"] is None else str(operator["instructions"]),
            str(operator["flash"]),
            arena,
            life,
        )


# Index, name, shape, MACs, instructions, flash, arena, life.
_COLUMNS = "{:>3} {:<18}{:<11}{:>8}{:>9}{:>8}{:>13}  {}"


def _columns(*cells: str) -> str:
    return _COLUMNS.format(*cells).rstrip()


def _ledger(entries: list[dict[str, Any]]) -> Iterator[str]:
    for entry in entries:
        saved = ", ".join(f"{amount} {unit}" for unit, amount in saved_of(entry) if amount)
        yield f"{entry['pass'].replace('_', ' '):<22}{saved or 'nothing that is counted'}"
    if entries:
        yield ""


def saved_of(entry: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield the units of a pass's savings with their amounts."""
    for unit, name in (
        ("operators", "operators"),
        ("MACs", "macs"),
        ("B of constants", "constants"),
        ("B of activations", "activations"),
    ):
        yield unit, entry["saved"][name]


def _proof(verification: dict[str, Any]) -> Iterator[str]:
    if verification["instructions"] is not None:
        yield f"{verification['instructions']} instructions per inference"
    if verification["ran"] != "the machine code":
        yield f"the machine code is NOT PROVEN: no emulator runs it; {verification['ran']}:"
    yield (
        f"{verification['vectors']} vectors, {verification['elements']} elements,"
        f" {verification['mismatches']} mismatches"
    )
    if verification.get("undefined"):
        yield f"{verification['undefined']} more ran; the reference has no output for them"
    if verification.get("largest_ulp"):
        yield f"floats differ by {verification['largest_ulp']} units in the last place at most"
