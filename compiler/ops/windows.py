"""The geometry of windows that move over height and width: output size and padding."""

from typing import NamedTuple

from ..graph import Graph, Operator
from ..options import Conv2DOptions, Padding, Pool2DOptions, Window
from .call import Value


class Extent(NamedTuple):
    """One axis of a window's walk: the output's extent and the padding before the input."""

    output: int
    pad: int


def extent(padding: Padding, size: int, taps: int, stride: int, dilation: int) -> Extent:
    """Return the walk of `taps` over `size` elements, as ComputeOutSize and ComputePadding do."""
    reach = (taps - 1) * dilation + 1
    output = (size if padding is Padding.SAME else size - reach + 1) + stride - 1
    output //= stride
    missing = (output - 1) * stride + reach - size
    return Extent(output, max(missing, 0) // 2)


def window_of(operator: Operator) -> Window:
    """Return the window of an operator that has one."""
    if not isinstance(operator.options, Conv2DOptions | Pool2DOptions):
        raise TypeError(f"{operator} has no window")
    return operator.options.window


def walk(graph: Graph, operator: Operator, size: tuple[int, int]) -> tuple[Extent, Extent]:
    """Return the walk over height and over width of a window of `size` (height, width)."""
    window = window_of(operator)
    if window.before is not None:
        rows, columns = graph.output(operator).shape[1:3]
        return Extent(rows, window.before[0]), Extent(columns, window.before[1])
    _, height, width, _ = graph.input(operator, 0).shape
    return (
        extent(window.padding, height, size[0], window.stride[0], window.dilation[0]),
        extent(window.padding, width, size[1], window.stride[1], window.dilation[1]),
    )


def positive_window(graph: Graph, operator: Operator) -> bool:
    """Strides and dilations must be at least 1."""
    window = window_of(operator)
    return all(step >= 1 for step in window.stride + window.dilation)


def small_steps(graph: Graph, operator: Operator) -> bool:
    """Strides must be at most 65535 and dilations at most 127."""
    # 127 rows of the largest tensor are the furthest that 32 bits reach.
    window = window_of(operator)
    return max(window.stride) <= 0xFFFF and max(window.dilation) <= 127


def walks_to_output(graph: Graph, operator: Operator, size: tuple[int, int]) -> bool:
    """Whether a window of `size` gives the output's height and width."""
    _, height, width, _ = graph.output(operator).shape
    rows, columns = walk(graph, operator, size)
    return (rows.output, columns.output) == (height, width)


def window_members(graph: Graph, operator: Operator, size: tuple[int, int]) -> dict[str, Value]:
    """Return the members of `struct tml_window`."""
    window = window_of(operator)
    batches, input_height, input_width, _ = graph.input(operator, 0).shape
    rows, columns = walk(graph, operator, size)
    return {
        "batches": batches,
        "input_height": input_height,
        "input_width": input_width,
        "output_height": rows.output,
        "output_width": columns.output,
        "height": size[0],
        "width": size[1],
        "stride_height": window.stride[0],
        "stride_width": window.stride[1],
        "dilation_height": window.dilation[0],
        "dilation_width": window.dilation[1],
        "pad_top": rows.pad,
        "pad_left": columns.pad,
    }


def points(count: int) -> dict[str, Value]:
    """Return the members of `struct tml_window` for a row of elements taken one by one."""
    ones = ("height", "width", "stride_height", "stride_width")
    return {
        "batches": 1,
        "input_height": 1,
        "input_width": count,
        "output_height": 1,
        "output_width": count,
        **dict.fromkeys((*ones, "dilation_height", "dilation_width"), 1),
        "pad_top": 0,
        "pad_left": 0,
    }
