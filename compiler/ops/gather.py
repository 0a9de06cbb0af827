"""GATHER with indices that the model fixes."""

from math import prod

from ..flatbuffer import Table
from ..graph import Graph, Operator
from ..options import GatherOptions
from . import conditions
from .call import ArrayArgument, Call, CType, TensorArgument, kernel
from .definition import OperatorDefinition, no_macs, one_call


def read_options(table: Table) -> GatherOptions:
    """Read the schema's GatherOptions."""
    return GatherOptions(table.integer(0, "i"), table.integer(1, "i"))


def known_axis(graph: Graph, operator: Operator) -> bool:
    """The dimension must be one that the input has, and no dimension a batch."""
    rank = len(graph.input(operator, 0).shape)
    options = _options(operator)
    return -rank <= options.axis < rank and options.batch_dims == 0


def constant_indices(graph: Graph, operator: Operator) -> bool:
    """The indices must be constant int32, places that the dimension has, at most 32767."""
    indices = conditions.constant_int32(graph.input(operator, 1))
    extent = graph.input(operator, 0).shape[_options(operator).axis]
    return indices is not None and all(0 <= place < min(extent, 1 << 15) for place in indices)


def gathered_shape(graph: Graph, operator: Operator) -> bool:
    """The output must have the input's shape with that of the indices in the dimension's place."""
    shape, axis = graph.input(operator, 0).shape, _axis(graph, operator)
    indices = graph.input(operator, 1).shape
    return graph.output(operator).shape == (*shape[:axis], *indices, *shape[axis + 1 :])


def call(graph: Graph, operator: Operator) -> Call:
    """Return the kernel's call: a single row, and the indices as its columns."""
    source, axis = graph.input(operator, 0), _axis(graph, operator)
    size = source.type.size * prod(source.shape[axis + 1 :])
    indices = conditions.constant_int32(graph.input(operator, 1)) or ()
    return kernel(
        "pick",
        {
            "batches": prod(source.shape[:axis]),
            "batch_step": size * source.shape[axis],
            "height": 1,
            "row_step": 0,
            "width": len(indices),
            "column_step": size,
            "bytes": size,
        },
        TensorArgument("input", operator.inputs[0]),
        ArrayArgument.of("rows", [0], CType.INT16),
        ArrayArgument.of("columns", indices, CType.INT16),
        TensorArgument("output", operator.outputs[0]),
    )


def _axis(graph: Graph, operator: Operator) -> int:
    return _options(operator).axis % len(graph.input(operator, 0).shape)


def _options(operator: Operator) -> GatherOptions:
    if not isinstance(operator.options, GatherOptions):
        raise TypeError(f"{operator} gathers nothing")
    return operator.options


DEFINITION = OperatorDefinition(
    options_type=23,
    read_options=read_options,
    inputs=range(2, 3),
    rules=(),
    limits=(
        conditions.same_int8_or_float,
        known_axis,
        constant_indices,
        gathered_shape,
    ),
    macs=no_macs,
    lower=one_call(call),
)
