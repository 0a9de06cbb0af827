"""What CONCATENATION, PACK, SPLIT, SPLIT_V and UNPACK share: parts, put together, are a whole.

Bytes are moved as they are, whatever quantisation is said of them, as the interpreter does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from math import prod
from typing import Final

import numpy as np

from ..flatbuffer import Table
from ..graph import ElementType, Graph, Operator, OperatorCode
from ..machine import Machine
from ..options import AxisOptions, Options
from .call import Call, Lowered, TensorArgument, copy, kernel
from .definition import Condition, OperatorDefinition, no_macs

TYPES: Final = frozenset(
    {ElementType.INT8, ElementType.INT16, ElementType.INT32, ElementType.FLOAT32}
)

_JOINS: Final = frozenset({OperatorCode.CONCATENATION, OperatorCode.PACK})
_WHOLE: Final = {OperatorCode.SPLIT: 1}
"""Which input is cut, where it is not the first."""
_AXIS: Final = {OperatorCode.SPLIT: 0, OperatorCode.SPLIT_V: 2}
"""Which input names the dimension, where no option does."""


@dataclass(frozen=True, slots=True)
class Part:
    """Where a tensor's bytes are in the whole: `rows` of `row_bytes`, `step` bytes apart."""

    tensor: int
    offset: int
    rows: int
    row_bytes: int
    step: int

    @property
    def contiguous(self) -> bool:
        """Whether they lie together there."""
        return self.rows == 1 or self.row_bytes == self.step


@dataclass(frozen=True, slots=True)
class Parts:
    """A tensor and what it is put together from, or cut into."""

    whole: int
    parts: tuple[Part, ...]
    join: bool


def is_partition(operator: Operator) -> bool:
    """Whether `parts_of` can tell anything of an operator."""
    return operator.code in _DEFINED


def parts_of(graph: Graph, operator: Operator) -> Parts:
    """Return whole and parts of an operator that keeps the rules below."""
    whole, numbers = _ends(operator)
    tensor = graph.tensors[whole]
    rows = prod(tensor.shape[: _axis(graph, operator)])
    widths = [graph.tensors[number].size // rows for number in numbers]
    starts = accumulate(widths, initial=0)
    parts = zip(numbers, starts, widths, strict=False)
    return Parts(
        whole,
        tuple(Part(n, start, rows, width, tensor.size // rows) for n, start, width in parts),
        operator.code in _JOINS,
    )


def read_axis(slot: int) -> Callable[[Table], AxisOptions]:
    """Return the reader of options whose field `slot` is the dimension."""
    return lambda table: AxisOptions(table.integer(slot, "i"))


def no_input_absent(graph: Graph, operator: Operator) -> bool:
    """No input may be absent."""
    return None not in operator.inputs


def known_axis(graph: Graph, operator: Operator) -> bool:
    """The dimension along which the tensor is cut or put together must be one that it has; an
    input that names it must be a single constant int32.
    """
    position = _AXIS.get(operator.code)
    if position is not None:
        tensor = graph.input(operator, position)
        if not (tensor.constant and tensor.type is ElementType.INT32 and tensor.elements == 1):
            return False
    rank = len(graph.tensors[_ends(operator)[0]].shape)
    return -rank <= _named_axis(graph, operator) < rank


def parts_fill_whole(graph: Graph, operator: Operator) -> bool:
    """The parts must be as large as the whole in every dimension but that along which they are put
    together, and fill it in that one.
    """
    axis = _axis(graph, operator)
    whole, parts = _shapes(graph, operator)
    beside = whole[:axis] + whole[axis + 1 :]
    return (
        all(len(part) == len(whole) for part in parts)
        and all(part[:axis] + part[axis + 1 :] == beside for part in parts)
        and sum(part[axis] for part in parts) == whole[axis]
    )


def parts_are_slices(graph: Graph, operator: Operator) -> bool:
    """There must be as many parts as the whole has places in the dimension along which they are
    put together, each with the whole's shape without that dimension.
    """
    axis = _axis(graph, operator)
    whole, parts = _shapes(graph, operator)
    return len(parts) == whole[axis] and set(parts) == {whole[:axis] + whole[axis + 1 :]}


def movable_type(graph: Graph, operator: Operator) -> bool:
    """The whole and its parts must all be int8, all int16, all int32 or all float32."""
    whole, parts = _ends(operator)
    types = {graph.tensors[number].type for number in (whole, *parts)}
    return len(types) == 1 and types <= TYPES


def lower(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return one copy per part."""
    parts = parts_of(graph, operator)
    return Lowered(tuple(_copy(parts, number) for number in range(len(parts.parts))))


def definition(
    options_type: int,
    read_options: Callable[[Table], Options],
    inputs: range,
    outputs: range,
    shapes: Condition,
    *limits: Condition,
) -> OperatorDefinition:
    """Return the definition of an operator of this kind."""
    return OperatorDefinition(
        options_type=options_type,
        read_options=read_options,
        inputs=inputs,
        outputs=outputs,
        rules=(no_input_absent, known_axis, shapes),
        limits=(movable_type, *limits),
        macs=no_macs,
        lower=lower,
    )


def _copy(parts: Parts, number: int) -> Call:
    part = parts.parts[number]
    whole = TensorArgument("whole", parts.whole, offset=part.offset)
    single = TensorArgument(f"part_{number}", part.tensor)
    source, result = (single, whole) if parts.join else (whole, single)
    if part.contiguous:
        return copy(source, result, part.rows * part.row_bytes)
    steps = (part.row_bytes, part.step) if parts.join else (part.step, part.row_bytes)
    parameters = {
        "rows": part.rows,
        "bytes": part.row_bytes,
        "input_step": steps[0],
        "output_step": steps[1],
    }
    return kernel("rows", parameters, source, result)


def _ends(operator: Operator) -> tuple[int, tuple[int, ...]]:
    given = tuple(number for number in operator.inputs if number is not None)
    if operator.code in _JOINS:
        return operator.outputs[0], given
    return given[_WHOLE.get(operator.code, 0)], operator.outputs


def _axis(graph: Graph, operator: Operator) -> int:
    return _named_axis(graph, operator) % len(graph.tensors[_ends(operator)[0]].shape)


def _named_axis(graph: Graph, operator: Operator) -> int:
    if isinstance(operator.options, AxisOptions):
        return operator.options.axis
    data = graph.input(operator, _AXIS[operator.code]).data
    return int(np.frombuffer(data or b"", "<i4")[0])


def _shapes(graph: Graph, operator: Operator) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    whole, parts = _ends(operator)
    return graph.tensors[whole].shape, [graph.tensors[number].shape for number in parts]


_DEFINED: Final = _JOINS | {OperatorCode.SPLIT, OperatorCode.SPLIT_V, OperatorCode.UNPACK}
