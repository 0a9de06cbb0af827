"""What emitting yields: the C, and what reports tell of each operator."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TensorRecord:
    """A tensor's place in the arena (bytes) and life (steps, see `plan.Allocation`)."""

    name: str
    type: str
    shape: tuple[int, ...]
    offset: int
    size: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class OperatorRecord:
    """One operator of the emitted code.

    `index` is its place in the model file; its constants carry symbols that start with
    `symbol_prefix`, and are `constant_bytes` in all. `function` is the symbol of its code,
    `form` how it is computed (see `forms`), `kernel` the first C function called.
    """

    index: int
    name: str
    symbol_prefix: str
    function: str
    form: str
    kernel: str
    macs: int
    constant_bytes: int
    inputs: tuple[TensorRecord, ...]
    outputs: tuple[TensorRecord, ...]


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """A stretch of the arena: a tensor or scratch memory, from `offset` on, `size` bytes.

    It is in use from step `first` to step `last`, see `plan.Allocation`.
    """

    name: str
    offset: int
    size: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Emitted:
    """C sources and the facts that the caller of that C must know.

    `files` maps file name to text: model.c, model.h and the kernels used, all of
    which are compiled together (the .c ones) or found by quotes (the .h ones).
    `inputs` and `outputs` are (arena offset, size) in model order, bytes. model.c
    defines `int tml_init(void *state)` and `int tml_run(void *arena, void *state)`,
    0 is success; the arena's base is aligned to 16. No arena of this program can be
    smaller than `arena_bound`; `memory` is what lies where in it.
    `model_constants` is the bytes of the constants that its operators read, as they are in
    the model file.
    """

    files: dict[str, str] = field(repr=False)
    inputs: tuple[tuple[int, int], ...]
    outputs: tuple[tuple[int, int], ...]
    arena_size: int
    state_size: int
    operators: tuple[OperatorRecord, ...] = field(repr=False)
    memory: tuple[MemoryRecord, ...] = field(repr=False, default=())
    arena_bound: int = 0
    model_constants: int = 0
