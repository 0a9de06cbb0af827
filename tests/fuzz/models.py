"""Hostile models: bytes changed, and what the schema's objects say changed, from the file to C.

Whatever comes of a file, it is C or a CompileError, within bounds of time and memory.
"""

import random
import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np

from compiler.errors import CompileError
from compiler.machine import Machine
from compiler.passes import optimise
from compiler.profile import Objective
from compiler.tflite import read
from compiler.translate import translate
from tests.compiler.model_builder import schema

from .graphs import random_model

SECONDS_MAX = 20.0
"""What one model may take: a build's own time-out is far beyond."""

BYTES_MAX = 1 << 30
"""What a process may grow by, over as many models as there are."""

_PUBLISHED_MAX = 130_000
_PUBLISHED_SHARE = 0.003
_SMALL = 60

_NUMBERS = (0, 1, 2, 3, 4, 5, 7, 127, 128, 255, 256, 32767, 65535, 1 << 20, (1 << 31) - 1)
_REALS = (0.0, -1.0, 1e-45, 1e-30, 2.0**-31, 0.5, 1.0, 1e30, float("inf"), float("nan"))


@dataclass
class Outcome:
    """How models ended: as C, by which error, and the slowest of them."""

    models: int = 0
    translated: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    slowest: float = 0.0
    grown: int = 0


def seeds(folder: str | None) -> list[list[bytes]]:
    """Return small models, and published ones where there is a folder of them."""
    small = [random_model(seed, 1 + seed % 6) for seed in range(_SMALL)]
    paths = sorted(Path(folder).glob("*.tflite")) if folder else []
    published = [path.read_bytes() for path in paths if path.stat().st_size <= _PUBLISHED_MAX]
    return [small, published]


def mutants(seed: int, count: int, pools: Sequence[Sequence[bytes]]) -> Iterator[bytes]:
    """Yield `count` models, each one or more changes away from one of the pools."""
    chance = random.Random(seed)
    for _ in range(count):
        published = pools[1] and chance.random() < _PUBLISHED_SHARE
        data = chance.choice(pools[1] if published else pools[0])
        yield (_objects if chance.random() < 0.6 else _bytes)(chance, data)


def feed(data: bytes, number: int) -> str | None:
    """Take one model as far as it goes; the name of the error, or None for C."""
    objectives = list(Objective)
    try:
        translate(optimise(read(data)), Machine(objective=objectives[number % len(objectives)]))
    except CompileError as error:
        return type(error).__name__
    return None


def fuzz(seed: int, count: int, folder: str | None = None) -> Outcome:
    """Feed `count` models; AssertionError where one takes too long, or all take too much memory."""
    outcome = Outcome()
    pools = seeds(folder)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number, data in enumerate(mutants(seed, count, pools)):
        began = time.monotonic()
        try:
            error = feed(data, number)
        except Exception as failure:
            failure.add_note(f"seed {seed}, model {number}: {len(data)} bytes")
            raise
        seconds = time.monotonic() - began
        outcome.models += 1
        outcome.slowest = max(outcome.slowest, seconds)
        if error is None:
            outcome.translated += 1
        else:
            outcome.refused[error] = outcome.refused.get(error, 0) + 1
        assert seconds < SECONDS_MAX, f"seed {seed}, model {number}: {seconds:.1f} s"
    outcome.grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
    assert outcome.grown < BYTES_MAX, f"{outcome.grown >> 20} MiB"
    return outcome


def _bytes(chance: random.Random, data: bytes) -> bytes:
    """Change bytes: single ones, numbers of 32 bits, or whole stretches."""
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 4, 16])):
        # Tables are at either end of what the schema's builder writes.
        at = chance.randrange(len(changed))
        kind = chance.randrange(5)
        if kind == 0:
            changed[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            changed[at] = chance.choice([0, 1, 127, 128, 255])
        elif kind == 2:
            at = at // 4 * 4
            number = chance.choice(_NUMBERS) * chance.choice([1, -1])
            changed[at : at + 4] = (number & 0xFFFFFFFF).to_bytes(4, "little")
        elif kind == 3:
            start, size = chance.randrange(len(changed)), chance.randrange(1, 33)
            changed[at : at + size] = changed[start : start + size]
        else:
            del changed[max(8, at) :]
    return bytes(changed)


def _objects(chance: random.Random, data: bytes) -> bytes:
    """Change what the model says, and write it as the format wants it."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    builder = flatbuffers.Builder(1024)
    try:
        for _ in range(chance.choice([1, 1, 1, 2, 3])):
            _change(chance, model)
        builder.Finish(model.Pack(builder), b"TFL3")
    except Exception:  # noqa: BLE001 -- nothing is left to change, or it cannot be written
        return _bytes(chance, data)
    return bytes(builder.Output())


def _change(chance: random.Random, model: Any) -> None:
    """Change one field of one object, wherever it is."""
    (graph,) = model.subgraphs
    kind = chance.randrange(8)
    if kind == 0:
        _shuffle(chance, graph.operators)
    elif kind == 1:
        _shuffle(chance, graph.tensors)
    elif kind == 2:
        _field(chance, chance.choice(graph.operators))
    elif kind == 3:
        _field(chance, chance.choice(model.operatorCodes))
    elif kind == 4:
        _field(chance, graph)
    elif kind == 5:
        options = [operator.builtinOptions for operator in graph.operators]
        _field(chance, chance.choice([o for o in options if o is not None] or [graph]))
    elif kind == 6:
        tensor = chance.choice(graph.tensors)
        _field(chance, tensor.quantization or tensor)
    else:
        _field(chance, chance.choice(graph.tensors))


def _shuffle(chance: random.Random, parts: list[Any]) -> None:
    """Take a part away, repeat it, or give it another's place."""
    at = chance.randrange(len(parts))
    kind = chance.randrange(3)
    if kind == 0 and len(parts) > 1:
        del parts[at]
    elif kind == 1:
        parts.insert(chance.randrange(len(parts) + 1), parts[at])
    else:
        other = chance.randrange(len(parts))
        parts[at], parts[other] = parts[other], parts[at]


def _field(chance: random.Random, table: Any) -> None:
    names = sorted(vars(table))
    if not names:
        return
    name = chance.choice(names)
    setattr(table, name, _other(chance, getattr(table, name)))


def _other(chance: random.Random, value: Any) -> Any:
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | np.integer):
        step = int(value) + chance.choice([-1, 1])
        return chance.choice([step, chance.choice(_NUMBERS), -chance.choice(_NUMBERS)])
    if isinstance(value, float):
        return chance.choice(_REALS)
    if isinstance(value, np.ndarray) and value.size:
        return _other_array(chance, value)
    return value if chance.random() < 0.5 else None


def _other_array(chance: random.Random, value: np.ndarray) -> np.ndarray:
    changed = value.copy()
    kind = chance.randrange(4)
    if kind == 0:
        return changed[: chance.randrange(len(changed))]
    if kind == 1:
        return np.concatenate([changed, changed])[: len(changed) + chance.randrange(1, 5)]
    at = chance.randrange(len(changed))
    if changed.dtype.kind == "f":
        changed[at] = chance.choice(_REALS)
    else:
        limits = np.iinfo(changed.dtype)
        number = _other(chance, int(changed[at]))
        changed[at] = min(max(number, int(limits.min)), int(limits.max))
    return changed
