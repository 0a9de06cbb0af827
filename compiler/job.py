"""Jobs and their errors as JSON, between a server and the process that parses and builds."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from .errors import CompileError, DoesNotFit
from .profile import CompileProfile, Limits, Objective
from .spec import BuildSpec
from .summary import ModelSummary
from .targets.target import FirmwareMap, ImageKind, Slot, Target

_LARGEST_MODEL = 64 << 20

_T = TypeVar("_T")


class Task(StrEnum):
    """What a job asks for."""

    BUILD = "build"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class BuildJob:
    """Build `spec`, leave the artifact in the folder `out`."""

    spec: BuildSpec
    out: Path


@dataclass(frozen=True, slots=True)
class CheckJob:
    """Read the model and say what it is, or why it cannot be compiled."""

    model: bytes = field(repr=False)


def check_to_json(model: Path) -> dict[str, Any]:
    """Return the job that checks the model at `model`."""
    return {"task": str(Task.CHECK), "model": str(model)}


def job_to_json(spec: BuildSpec, model: Path, out: Path) -> dict[str, Any]:
    """Return the job that builds `spec`; the model's bytes are to be found at `model`."""
    profile = asdict(spec.profile)
    profile["target"]["features"] = list(spec.profile.target.features)
    profile["target"]["accelerators"] = list(spec.profile.target.accelerators)
    profile["objective"] = str(spec.profile.objective)
    return {
        "task": str(Task.BUILD),
        "model": str(model),
        "profile": profile,
        "kind": str(spec.kind),
        "place": asdict(spec.place),
        "image_overhead": spec.image_overhead,
        "vectors": spec.vectors,
        "unproven": spec.unproven,
        "out": str(out),
    }


def job_from_json(job: object) -> BuildJob | CheckJob:
    """Return what is asked for, the model read from its path.

    Raises `CompileError` for a job that is none.
    """
    row = _Row("job", job)
    if row.one_of("task", Task) == Task.CHECK:
        return CheckJob(_model(Path(row.of("model", str))))
    return _build_job(row)


def _build_job(row: "_Row") -> BuildJob:
    kind = ImageKind(row.one_of("kind", ImageKind))
    place: Slot | FirmwareMap
    place_row = row.row("place")
    place = _map(place_row) if kind is ImageKind.FIRMWARE else _slot(place_row)
    spec = BuildSpec(
        model=_model(Path(row.of("model", str))),
        profile=_profile(row.row("profile")),
        place=place,
        kind=kind,
        image_overhead=row.size("image_overhead"),
        vectors=row.size("vectors", least=3, most=10_000),
        unproven=row.truth("unproven"),
    )
    return BuildJob(spec, Path(row.of("out", str)))


def error_to_json(error: CompileError) -> dict[str, Any]:
    """Return the last line of a job that ended with `error`."""
    details: dict[str, Any] = {}
    if isinstance(error, DoesNotFit):
        details = {
            "resource": error.resource,
            "needed": error.needed,
            "available": error.available,
            "missing": error.missing,
            "also": list(error.also),
            "at_least": error.at_least,
        }
    return {"ok": False, "kind": error.kind, "message": str(error), "details": details}


def error_from_json(line: dict[str, Any]) -> CompileError:
    """Return the error that the worker's last line tells of, of its own class again."""
    row = _Row("the last line of the job", line)
    kind, message = row.of("kind", str), row.of("message", str)
    if kind == DoesNotFit.kind:
        details = row.row("details")
        return DoesNotFit(
            details.of("resource", str),
            details.of("needed", int),
            details.of("available", int),
            details.texts("also"),
            at_least=details.truth("at_least"),
        )
    classes = {known.kind: known for known in _classes(CompileError)}
    return classes.get(kind, CompileError)(message)


def summary_to_json(summary: ModelSummary) -> dict[str, Any]:
    """Return the last line of a check that found a model which can be compiled."""
    return {"ok": True, "summary": asdict(summary)}


def summary_from_json(line: dict[str, Any]) -> ModelSummary:
    """Return the summary that the worker's last line tells. Raises `CompileError`."""
    row = _Row("the last line of the job", line).row("summary")
    operators = row.row("operators")
    return ModelSummary(
        inputs=row.texts("inputs"),
        outputs=row.texts("outputs"),
        operators={name: operators.size(name) for name in operators.members},
        macs=row.size("macs", most=1 << 64),
        constants=row.size("constants"),
    )


def _classes(root: type[CompileError]) -> Iterator[type[CompileError]]:
    yield root
    for leaf in root.__subclasses__():
        yield from _classes(leaf)


def _model(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST_MODEL:
            raise CompileError(f"a model has at most {_LARGEST_MODEL} B, {path.name} has more")
        return path.read_bytes()
    except OSError as fault:
        raise CompileError(f"the model cannot be read: {fault}") from fault


def _profile(row: "_Row") -> CompileProfile:
    target, limits = row.row("target"), row.row("limits")
    return CompileProfile(
        target=Target(
            core=target.of("core", str),
            features=target.texts("features"),
            ram=target.size_or_none("ram"),
            flash=target.size_or_none("flash"),
            clock=target.size_or_none("clock"),
            accelerators=target.texts("accelerators"),
            source=target.of("source", str),
        ),
        backend=row.of("backend", str),
        objective=Objective(row.one_of("objective", Objective)),
        limits=Limits(flash=limits.size_or_none("flash"), ram=limits.size_or_none("ram")),
    )


def _slot(row: "_Row") -> Slot:
    return Slot(
        load=row.size("load"),
        size=row.size("size"),
        arena=row.size("arena"),
        arena_size=row.size("arena_size"),
        state=row.size("state"),
        state_size=row.size("state_size"),
        stack_size=row.size("stack_size"),
        data=row.size_or_none("data"),
    )


def _map(row: "_Row") -> FirmwareMap:
    return FirmwareMap(_slot(row.row("slot")), row.size("ram"), row.size("ram_size"))


class _Row:
    """A JSON object whose members are taken one by one; `where` begins every complaint."""

    def __init__(self, where: str, members: object) -> None:
        if not isinstance(members, dict):
            raise CompileError(f"{where} must be a JSON object")
        self.where = where
        self.members: dict[str, Any] = members

    def of(self, name: str, kind: type[_T]) -> _T:
        value = self.members.get(name)
        if isinstance(value, kind) and not isinstance(value, bool):
            return value
        raise CompileError(f"{self.where}: {name} must be {kind.__name__}, not {value!r:.80}")

    def truth(self, name: str) -> bool:
        value = self.members.get(name)
        if isinstance(value, bool):
            return value
        raise CompileError(f"{self.where}: {name} must be true or false, not {value!r:.80}")

    def row(self, name: str) -> "_Row":
        return _Row(f"{self.where}.{name}", self.members.get(name))

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.of(name, list)
        if not all(isinstance(item, str) for item in value):
            raise CompileError(f"{self.where}: {name} must be a list of texts")
        return tuple(value)

    def one_of(self, name: str, known: type[StrEnum]) -> str:
        value = self.of(name, str)
        if value not in list(known):
            raise CompileError(f"{self.where}: {name} must be one of {', '.join(known)}")
        return value

    def size(self, name: str, least: int = 0, most: int = 1 << 32) -> int:
        value = self.of(name, int)
        if not least <= value <= most:
            raise CompileError(f"{self.where}: {name} is {value}, outside {least}..{most}")
        return value

    def size_or_none(self, name: str) -> int | None:
        return None if self.members.get(name) is None else self.size(name, most=1 << 40)
