"""Proof by running: the linked machine code against the oracle, bit by bit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from .border import TensorDetails
from .comparison import Comparison, Mismatch
from .emulated import EmulatedImage
from .emulation import Emulation, Emulator, Measured
from .errors import NoEmulator, UnsupportedModel, VerificationFailed
from .graph import Graph
from .host_image import HostImage
from .ops import OPERATORS
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

    `vectors` were compared; `undefined` more ran without, for the oracle gives no output on them.
    `elements` is the number of output elements compared. `largest_ulp` is how far a float
    output is from the oracle's, in units in the last place. `measured` is what the exact run
    of the first vector showed, None on the host. `stack_bound` is in bytes.
    `pairs` are all vectors with the *oracle's* outputs, as packed bytes, or with our own where
    these may differ (see `ulp.tolerance`); those of a model that keeps state are each of a run
    from its initial state.
    """

    vectors: int
    elements: int
    mismatches: int
    first_mismatch: Mismatch | None
    largest_ulp: int
    stack_bound: int
    measured: Measured | None
    pairs: tuple[tuple[bytes, bytes], ...] = field(repr=False, default=())
    undefined: int = 0

    @property
    def instructions(self) -> int | None:
        """Instructions of the exact run, None on the host."""
        return self.measured.instructions if self.measured else None


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
    Where the oracle is known to lack outputs for some inputs (`OperatorDefinition.defined`), up
    to half of the vectors may be such, unless the model keeps state.

    Raises `VerificationFailed` where the code leaves its memory, exceeds its stack bound,
    does not end or does not return 0, or where its table makes no sense; mismatches are
    reported, not raised. Raises `NoOracle` and `UnsupportedModel` as the oracle does.
    """
    image = _image(binary, place, target, kind, limit)
    progress("asking the oracle")
    graph = read(model)
    trial = _Trial(image, model, graph, count, marks)
    inputs = random_vectors(trial.inputs, count, seed, spans(graph))
    pairs: list[tuple[bytes, bytes]] = []
    for number, proceed in _schedule(count, keeps_state=trial.keeps_state):
        if number % max(1, count // _PROGRESS_STEPS) == 0:
            progress(f"verifying vector {number + 1} of {count}")
        pair = trial.run(number, inputs[number], proceed=proceed)
        if pair is not None and len(pairs) < count:  # later runs are of sequences
            pairs.append(pair)
    image.check_guards()
    found = trial.comparison
    return Verification(
        vectors=count - trial.undefined,
        elements=found.elements,
        mismatches=found.mismatches,
        first_mismatch=found.first,
        largest_ulp=found.largest_ulp,
        stack_bound=image.table.stack_bound,
        measured=trial.measured,
        pairs=tuple(pairs),
        undefined=trial.undefined,
    )


class _Trial:
    """An image and the oracle, run side by side.

    Raises `VerificationFailed` where the image's inputs and outputs are not the model's.
    """

    def __init__(
        self,
        image: Emulation | HostImage,
        model: bytes,
        graph: Graph,
        count: int,
        marks: Sequence[int],
    ) -> None:
        self._image, self._model, self._marks = image, model, marks
        self._oracle = Oracle(model)
        self.inputs = self._oracle.inputs
        _check_tensors("input", image.table.inputs, self.inputs)
        _check_tensors("output", image.table.outputs, self._oracle.outputs)
        self.comparison = Comparison(self._oracle.outputs, tolerance(graph))
        self.keeps_state = image.table.state_size > 0
        self.measured: Measured | None = None
        self._excused = 0 if self.keeps_state or _defined(graph) else count // 2
        self.undefined = 0

    def run(
        self, number: int, vector: Sequence[NDArray[Any]], *, proceed: bool
    ) -> tuple[bytes, bytes] | None:
        """Run a vector, from a reset or on from the run before, and compare.

        Returns its packed bytes and those of the outputs that are right; None where no output is.
        """
        expected = self._expected(vector, proceed=proceed)
        sent = [pack([array]) for array in vector]
        exact = self._measure(sent)
        if self.keeps_state and not proceed:
            self._image.reset()
        outputs = self._image.run(sent)
        if exact is not None and exact != outputs:
            raise VerificationFailed("run: two runs of the same input differ")
        if expected is None:
            return None
        self.comparison.add(number, expected, outputs)
        right = b"".join(outputs) if self.comparison.tolerance else pack(expected)
        return b"".join(sent), right

    def _expected(
        self, vector: Sequence[NDArray[Any]], *, proceed: bool
    ) -> list[NDArray[Any]] | None:
        """Return the oracle's outputs, None for one of the vectors that may be without."""
        try:
            return self._oracle.run(vector, proceed=proceed)
        except UnsupportedModel:
            if not self._oracle.aborted or self.undefined == self._excused:
                raise
        self.undefined += 1
        self._oracle = Oracle(self._model)
        return None

    def _measure(self, sent: Sequence[bytes]) -> list[bytes] | None:
        """Run under exact bounds if none has yet; None where one has, and on the host."""
        if self.measured is not None or isinstance(self._image, HostImage):
            return None
        outputs, self.measured = self._image.measure(sent, self._marks)
        return outputs


def _defined(graph: Graph) -> bool:
    """Whether the oracle has an output for every input."""
    return all(
        holds(graph, one) for one in graph.operators for holds in OPERATORS[one.code].defined
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
