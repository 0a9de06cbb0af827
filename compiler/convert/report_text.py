"""A conversion's report for people who read it in a terminal."""

from collections.abc import Iterator
from typing import Any

_SCORES = {
    "top_1": "top-1 {:.2%}",
    "mean_squared_error": "mean squared error {:.6g}",
    "largest_error": "largest error {:.6g}",
}


def report_text(report: dict[str, Any]) -> str:
    """Return the report of `conversion.run` as lines."""
    return "\n".join(_lines(report))


def _lines(report: dict[str, Any]) -> Iterator[str]:
    source, result = report["source"], report["result"]
    yield f"in         {source['format']}, {source['parameters']} parameters"
    yield from _ports(source["inputs"], source["outputs"])
    for name, order in source["moved_axes"].items():
        yield f"  {name}: axes {','.join(map(str, order))} of the original, channels last"
    for step in report["steps"]:
        yield f"           {step}"
    yield ""
    yield f"out        {result['bytes']} B, SHA-256 {result['sha256'][:16]}"
    yield from _ports(result["inputs"], result["outputs"])
    names = ", ".join(f"{count} {name}" for name, count in result["operators"].items())
    yield f"  operators  {names}"
    yield (
        f"  constants  {result['constants']} B ({result['deflated']} B deflated),"
        f" {result['zeros']:.1%} of weights are zero"
    )
    compiler = result["compiler"]
    verdict = f"serves it: {compiler['macs']} MACs" if compiler["serves"] else compiler["why"]
    yield f"  compiler   {verdict}"
    if report["accuracy"]:
        yield ""
        yield from _accuracy(report["accuracy"])


def _ports(inputs: list[str], outputs: list[str]) -> Iterator[str]:
    for side, ports in (("input", inputs), ("output", outputs)):
        for port in ports:
            yield f"  {side:<10} {port}"


def _accuracy(accuracy: dict[str, Any]) -> Iterator[str]:
    yield f"accuracy   {accuracy['task']}, {accuracy['samples']} samples"
    for stage in accuracy["stages"]:
        yield f"  {stage['stage']}: {', '.join(_scores(stage)) or 'what others are compared with'}"
    if accuracy["missing"]:
        yield f"  the result cannot be measured: {accuracy['missing']}"


def _scores(stage: dict[str, Any]) -> Iterator[str]:
    yield from (form.format(stage[name]) for name, form in _SCORES.items() if name in stage)
    if "difference" in stage:
        gap = stage["difference"]
        yield (
            f"from the original at most {gap['largest']:.6g},"
            f" {gap['mean_squared']:.6g} mean squared"
        )
