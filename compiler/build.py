"""One build from end to end: model bytes in, proven flat binary and report out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .profile import CompileProfile
from .targets.target import FirmwareMap, ImageKind, Slot

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BuildSpec:
    """All that decides what a build yields.

    `image_overhead` is the bytes that header, TLVs and signature will add to the
    flat binary; `vectors` is how many input vectors to verify (at least 3).
    """

    model: bytes = field(repr=False)
    profile: CompileProfile
    place: Slot | FirmwareMap
    kind: ImageKind
    image_overhead: int
    vectors: int = 8


@dataclass(frozen=True, slots=True)
class Built:
    """What a build yields.

    `binary` is the flat image payload, first byte at load address plus header.
    `report` is plain JSON data. `vectors` are the self-test's (input, output)
    pairs, all tensors in model order, little endian, no padding; the outputs are
    the oracle's.
    """

    key: str
    binary: bytes = field(repr=False)
    report: dict[str, Any] = field(repr=False)
    sources: dict[str, str] = field(repr=False)
    vectors: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    model_sha256: str
    target: str


def build_key(spec: BuildSpec) -> str:
    """Return the SHA-256 (hex) of everything that `spec` and this installation decide."""
    raise NotImplementedError


def build(spec: BuildSpec, workdir: Path, progress: Progress) -> Built:
    """Compile, link, verify and report; raises the `CompileError` that stopped it."""
    raise NotImplementedError


def build_first_fit(specs: Sequence[BuildSpec], workdir: Path, progress: Progress) -> Built:
    """Build the first of `specs` (one model, several profiles) that fits.

    Where none does, raises the `DoesNotFit` of the one that came closest: what is
    missing is then what the smallest plan found misses. Other errors end at once.
    """
    raise NotImplementedError
