"""Emitted C as a program of its own under ASan and UBSan: inputs on stdin, outputs on stdout."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from compiler.emit import Emitted
from compiler.machine import Machine
from compiler.oracle import Oracle
from compiler.passes import optimise
from compiler.profile import Objective
from compiler.tflite import read
from compiler.translate import translate
from compiler.vectors import pack, random_vectors

from .graphs import random_model

_RUNS = 6
"""Of all minimum, all maximum, zero points and alternating ones too."""

_FLAGS = (
    *("-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow"),
    *("-Wcast-align", "-Wstrict-prototypes", "-Wmissing-prototypes", "-Werror"),
    *("-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
)

_PROGRAM = """\
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

static const size_t inputs[][2] = {{{inputs}}};
static const size_t outputs[][2] = {{{outputs}}};

int main(void)
{{
    const size_t arena_size = TML_ARENA_SIZE, state_size = TML_STATE_SIZE;
    unsigned char *arena = malloc(arena_size), *state = malloc(state_size);
    memset(state, 0xA5, state_size);
    if (tml_init(state) != 0) {{
        return 2;
    }}
    for (int run = 0; run < {runs}; run++) {{
        memset(arena, 0xA5, arena_size);
        for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {{
            if (fread(arena + inputs[i][0], 1, inputs[i][1], stdin) != inputs[i][1]) {{
                return 3;
            }}
        }}
        if (tml_run(arena, state) != 0) {{
            return 4;
        }}
        for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {{
            fwrite(arena + outputs[i][0], 1, outputs[i][1], stdout);
        }}
    }}
    free(arena);
    free(state);
    return 0;
}}
"""


def run_sanitized(emitted: Emitted, runs: Sequence[bytes], folder: Path, compiler: str) -> bytes:
    """Return the outputs of runs after one reset; AssertionError with what a tool complains of."""

    def rows(places: Sequence[tuple[int, int]]) -> str:
        return ", ".join(f"{{{offset}, {size}}}" for offset, size in places)

    program = _PROGRAM.format(
        inputs=rows(emitted.inputs), outputs=rows(emitted.outputs), runs=len(runs)
    )
    for name, text in {**emitted.files, "main.c": program}.items():
        (folder / name).write_text(text, "utf-8")
    sources = sorted(path.name for path in folder.glob("*.c"))
    _run([compiler, *_FLAGS, *sources, "-o", "model"], folder, b"")
    return _run([str(folder / "model")], folder, b"".join(runs))


def _run(command: Sequence[str], folder: Path, data: bytes) -> bytes:
    done = subprocess.run(
        command, cwd=folder, input=data, capture_output=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-4000:]
    return done.stdout


def computes_as_the_oracle(seed: int, folder: Path, compiler: str) -> None:
    """Assert that a random graph's C, run after run, gives what the interpreter gives."""
    data = random_model(seed)
    oracle = Oracle(data)
    vectors = random_vectors(oracle.inputs, _RUNS, seed)
    expected = [pack(oracle.run(v, proceed=n > 0)) for n, v in enumerate(vectors)]
    objectives = list(Objective)
    machine = Machine(objective=objectives[seed % len(objectives)])
    emitted = translate(optimise(read(data)), machine)
    found = run_sanitized(emitted, [pack(vector) for vector in vectors], folder, compiler)
    assert found == b"".join(expected), f"random_model({seed})"
