"""Evaluations as a picture: an SVG of bars, one group per figure, without a library."""

from collections.abc import Callable, Iterator, Sequence
from html import escape

from .evaluation import Evaluation

_WIDTH, _LABEL, _ROW, _BAR = 900, 320, 20, 14
_ROOM = _WIDTH - _LABEL - 110

_FIGURES: tuple[tuple[str, str, Callable[[Evaluation], int]], ...] = (
    ("Instructions of one inference (exact, emulated)", "#3b6ea5", lambda e: e.instructions or 0),
    ("Flash, B (constants, code, tables)", "#7a9e3b", lambda e: e.flash),
    ("RAM, B (arena, state, stack)", "#c0762c", lambda e: e.ram),
)


def plot(evaluations: Sequence[Evaluation]) -> str:
    """Return the SVG of all that could be built; the same for the same figures."""
    built = [one for one in evaluations if one.error is None]
    height = len(_FIGURES) * (len(built) * _ROW + 50) + 10
    size = f'width="{_WIDTH}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    top = 10
    for title, colour, figure in _FIGURES:
        lines += _group(built, top, title, colour, figure)
        top += len(built) * _ROW + 50
    return "\n".join((*lines, "</svg>")) + "\n"


def _group(
    built: Sequence[Evaluation],
    top: int,
    title: str,
    colour: str,
    figure: Callable[[Evaluation], int],
) -> Iterator[str]:
    most = max((figure(one) for one in built), default=0) or 1
    yield f'<text x="10" y="{top + 16}" font-weight="bold">{escape(title)}</text>'
    for number, one in enumerate(built):
        y = top + 28 + number * _ROW
        width = round(figure(one) / most * _ROOM, 1)
        name = f"{one.model}  {one.target}  {one.objective}"
        yield f'<text x="10" y="{y + 11}">{escape(name)}</text>'
        yield f'<rect x="{_LABEL}" y="{y}" width="{width}" height="{_BAR}" fill="{colour}"/>'
        yield f'<text x="{_LABEL + width + 6}" y="{y + 11}">{figure(one):,}</text>'
