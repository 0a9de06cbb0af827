"""One build from end to end: model bytes in, proven flat binary and report out."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from . import fit
from .abi import STACK_BOUND_OFFSET, table_offset
from .backends import Backend, Linked, LinkJob, backend_for
from .emit import Emitted
from .emit.table import FILE_NAME as TABLE_FILE
from .emit.table import emit_table
from .errors import DoesNotFit, VerificationFailed
from .flash import flash_use
from .key import build_key
from .machine import Machine
from .passes import optimised
from .profile import CompileProfile
from .profiling import by_operator
from .report import Facts, report
from .spec import BuildSpec, Built
from .stack import stack_bound
from .targets.core import Core, cores, emulated_as
from .targets.target import ImageKind, Target
from .tflite import read
from .translate import translate
from .verify import Verification, require_emulator, verify

__all__ = ["BuildSpec", "Built", "Progress", "build", "build_first_fit", "build_key"]

Progress = Callable[[str], None]

HOST = Target("host")

# The first function of a firmware's start-up that finds a stack: hardware sets it on
# Arm, the reset code on RISC-V.
_FIRST_WITH_STACK = {"arm": ("tml_reset",), "riscv": ("tml_start",)}


def build(spec: BuildSpec, workdir: Path, progress: Progress) -> Built:
    """Compile, link, verify and report; raises the `CompileError` that stopped it.

    Sources and linked files are left in `workdir`. Whether it fits is known before
    anything is run, so what does not fit ends soon.
    """
    backend, core = backend_for(spec.profile), cores()[spec.profile.target.core]
    key = build_key(spec)
    if not spec.on_host:
        require_emulator(core)
    progress("reading the model")
    graph, ledger = optimised(read(spec.model))
    progress("planning memory")
    emitted = translate(graph, Machine.of(spec.profile))
    constants = sum(record.constant_bytes for record in emitted.operators)
    fit.require_constants(constants, spec.image_overhead, spec.place)
    progress("compiling and linking")
    linked = _link(spec, emitted, core, backend, workdir)
    need, binary = _measure(spec, emitted, linked, core)
    fits = fit.fits(need, spec.place, spec.profile.limits)
    fit.require(fits)
    marks = _marks(emitted, linked)
    image = _image(spec, emitted, binary, workdir, progress)
    verification = _verify(spec, image, progress, marks=tuple(marks))
    facts = Facts(
        key=key,
        spec=spec,
        toolchain=backend.version(spec.profile.target),
        command=backend.identity(spec.profile.target, spec.profile.objective),
        binary=binary,
        emitted=emitted,
        ledger=ledger,
        flash=flash_use(len(binary), linked.symbols, emitted.operators),
        need=need,
        fits=fits,
        verification=verification,
        instructions=by_operator(marks, verification),
    )
    return Built(
        key=key,
        binary=binary,
        report=report(facts),
        sources=_files(emitted, spec.profile, core),
        vectors=verification.pairs,
        model_sha256=hashlib.sha256(spec.model).hexdigest(),
        target=spec.profile.target.name,
    )


def build_first_fit(specs: Sequence[BuildSpec], workdir: Path, progress: Progress) -> Built:
    """Build the first of `specs` (one model, several profiles) that fits.

    Where none does, raises the `DoesNotFit` of the one that came closest: what is
    missing is then what the smallest plan found misses. Other errors end at once.
    """
    misses: list[DoesNotFit] = []
    for number, spec in enumerate(specs):
        try:
            return build(spec, workdir / str(number), progress)
        except DoesNotFit as miss:
            misses.append(miss)
            progress(f"too large for {spec.profile.objective}, trying on")
    if not misses:
        raise ValueError("there is no profile to try")
    nearest = fit.closest(misses)
    raise DoesNotFit(
        f"{nearest.resource} of the smallest plan found",
        nearest.needed,
        nearest.available,
        nearest.also,
        at_least=nearest.at_least,
    )


def _files(emitted: Emitted, profile: CompileProfile, core: Core) -> dict[str, str]:
    hard_float = core.passes_floats_in_registers(profile.target.features)
    table = emit_table(emitted, hard_float=hard_float, host=core.family == "host")
    return emitted.files | {TABLE_FILE: table}


def _link(spec: BuildSpec, emitted: Emitted, core: Core, backend: Backend, workdir: Path) -> Linked:
    job = LinkJob(
        files=_files(emitted, spec.profile, core),
        target=spec.profile.target,
        objective=spec.profile.objective,
        kind=spec.kind,
        place=spec.place,
    )
    return backend.link(job, workdir)


def _measure(
    spec: BuildSpec, emitted: Emitted, linked: Linked, core: Core
) -> tuple[fit.Need, bytes]:
    """Return what the linked image needs, and its bytes with the stack bound filled in."""
    image = len(linked.binary) + spec.image_overhead
    if core.family == "host":
        return fit.Need(image, emitted.arena_size, emitted.state_size, stack=0), linked.binary
    stack = stack_bound(linked.elf, ("tml_init", "tml_run"), core.name)
    need = fit.Need(image, emitted.arena_size, emitted.state_size, stack)
    if spec.kind is ImageKind.FIRMWARE:
        static = sum(linked.sections.get(section, 0) for section in (".data", ".bss"))
        start = stack_bound(linked.elf, _FIRST_WITH_STACK[core.family], core.name)
        need = replace(need, program_ram=static + start)
    at = table_offset(spec.kind) + STACK_BOUND_OFFSET
    told = stack.to_bytes(4, "little")
    return need, linked.binary[:at] + told + linked.binary[at + len(told) :]


def _marks(emitted: Emitted, linked: Linked) -> dict[int, int]:
    """Return where the code of each operator begins: address to index."""
    functions = {record.function: record.index for record in emitted.operators}
    # GCC calls a copy that it made for one caller `name.constprop.0`; no name in C has a dot.
    named = ((symbol.address, symbol.name.partition(".")[0]) for symbol in linked.symbols)
    return {address: functions[name] for address, name in named if name in functions}


def _image(
    spec: BuildSpec, emitted: Emitted, binary: bytes, workdir: Path, progress: Progress
) -> bytes | Path:
    """Return what is proven: the binary, or a shared library where the host is to run it."""
    if spec.on_host:
        progress("compiling its C for the host, since no emulator runs its machine code")
        return _host_library(spec, emitted, workdir)
    family = cores()[spec.profile.target.core].family
    return workdir / "image.so" if family == "host" else binary


def _host_library(spec: BuildSpec, emitted: Emitted, workdir: Path) -> Path:
    """Return the same C as a shared library of the host."""
    profile = replace(spec.profile, target=HOST, backend="native")
    folder = workdir / "host"
    job = LinkJob(
        files=_files(emitted, profile, cores()[HOST.core]),
        target=HOST,
        objective=profile.objective,
        kind=spec.kind,
        place=spec.place,
    )
    backend_for(profile).link(job, folder)
    return folder / "image.so"


def _verify(
    spec: BuildSpec, image: bytes | Path, progress: Progress, *, marks: tuple[int, ...]
) -> Verification:
    target = spec.profile.target
    found = verify(
        image,
        spec.place,
        emulated_as(target),
        kind=spec.kind,
        model=spec.model,
        count=spec.vectors,
        progress=progress,
        marks=marks,
    )
    if found.mismatches:
        raise VerificationFailed(
            f"{found.mismatches} of {found.elements} output elements differ from the oracle's;"
            f" the first: {found.first_mismatch}"
        )
    return found
