"""What a model keeps from run to run: as the interpreter does, and in the state alone."""

from pathlib import Path

import numpy as np
import pytest

from compiler.emit.table import FILE_NAME, emit_table
from compiler.errors import UnsupportedModel
from compiler.graph import OperatorCode
from compiler.machine import Machine
from compiler.oracle import Oracle
from compiler.passes import optimise
from compiler.state import state_offsets
from compiler.targets.target import ImageKind
from compiler.tflite import read
from compiler.translate import translate
from compiler.vectors import pack, random_vectors
from compiler.verify import Verification, verify

from .host_code import compile_c, run_sequence
from .model_builder import OperatorSpec, TensorSpec, build_model, schema
from .ops.lstm_law import Lstm
from .test_verify import M4, SLOT, link


def two_lstms() -> bytes:
    """Return a model of an LSTM behind another."""
    first, second = Lstm(depth=6, units=5), Lstm(depth=5, units=3, seed=9)
    tensors, operators = [], []
    for lstm in (first, second):
        inputs = lstm.inputs()
        numbers = []
        for position, spec in enumerate(inputs):
            if spec is None:
                numbers.append(-1)
            elif position == 0 and tensors:
                numbers.append(len(tensors) - 1)
            else:
                numbers.append(len(tensors))
                tensors.append(spec)
        scale, zero = lstm.hidden
        shape = (lstm.batches, lstm.steps, lstm.units)
        tensors.append(TensorSpec(shape, scales=(scale,), zero_points=(zero,)))
        operators.append(
            OperatorSpec(
                OperatorCode.UNIDIRECTIONAL_SEQUENCE_LSTM,
                tuple(numbers),
                (len(tensors) - 1,),
                lstm.options(),
            )
        )
    return build_model(tensors, operators, (0,), (len(tensors) - 1,))


def proven(binary: bytes, count: int) -> Verification:
    """Return the proof of the linked `two_lstms`."""
    return verify(
        binary,
        SLOT,
        M4,
        kind=ImageKind.MODULE,
        model=two_lstms(),
        count=count,
        progress=lambda text: None,
    )


def test_runs_continue_until_a_reset(tmp_path: Path) -> None:
    data = two_lstms()
    emitted = translate(optimise(read(data)), Machine())
    assert emitted.state_size == 2 * 2 * (5 + 3) + 2 * 5 + 2 * 3 + 2 + 2
    library = compile_c(emitted.files, tmp_path)
    random = np.random.default_rng(1)
    oracle = Oracle(data)
    for length in (5, 1, 7):
        vectors = [random.integers(-128, 128, (2, 3, 6), np.int8) for _ in range(length)]
        expected = [oracle.run([v], proceed=n > 0)[0].tobytes() for n, v in enumerate(vectors)]
        found = run_sequence(library, emitted, [[v.tobytes()] for v in vectors])
        assert [output for (output,) in found] == expected


def test_the_oracle_forgets_unless_it_is_to_proceed() -> None:
    oracle = Oracle(Lstm().model())
    vector = [np.full((2, 3, 5), 100, np.int8)]
    first, again, next_ = (oracle.run(vector, proceed=p)[0].tobytes() for p in (False, False, True))
    assert first == again != next_


def test_machine_code_keeps_it_too(tmp_path: Path) -> None:
    data = two_lstms()
    emitted = translate(optimise(read(data)), Machine())
    files = emitted.files | {FILE_NAME: emit_table(emitted, hard_float=True)}
    binary = link(M4, ImageKind.MODULE, tmp_path, files)
    found = proven(binary, count=20)
    assert (found.mismatches, found.vectors) == (0, 20)
    oracle = Oracle(data)
    assert found.elements == 2 * 20 * sum(tensor.elements for tensor in oracle.outputs)
    vectors = random_vectors(oracle.inputs, 20)
    assert found.pairs == tuple((pack(v), pack(oracle.run(v))) for v in vectors)


def test_machine_code_that_forgets_between_runs_is_seen(tmp_path: Path) -> None:
    """Each run from a reset would be right."""
    emitted = translate(optimise(read(two_lstms())), Machine())
    files = emitted.files | {FILE_NAME: emit_table(emitted, hard_float=True)}
    begins = "int8_t *const base = arena;"
    (entry,) = [name for name, text in files.items() if begins in text]
    files[entry] = files[entry].replace(begins, begins + " (void)tml_init(state);")
    found = proven(link(M4, ImageKind.MODULE, tmp_path, files), count=8)
    assert found.first_mismatch is not None
    assert found.first_mismatch.vector == 1


def test_each_variable_has_a_place_of_its_own() -> None:
    graph = read(two_lstms())
    offsets = state_offsets(graph)
    ends = [offset + graph.tensors[number].size for number, offset in offsets.items()]
    starts = list(offsets.values())
    assert len(starts) == 4
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
    assert all(start % 4 == 0 for start in starts)


@pytest.mark.parametrize(
    ("fixed", "reads", "ends", "words"),
    [
        (False, 0, (1, 2), "keeps no state"),
        (False, 1, (1, 0), "cannot be an output"),
        (True, 1, (1, 2), "contents of its own"),
    ],
)
def test_states_other_than_an_operators_own_are_refused(fixed, reads, ends, words) -> None:
    contents = np.zeros((2, 3), np.int8) if fixed else None
    kept = TensorSpec((2, 3), scales=(0.5,), variable=True, values=contents)
    free = TensorSpec((2, 3), scales=(0.5,))
    operator = OperatorSpec(OperatorCode.RESHAPE, (reads,), (2,), schema.ReshapeOptionsT())
    model = build_model([kept, free, free], [operator], ends[:1], ends[1:])
    with pytest.raises(UnsupportedModel, match=words):
        read(model)


def test_a_state_that_two_share_is_refused() -> None:
    inputs = Lstm(units=5).inputs()
    tensors = [spec for spec in inputs if spec is not None]
    order = iter(range(len(tensors)))
    numbers = tuple(-1 if spec is None else next(order) for spec in inputs)
    result = TensorSpec((2, 3, 5), scales=(2.0**-7,), zero_points=(-5,))
    code, options = OperatorCode.UNIDIRECTIONAL_SEQUENCE_LSTM, Lstm().options()
    operators = [OperatorSpec(code, numbers, (len(tensors) + n,), options) for n in (0, 1)]
    model = build_model([*tensors, result, result], operators, (0,), (len(tensors),))
    with pytest.raises(UnsupportedModel, match="read more than once"):
        read(model)
