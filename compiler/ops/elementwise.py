"""What operators share that take two inputs and go element by element."""

from collections.abc import Mapping
from dataclasses import replace

from ..flatbuffer import Table
from ..graph import ElementType, Graph, Operator
from ..options import Activation, ArithmeticOptions
from . import broadcast, conditions, floats, overlap
from .call import Call, CType, Overlap, TensorArgument, Value, kernel

RANK = 6
"""Most dimensions that the reference broadcasts: of more it reads the wrong elements.

TML_AXES of the kernels.
"""


def read_options(table: Table) -> ArithmeticOptions:
    """Read the schema's AddOptions, SubOptions or MulOptions, which begin alike."""
    return ArithmeticOptions(activation=Activation(table.integer(0, "b")))


def int8_or_float_operands(graph: Graph, operator: Operator) -> bool:
    """Both inputs and the output must be float32, or all int8, quantised with one scale and one
    zero point from -128 to 127: quantise the whole model to int8 when converting it.
    """
    if not conditions.is_float(graph, operator):
        return conditions.int8_operands(graph, operator)
    others = graph.input(operator, 1), graph.output(operator)
    return all(tensor.type is ElementType.FLOAT32 for tensor in others)


def int8_int16_or_float_operands(graph: Graph, operator: Operator) -> bool:
    """Both inputs and the output must be float32, or all int8 or all int16, quantised with one
    scale and one zero point, which is from -128 to 127 for int8 and 0 for int16: quantise the
    whole model when converting it.
    """
    if not conditions.is_int16(graph, operator):
        return int8_or_float_operands(graph, operator)
    tensors = graph.input(operator, 0), graph.input(operator, 1), graph.output(operator)
    return all(map(conditions.is_int16_activation, tensors))


def float_arithmetic(name: str, graph: Graph, operator: Operator) -> Call:
    """Return the call of the float kernel of ADD, SUB or MUL."""
    parameters: dict[str, Value] = {"ends": floats.ends(operator)}
    return call(
        f"{name}_float", parameters, graph, operator, type_=CType.FLOAT, file="arithmetic_float"
    )


def shapes_match(graph: Graph, operator: Operator) -> bool:
    """The inputs' shapes must broadcast to the output's: aligned at the last dimension, each
    dimension of an input must be the output's, or 1, or missing.
    """
    first, second, result = _shapes(graph, operator)
    if result == first and graph.input(operator, 1).elements == 1:
        return True
    if result == second and graph.input(operator, 0).elements == 1:
        return True
    return broadcast.broadcasts_to(first, second, result)


def few_dimensions(graph: Graph, operator: Operator) -> bool:
    """Inputs of different shapes must have at most six dimensions."""
    first, second, _ = _shapes(graph, operator)
    return first == second or max(len(first), len(second)) <= RANK


def call(
    name: str,
    parameters: Mapping[str, Value],
    graph: Graph,
    operator: Operator,
    *,
    type_: CType = CType.INT8,
    file: str | None = None,
) -> Call:
    """Return the call of the kernel `name`, of its form that broadcasts if an input is repeated.

    `parameters` are those of a row but for its first member, the number of elements; `file`
    has the kernel where that has another name.
    """
    arguments = (
        TensorArgument("first", operator.inputs[0], type_),
        TensorArgument("second", operator.inputs[1], type_),
        TensorArgument("output", operator.outputs[0], type_),
    )
    axes = broadcast.axes(*_least_shapes(graph, operator))
    whole = not axes or axes[-1].first != 0 != axes[-1].second
    row = axes.pop().extent if axes and whole else 1
    members: dict[str, Value] = {"elements": row, **parameters}
    plain = kernel(name, members, *arguments)
    if file is not None:
        plain = replace(plain, headers=(f"{file}.h",), sources=(f"{file}.c",))
    if not axes:
        return plain
    return replace(
        plain,
        function=f"tml_{name}_broadcast",
        structure=f"tml_{name}_broadcast",
        parameters={"row": members, "axes": _axes(axes)},
    )


def overlaps(graph: Graph, operator: Operator) -> tuple[Overlap, ...]:
    """Return in place over either input that has all elements, which are walked in order."""
    return overlap.in_place(graph, operator, 0) + overlap.in_place(graph, operator, 1)


def _axes(outer: list[broadcast.Axis]) -> dict[str, Value]:
    missing = RANK - len(outer)
    extents, firsts, seconds = zip(*broadcast.row_steps(outer), strict=True)
    return {
        "extent": (1,) * missing + extents,
        "first_step": (0,) * missing + firsts,
        "second_step": (0,) * missing + seconds,
    }


def _shapes(
    graph: Graph, operator: Operator
) -> tuple[broadcast.Shape, broadcast.Shape, broadcast.Shape]:
    first, second = graph.input(operator, 0).shape, graph.input(operator, 1).shape
    return first, second, graph.output(operator).shape


def _least_shapes(
    graph: Graph, operator: Operator
) -> tuple[broadcast.Shape, broadcast.Shape, broadcast.Shape]:
    """Return the shapes; that of a single element, which may have any number of ones, as ()."""
    first, second, result = (
        () if all(extent == 1 for extent in shape) else shape for shape in _shapes(graph, operator)
    )
    return first, second, result
