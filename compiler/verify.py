"""Proof by running: the linked machine code against the oracle, bit by bit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .targets.target import FirmwareMap, ImageKind, Slot, Target

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The first element that differs: where, and the bytes expected and got (as numbers)."""

    vector: int
    tensor: int
    element: int
    expected: float
    got: float


@dataclass(frozen=True, slots=True)
class Verification:
    """What the runs showed.

    `elements` is the number of output elements compared. `instructions` and
    `stack_peak` (bytes) are those of the exact run of the first vector, None on the host.
    `pairs` are all vectors with the *oracle's* outputs, as packed bytes.
    """

    vectors: int
    elements: int
    mismatches: int
    first_mismatch: Mismatch | None
    instructions: int | None
    init_instructions: int | None
    boot_instructions: int | None
    stack_peak: int | None
    stack_bound: int
    arena_peak: int | None
    pairs: tuple[tuple[bytes, bytes], ...] = field(repr=False, default=())


def verify(
    binary: bytes | Path,
    place: Slot | FirmwareMap | None,
    target: Target,
    *,
    kind: ImageKind,
    model: bytes,
    count: int,
    progress: Progress,
    seed: int = 0,
) -> Verification:
    """Run `count` vectors through the machine code and compare with the oracle.

    `binary` is the flat payload, which starts behind the image header: 0x20 bytes into
    its slot for a module, 0x200 for firmware. For the target `host` it is the path of the
    shared library and `place` is None. The first vector runs once more under exact bounds.

    Raises `VerificationFailed` where the code leaves its memory, exceeds its stack bound,
    does not end or does not return 0, or where its table makes no sense; mismatches are
    reported, not raised.
    """
    raise NotImplementedError
