"""Models of random operators."""

import random
from collections.abc import Callable

import numpy as np

from tests.compiler.model_builder import build_model

from . import int16, layers, parts, shapes, weightless
from .growth import Growth

_MOST_ELEMENTS = 600
_MOST_OUTPUTS = 4

GROWERS: tuple[Callable[[Growth, int], None], ...] = (
    layers.convolve,
    layers.convolve,
    layers.connect,
    weightless.pool,
    weightless.arithmetic,
    weightless.arithmetic,
    weightless.table,
    weightless.soften,
    weightless.requantise,
    shapes.reshape,
    shapes.transpose,
    parts.join,
    parts.join,
    parts.cut,
    parts.cut,
    parts.pick,
    shapes.widen,
    weightless.compare,
    layers.scatter,
    shapes.blocks,
    weightless.reduce,
    layers.remember,
    int16.detour,
)
"""Those named twice are drawn twice as often."""


def random_model(seed: int, operators: int = 8) -> bytes:
    """Return a model of about as many operators; the same for the same seed."""
    g = Growth(random.Random(seed))
    for _ in range(g.random.randint(1, 2)):
        rank = g.random.choice([2, 3, 4, 4, 4])
        shape = tuple(g.random.randint(1, 6) for _ in range(rank))
        g.inputs.append(g.tensor(g.int8((1, *shape[1:]) if g.random.random() < 0.8 else shape)))
    g.open += g.inputs
    for _ in range(20 * operators):
        if len(g.operators) >= operators:
            break
        x = g.random.choice(g.open[-4:] if g.random.random() < 0.7 else g.open)
        if np.prod(g.shape(x), dtype=int) <= _MOST_ELEMENTS:
            g.random.choice(GROWERS)(g, x)
    if not g.operators:
        weightless.requantise(g, g.inputs[0])
    return build_model(g.tensors, g.operators, g.inputs, _outputs(g))


def _outputs(g: Growth) -> list[int]:
    """Return what nothing reads, and some that others read too."""
    written = [number for operator in g.operators for number in operator.outputs]
    read = {number for operator in g.operators for number in operator.inputs}
    unread = [number for number in written if number not in read]
    g.random.shuffle(unread)
    more = [g.random.choice(written)]
    return list(dict.fromkeys(unread[:_MOST_OUTPUTS] + more))
