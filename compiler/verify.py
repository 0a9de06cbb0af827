"""Proof by running: the linked machine code against the oracle, bit by bit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from .border import TensorDetails
from .comparison import Comparison, Mismatch
from .emulated import EmulatedImage
from .emulation import Emulation, Emulator, Measured
from .errors import NoEmulator, VerificationFailed
from .host_image import HostImage
from .oracle import Oracle
from .qemu import QemuImage
from .qemu.machine import MACHINES
from .targets.core import Core, cores
from .targets.target import FirmwareMap, ImageKind, Slot, Target
from .tflite import read
from .ulp import tolerance
from .vectors import pack, random_vectors, spans

Progress = Callable[[str], None]

# By the name that `cores.toml` gives.
EMULATORS: Mapping[str, Emulator] = MappingProxyType({"unicorn": EmulatedImage, "qemu": QemuImage})

_PROGRESS_STEPS = 20

_SEQUENCE = 8
"""Runs between two resets of a model that keeps state."""


def require_emulator(core: Core) -> None:
    """Raise `NoEmulator` where nothing proves builds for `core`.

    Raises `ToolchainFailed` where what does is not installed.
    """
    if core.emulator not in EMULATORS and core.family != "host":
        raise NoEmulator(
            f"no emulator runs code of core {core.name!r}, so no build for it can be proven here;"
            " `tinymlaas compile --unproven` has its C proven on the host instead"
        )
    if core.emulator == "qemu":
        MACHINES[core.emulated].installed()


@dataclass(frozen=True, slots=True)
class Verification:
    """What the runs showed.

    `elements` is the number of output elements compared. `largest_ulp` is how far a float
    output is from the oracle's, in units in the last place. `instructions` and
    `stack_peak` (bytes) are those of the exact run of the first vector, None on the host.
    `pairs` are all vectors with the *oracle's* outputs, as packed bytes, or with our own where
    these may differ (see `ulp.tolerance`); those of a model that keeps state are each of a run
    from its initial state. `visits` are the marks that the exact run came by, see
    `emulation.Measured`.
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
    visits: tuple[tuple[int, int], ...] = field(repr=False, default=())
    largest_ulp: int = 0


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
    limit: int = 5_000_000_000,
    marks: Sequence[int] = (),
) -> Verification:
    """Run `count` vectors through the machine code and compare with the oracle.

    `binary` is the flat payload, which starts behind the image header: 0x20 bytes into
    its slot for a module, 0x200 for firmware. For the target `host` it is the path of the
    shared library and `place` is None. The first vector runs once more under exact bounds;
    `marks` are addresses of functions whose calls it notes.
    A model that keeps state runs all vectors twice: each from a reset, and in sequences.

    Raises `VerificationFailed` where the code leaves its memory, exceeds its stack bound,
    does not end or does not return 0, or where its table makes no sense; mismatches are
    reported, not raised. Raises `NoOracle` and `UnsupportedModel` as the oracle does.
    """
    image = _image(binary, place, target, kind, limit)
    progress("asking the oracle")
    oracle = Oracle(model)
    graph = read(model)
    inputs = random_vectors(oracle.inputs, count, seed, spans(graph))
    _check_tensors("input", image.table.inputs, oracle.inputs)
    _check_tensors("output", image.table.outputs, oracle.outputs)
    comparison = Comparison(oracle.outputs, tolerance(graph))
    keeps_state = image.table.state_size > 0
    measured: Measured | None = None
    pairs: list[tuple[bytes, bytes]] = []
    for number, proceed in _schedule(count, keeps_state=keeps_state):
        if number % max(1, count // _PROGRESS_STEPS) == 0:
            progress(f"verifying vector {number + 1} of {count}")
        vector = inputs[number]
        expected = oracle.run(vector, proceed=proceed)
        sent = [pack([array]) for array in vector]
        exact = None
        if not isinstance(image, HostImage) and measured is None:
            exact, measured = image.measure(sent, marks)
        if keeps_state and not proceed:
            image.reset()
        outputs = image.run(sent)
        if exact is not None and exact != outputs:
            raise VerificationFailed("run: two runs of the same input differ")
        comparison.add(number, expected, outputs)
        if len(pairs) < count:  # later runs are of sequences
            given = b"".join(outputs) if comparison.tolerance else pack(expected)
            pairs.append((b"".join(sent), given))
    image.check_guards()
    return Verification(
        vectors=count,
        elements=comparison.elements,
        mismatches=comparison.mismatches,
        first_mismatch=comparison.first,
        largest_ulp=comparison.largest_ulp,
        instructions=measured.instructions if measured else None,
        init_instructions=measured.init_instructions if measured else None,
        boot_instructions=measured.boot_instructions if measured else None,
        stack_peak=measured.stack_peak if measured else None,
        stack_bound=image.table.stack_bound,
        arena_peak=measured.arena_peak if measured else None,
        pairs=tuple(pairs),
        visits=measured.visits if measured else (),
    )


def _schedule(count: int, *, keeps_state: bool) -> Iterator[tuple[int, bool]]:
    """Yield each run: the number of its vector, and whether it goes on from the one before."""
    yield from ((number, False) for number in range(count))
    if keeps_state:
        yield from ((number, number % _SEQUENCE != 0) for number in range(count))


def _image(
    binary: bytes | Path,
    place: Slot | FirmwareMap | None,
    target: Target,
    kind: ImageKind,
    limit: int,
) -> Emulation | HostImage:
    if isinstance(binary, Path):
        return HostImage(binary)
    if place is None:
        raise VerificationFailed(f"code for {target.name} was linked for no place")
    return EMULATORS[cores()[target.core].emulator](binary, place, target, kind, limit)


def _check_tensors(
    kind: str, places: Sequence[tuple[int, int]], tensors: Sequence[TensorDetails]
) -> None:
    sizes, expected = [size for _, size in places], [tensor.size for tensor in tensors]
    if sizes != expected:
        raise VerificationFailed(
            f"module table: {kind}s of {sizes} B, those of the model have {expected} B"
        )
