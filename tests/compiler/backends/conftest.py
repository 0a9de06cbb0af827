"""A small program, compiled as models are, for every core and both kinds of image."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from compiler.backends import BACKENDS, Linked, LinkJob
from compiler.backends.gcc_table import gcc_for
from compiler.emit.emitted import Emitted
from compiler.emit.table import emit_table
from compiler.profile import Objective
from compiler.targets import ImageKind, Target, cores, default_firmware_map, default_slot
from tests.peers import absent

SOURCE = """\
#include <stdint.h>
#include <string.h>

int tml_init(void *state);
int tml_run(void *arena, void *state);
int unused(int x);

static const int32_t tml_op0_weights[4] = {1, 2, 3, 4};

int unused(int x) { return x + 1; }

int tml_init(void *state)
{
    memset(state, 0, 16);
    return 0;
}

int tml_run(void *arena, void *state)
{
    float *values = arena;
    int32_t *kept = state;
    int32_t sum = 0;
    values[0] = values[1] * values[2] + values[3];
    for (int i = 0; i < 4; i++) {
        sum += tml_op0_weights[i] / (kept[i] + 1);
    }
    return sum - 10;
}
"""

# Every core that the embedded compiler serves, without features and with its usual ones.
TARGETS = [
    target
    for core in cores().values()
    if core.backend == "native" and core.family != "host"
    for target in {Target(core.name): None, Target(core.name, core.usual): None}
]
# Those of the unit suite; the others are slow.
FEW = (Target("cortex-m0plus"), Target("cortex-m4", ("dsp", "fpv4-sp")), Target("rv32imc"))
# What GCC compiles for instead, where it is asked for and there.
FOR_GCC = [target for target in TARGETS if gcc_for(target)]

Link = Callable[..., Linked]


def emitted(source: str = SOURCE) -> Emitted:
    return Emitted({"model.c": source}, ((0, 16),), ((16, 4), (32, 8)), 48, 16, ())


def link_job(backend: str, target: Target, kind: ImageKind, source: str, **given: object) -> Linked:
    engine = BACKENDS[backend]
    if lacking := engine.lacks(target):
        absent(lacking)
    core = cores()[target.core]
    hard_float = core.passes_floats_in_registers(target.features)
    model = emitted(source)
    table = emit_table(model, hard_float=hard_float, host=core.family == "host")
    default = default_slot(target) if kind == "module" else default_firmware_map(target)
    job = LinkJob(
        files=model.files | {"table.c": table},
        target=target,
        objective=given.get("objective", Objective.FLASH),
        kind=kind,
        place=given.get("place", default),
    )
    return engine.link(job, given["workdir"])


@cache
def linked(backend: str, target: Target, kind: ImageKind, source: str) -> Linked:
    """Compile and link a program at its target's default place, once."""
    with TemporaryDirectory() as folder:
        return link_job(backend, target, kind, source, workdir=Path(folder))


@pytest.fixture
def backend() -> str:
    """Return the name of the engine that compiles, where a test does not ask for each."""
    return "native"


@pytest.fixture
def link(backend: str, tmp_path: Path) -> Link:
    """Compile and link a program for a target at its default place, where none is given."""

    def run(target: Target, kind: ImageKind, source: str = SOURCE, **given: object) -> Linked:
        if not given and target.core != "host":
            return linked(backend, target, kind, source)
        return link_job(backend, target, kind, source, **{"workdir": tmp_path / "work"} | given)

    return run


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what asks for a `target` once for each, with each engine that serves it."""
    if "target" in metafunc.fixturenames:
        native = [
            pytest.param("native", one, id=one.name, marks=[] if one in FEW else pytest.mark.slow)
            for one in TARGETS
        ]
        gcc = [
            pytest.param("gcc", target, id=f"{target.name}-gcc", marks=pytest.mark.interop)
            for target in FOR_GCC
        ]
        metafunc.parametrize(("backend", "target"), native + gcc)
