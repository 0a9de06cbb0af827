"""The memory plan as a picture: what lies where in the arena, step by step; an SVG."""

from collections.abc import Callable, Iterator
from html import escape
from typing import Any

_LEFT, _TOP, _WIDTH, _HEIGHT = 70, 10, 860, 420
_COLOURS = ("#8fb8de", "#f2c57c", "#9dc183", "#d8a7b1", "#b6a6ca", "#a8d5ba", "#e8b4a0")
_SCRATCH = "#d0d0d0"
_LINES = 4


def memory_picture(memory: dict[str, Any], operators: list[dict[str, Any]]) -> str:
    """Return the picture of `memory` of a report; time runs to the right, offsets upwards."""
    arena: int = max(1, memory["arena"])
    columns: int = memory["steps"] + 2  # what is before the first step and after the last

    def x(step: int) -> float:
        return _LEFT + (step + 1) * _WIDTH / columns

    def y(offset: int) -> float:
        return _TOP + _HEIGHT - offset * _HEIGHT / arena

    size = f'width="{_LEFT + _WIDTH + 10}" height="{_TOP + _HEIGHT + 90}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="10">'
    ]
    for part in range(_LINES + 1):
        offset = arena * part // _LINES
        at = round(y(offset), 1)
        lines.append(
            f'<line x1="{_LEFT}" x2="{_LEFT + _WIDTH}" y1="{at}" y2="{at}" stroke="#ccc"/>'
            f'<text x="{_LEFT - 6}" y="{at + 3}" text-anchor="end">{offset} B</text>'
        )
    for number, stretch in enumerate(memory["stretches"]):
        left, right = x(stretch["first"]), x(stretch["last"] + 1)
        top, bottom = y(stretch["offset"] + stretch["size"]), y(stretch["offset"])
        colour = _COLOURS[number % len(_COLOURS)]
        if stretch["name"].startswith("scratch of "):
            colour = _SCRATCH
        told = f"{stretch['name']}: {stretch['size']} B at {stretch['offset']}"
        lines.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}"'
            f' height="{max(0.5, bottom - top):.1f}" fill="{colour}" fill-opacity="0.8"'
            f' stroke="#444" stroke-width="0.5"><title>{escape(told)}</title></rect>'
        )
    lines += _names(operators, x)
    return "\n".join((*lines, "</svg>")) + "\n"


def _names(operators: list[dict[str, Any]], x: Callable[[int], float]) -> Iterator[str]:
    """Yield the operators' names, slanted, under their steps."""
    for step, operator in enumerate(operators):
        at, below = round((x(step) + x(step + 1)) / 2, 1), _TOP + _HEIGHT + 12
        name = escape(f"{operator['index']} {operator['name']}"[:22])
        yield (
            f'<text x="{at}" y="{below}" transform="rotate(40 {at} {below})"'
            f' font-size="8">{name}</text>'
        )
