"""The reader of .tflite files: bytes in, `Graph` out, hostile bytes expected.

Field numbers are those of the schema's tables in the order they are declared
(tensorflow/lite/schema/schema.fbs, version 3).
"""

import math
from collections import Counter
from typing import Final

from tflite.BuiltinOperator import BuiltinOperator
from tflite.TensorType import TensorType

from .errors import InvalidModel, UnsupportedModel
from .flatbuffer import FlatBuffer, Table
from .graph import (
    ElementType,
    Graph,
    Operator,
    OperatorCode,
    QuantizationParameters,
    Tensor,
)
from .ops import OPERATORS
from .violations import violations

FILE_BYTES_MAX: Final = 16 << 20
"""The largest file that is read; microcontrollers have less flash."""

TENSOR_BYTES_MAX: Final = 16 << 20
"""The largest tensor; it bounds what shapes in a small file can make us do."""

CONSTANT_BYTES_MAX: Final = 16 << 20
"""The most bytes of constant tensors in all; several may share one buffer of the file."""

PARTS_MAX: Final = 1024
"""The most tensors, operators, buffers of a model."""

ENDS_MAX: Final = 8192
"""The most inputs and outputs of all operators together; each may be a call in C."""

NAME_MAX: Final = 120
"""Characters of a tensor's name that are kept."""

DIMENSIONS_MAX: Final = 8


def read(data: bytes) -> Graph:
    """Return the graph of a .tflite file.

    Raises InvalidModel for bytes that are no model or one that contradicts
    itself, UnsupportedModel for what this compiler does not serve; nothing else.
    Memory and time are bounded by the size of the file.
    """
    if len(data) > FILE_BYTES_MAX:
        raise UnsupportedModel(
            f"the file has {len(data)} B, more than the {FILE_BYTES_MAX} B that are read:"
            " a model for microcontrollers is smaller"
        )
    model = FlatBuffer(data).root(b"TFL3")
    version = model.integer(0, "I")
    if version != 3:
        raise InvalidModel(f"schema version {version}; TFLite models have 3")
    graph = _graph(model)
    for problem in violations(graph):
        raise InvalidModel(f"the model contradicts itself: {problem}")
    _check_constants(graph)
    _check_variables(graph)
    for operator in graph.operators:
        OPERATORS[operator.code].check(graph, operator)
    _check_ends(graph)
    return graph


def _graph(model: Table) -> Graph:
    subgraphs = list(model.tables(2, PARTS_MAX))
    if not subgraphs:
        raise InvalidModel("the model has no subgraph, so nothing to compute")
    if len(subgraphs) > 1:
        raise UnsupportedModel(
            f"the model has {len(subgraphs)} subgraphs (control flow); one is served"
        )
    (subgraph,) = subgraphs
    operators = _operators(subgraph, _codes(model))
    buffers = [_buffer(table) for table in model.tables(4, PARTS_MAX)]
    return Graph(
        tensors=tuple(
            _tensor(number, table, buffers)
            for number, table in enumerate(subgraph.tables(0, PARTS_MAX))
        ),
        operators=operators,
        inputs=subgraph.integers(1, "i"),
        outputs=subgraph.integers(2, "i"),
    )


def _buffer(table: Table) -> bytes:
    if table.integer(1, "Q") > 1:
        raise UnsupportedModel("constants outside of the model's own tables are not served")
    return table.bytes(0)


def _codes(model: Table) -> list[int | str]:
    """Return the operator of each operator code: its number, or a custom one's name."""
    codes: list[int | str] = []
    for table in model.tables(1, PARTS_MAX):
        # Numbers up to 127 stand in the first field, in old files only there.
        code = max(table.integer(0, "b"), table.integer(3, "i"))
        custom = code == BuiltinOperator.CUSTOM
        codes.append(table.text(1)[:NAME_MAX] if custom else code)
    return codes


def _operators(subgraph: Table, codes: list[int | str]) -> tuple[Operator, ...]:
    tables = list(subgraph.tables(3, PARTS_MAX))
    found = []
    for index, table in enumerate(tables):
        number = table.integer(0, "I")
        if number >= len(codes):
            raise InvalidModel(
                f"operator {index} refers to operator code {number}; the model has {len(codes)}"
            )
        found.append(codes[number])
    _check_served(found)
    operators = tuple(
        _operator(index, OperatorCode(int(code)), table)
        for index, (code, table) in enumerate(zip(found, tables, strict=True))
    )
    ends = sum(len(operator.inputs) + len(operator.outputs) for operator in operators)
    if ends > ENDS_MAX:
        raise UnsupportedModel(
            f"the operators have {ends} inputs and outputs in all; {ENDS_MAX} are the most"
        )
    return operators


def _check_served(codes: list[int | str]) -> None:
    """Raise UnsupportedModel with every operator that is not served, and those that are."""
    served = {code for code in OPERATORS if code >= 0}  # below are those that passes make
    strange: dict[int | str, list[int]] = {}
    for index, code in enumerate(codes):
        if code not in served:
            strange.setdefault(code, []).append(index)
    if strange:
        names = "; ".join(
            f"{_name(code)} (operator {', '.join(map(str, where[:8]))}"
            f"{', ...' if len(where) > 8 else ''})"
            for code, where in strange.items()
        )
        known = ", ".join(OperatorCode(code).name for code in sorted(served))
        raise UnsupportedModel(f"not served: {names}. Served are {known}")


_NAMES: dict[int, str] = {
    value: name for name, value in vars(BuiltinOperator).items() if name.isupper()
}
_TYPES: dict[int, str] = {value: name for name, value in vars(TensorType).items() if name.isupper()}


def _name(code: int | str) -> str:
    if isinstance(code, str):
        return f"custom operator '{code}'"
    return _NAMES.get(code, f"operator code {code}")


def _operator(index: int, code: OperatorCode, table: Table) -> Operator:
    definition = OPERATORS[code]
    kind = table.integer(3, "B")
    if kind not in (0, definition.options_type):
        raise InvalidModel(
            f"operator {index} {code.name} has options of kind {kind},"
            f" not {definition.options_type}"
        )
    try:
        # A union of no kind has no value, whatever stands in its place.
        given = table.table(4) if kind else None
        options = definition.read_options(given or Table.empty())
    except ValueError as error:
        raise UnsupportedModel(f"operator {index} {code.name}: {error}") from None
    return Operator(
        index=index,
        code=code,
        inputs=tuple(None if n == -1 else n for n in table.integers(1, "i")),
        outputs=table.integers(2, "i"),
        options=options,
    )


def _tensor(number: int, table: Table, buffers: list[bytes]) -> Tensor:
    name = table.text(3)[:NAME_MAX]
    where = f"tensor {number} '{name}'"
    kind = table.integer(1, "b")
    if kind not in set(ElementType):
        raise UnsupportedModel(f"{where} has elements of type {_TYPES.get(kind, kind)}")
    if table.has(6):
        raise UnsupportedModel(f"{where} is stored as a sparse tensor; save the model without")
    buffer = table.integer(2, "I")
    if buffer >= len(buffers):
        raise InvalidModel(f"{where} refers to buffer {buffer}; the model has {len(buffers)}")
    shape = _shape(where, ElementType(kind), table.integers(0, "i"))
    return Tensor(
        name=name,
        shape=shape,
        type=ElementType(kind),
        quantization=_quantization(where, shape, table.table(4)),
        data=buffers[buffer] or None,
        variable=bool(table.integer(5, "?")),
    )


def _shape(where: str, kind: ElementType, shape: tuple[int, ...]) -> tuple[int, ...]:
    if len(shape) > DIMENSIONS_MAX:
        raise UnsupportedModel(
            f"{where} has {len(shape)} dimensions; {DIMENSIONS_MAX} are the most"
        )
    if any(extent < 1 for extent in shape):
        raise UnsupportedModel(
            f"{where} has shape {list(shape)}; every dimension must be fixed and above 0:"
            " save the model with a fixed input shape"
        )
    if math.prod(shape) * kind.size > TENSOR_BYTES_MAX:
        raise UnsupportedModel(
            f"{where} has shape {list(shape)}, more than {TENSOR_BYTES_MAX} B:"
            " no microcontroller holds it"
        )
    return shape


def _quantization(
    where: str, shape: tuple[int, ...], table: Table | None
) -> QuantizationParameters | None:
    scales = table.numbers(2, "f") if table else ()
    zero_points = table.integers(3, "q") if table else ()
    # The interpreter takes a tensor that lacks either for one without quantisation.
    if table is None or not (scales and zero_points):
        return None
    if table.integer(4, "B"):
        raise UnsupportedModel(f"{where} has a custom quantisation")
    axis = table.integer(6, "i")
    if len(scales) > 1 and not (0 <= axis < len(shape) and shape[axis] == len(scales)):
        raise InvalidModel(
            f"{where} has {len(scales)} scales for dimension {axis} of {list(shape)}"
        )
    if len(zero_points) != len(scales):
        raise InvalidModel(f"{where} has {len(scales)} scales and {len(zero_points)} zero points")
    if not all(0 < scale < math.inf for scale in scales):
        raise InvalidModel(f"{where} has a scale that is not finite and above 0")
    return QuantizationParameters(scales, zero_points, axis)


def _check_constants(graph: Graph) -> None:
    constants = sum(len(tensor.data) for tensor in graph.tensors if tensor.data is not None)
    if constants > CONSTANT_BYTES_MAX:
        raise UnsupportedModel(
            f"the model's constants have {constants} B, more than {CONSTANT_BYTES_MAX} B:"
            " no microcontroller holds them"
        )


def _check_variables(graph: Graph) -> None:
    """Raise UnsupportedModel unless each variable is the state of one operator and nothing else."""
    kept = {number for number, tensor in enumerate(graph.tensors) if tensor.variable}
    for number in sorted(kept):
        where = f"tensor {number} '{graph.tensors[number].name}' is a variable, kept between runs"
        if graph.tensors[number].constant:
            raise UnsupportedModel(f"{where}, but has contents of its own")
        if number in graph.outputs:
            raise UnsupportedModel(f"{where}; it cannot be an output of the model")
    reads = Counter(read for operator in graph.operators for read in operator.inputs)
    for operator in graph.operators:
        for position, read in enumerate(operator.inputs):
            if read not in kept:
                continue
            name = f"tensor {read} '{graph.tensors[read].name}'"
            if position not in OPERATORS[operator.code].variables:
                raise UnsupportedModel(f"{operator} reads {name}, a variable, but keeps no state")
            if reads[read] > 1:
                raise UnsupportedModel(f"{name} is a variable that is read more than once")


def _check_ends(graph: Graph) -> None:
    if not graph.inputs or not graph.outputs:
        raise InvalidModel("the model has no input or no output")
    for number in graph.outputs:
        if graph.tensors[number].constant:
            raise UnsupportedModel(f"model output '{graph.tensors[number].name}' is constant")
