"""A build's report as a page of its own: nothing is fetched, so it can be kept and sent."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from .memory_picture import memory_picture
from .report_text import saved_of

_STYLE = """
body { font: 14px/1.45 sans-serif; margin: 2em auto; max-width: 980px; color: #222; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 2px 8px; text-align: right; border-bottom: 1px solid #e4e4e4; }
th:first-child, td:first-child, .text { text-align: left; }
.bar { background: #eee; width: 160px; } .bar div { background: #3b6ea5; height: 10px; }
.good { color: #2c7a2c; } .bad { color: #b02a2a; } code { word-break: break-all; }
"""


def report_html(report: dict[str, Any]) -> str:
    """Return the page of a report; the same for the same report."""
    return "\n".join(_page(report)) + "\n"


def _page(report: dict[str, Any]) -> Iterator[str]:
    target, proof = report["target"]["name"], report["verification"]
    yield '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
    yield f"<title>{escape(target)}, {report['objective']}</title><style>{_STYLE}</style></head>"
    yield f"<body><h1>{escape(report['kind'])} for {escape(target)}</h1>"
    yield from _verdict(report, proof)
    yield "<h2>Flash, B</h2>"
    flash = report["flash"]
    yield from _bars((part, flash["by_part"][part]) for part in flash["by_part"])
    more = flash["constants"] - flash["constants_of_model"]
    yield f"<p>{flash['constants']} B of constants ({flash['constants_of_model']} B of the model,"
    yield f" {more:+} B for layout and rescaling), {flash['code']} B of code,"
    yield f" {flash['table']} B of table; image header and signature {flash['image_overhead']} B;"
    yield f" total {flash['total']} B.</p>"
    yield "<h2>RAM, B</h2>"
    ram = report["ram"]
    yield from _bars((p, ram[p]) for p in ("arena", "state", "stack_bound", "program"))
    yield "<h2>The arena, step by step</h2>"
    memory = report["memory"]
    yield f"<p>{memory['arena']} B; no plan of these steps is below {memory['bound']} B.</p>"
    yield memory_picture(memory, report["operators"])
    yield "<h2>Operators</h2>"
    yield from _operators(report["operators"], report["instructions_per_inference"])
    yield "<h2>What the passes saved</h2>"
    yield from _ledger(report["ledger"])
    yield "<h2>Linked and left out</h2>"
    linked = ", ".join(f"{name} ({n})" for name, n in report["operators_linked"].items())
    yield f"<p>Linked: {linked or 'none'}.</p>"
    yield f"<p>Left out: {', '.join(report['operators_left_out'])}.</p>"
    yield "<h2>Provenance</h2>"
    yield from _provenance(report)
    yield "</body></html>"


def _verdict(report: dict[str, Any], proof: dict[str, Any]) -> Iterator[str]:
    good = "good" if proof["mismatches"] == 0 else "bad"
    yield f'<p class="{good}">{proof["vectors"]} vectors, {proof["elements"]} elements compared'
    yield f" with TensorFlow Lite Micro: {proof['mismatches']} differ.</p>"
    if proof.get("undefined"):
        yield f"<p>{proof['undefined']} more ran; it has no output for them.</p>"
    if report["instructions_per_inference"] is not None:
        yield f"<p>{report['instructions_per_inference']:,} instructions per inference (exact,"
        yield " counted on an emulated core; instructions are not cycles).</p>"
    yield "<table><tr><th>resource</th><th>needed, B</th><th>available, B</th>"
    yield "<th>headroom, B</th></tr>"
    for fit in report["fit"]["resources"]:
        yield _row(fit["resource"], fit["needed"], fit["available"], fit["headroom"])
    yield "</table>"


def _bars(parts: Iterable[tuple[str, int]]) -> Iterator[str]:
    rows = [(name.replace("_", " "), size) for name, size in parts if size]
    most = max((size for _, size in rows), default=1)
    yield "<table>"
    for name, size in rows:
        yield f"<tr><td>{escape(name)}</td><td>{size}</td>{_bar(size / most)}</tr>"
    yield "</table>"


def _operators(operators: list[dict[str, Any]], total: int | None) -> Iterator[str]:
    heads = ("", "operator", "form", "output", "MACs", "instructions", "", "constants", "flash")
    yield f"<table><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>"
    for one in operators:
        counted = one["instructions"]
        share = counted / total if counted is not None and total else 0.0
        shape = "x".join(map(str, one["outputs"][0]["shape"])) if one["outputs"] else "-"
        cells = (one["index"], one["name"], one["form"], shape, one["macs"])
        yield "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in cells)
        yield f"<td>{'-' if counted is None else counted}</td>{_bar(share)}"
        yield f"<td>{one['constants']}</td><td>{one['flash']}</td></tr>"
    yield "</table>"


def _ledger(entries: list[dict[str, Any]]) -> Iterator[str]:
    if not entries:
        yield "<p>Nothing was left to save.</p>"
        return
    yield '<table><tr><th>pass</th><th class="text">saved</th><th class="text">where</th></tr>'
    for entry in entries:
        saved = ", ".join(f"{amount} {unit}" for unit, amount in saved_of(entry) if amount)
        removed = [f"{name} is gone" for name in entry["removed"]]
        changed = [f"{name} is smaller" for name in entry["changed"]]
        where = escape("; ".join(removed + changed))
        yield f"<tr><td>{escape(entry['pass'].replace('_', ' '))}</td>"
        yield f'<td class="text">{saved or "-"}</td><td class="text">{where}</td></tr>'
    yield "</table>"


def _provenance(report: dict[str, Any]) -> Iterator[str]:
    yield "<table>"
    for name, value in (
        ("build key", report["build_key"]),
        ("model, SHA-256", report["model"]["sha256"]),
        ("binary, SHA-256", report["binary"]["sha256"]),
        ("runtime ABI", report["abi"]),
        ("toolchain", report["toolchain"]),
        ("command", report["command"]),
    ):
        yield f'<tr><td>{name}</td><td class="text"><code>{escape(str(value))}</code></td></tr>'
    yield "</table>"


def _bar(share: float) -> str:
    return f'<td class="bar"><div style="width: {100 * share:.1f}%"></div></td>'


def _row(*cells: object) -> str:
    return "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in cells) + "</tr>"
