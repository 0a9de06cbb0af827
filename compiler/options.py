"""What an operator is told besides its tensors, in the words of the TFLite schema."""

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .graph import Operator


class Padding(IntEnum):
    """How a window meets the border; numbers of the schema."""

    SAME = 0
    VALID = 1


class Activation(IntEnum):
    """The clamp fused into an operator; numbers of the schema."""

    NONE = 0
    RELU = 1
    RELU_N1_TO_1 = 2
    RELU6 = 3


@dataclass(frozen=True, slots=True)
class Window:
    """Geometry that convolutions and pools share: (height, width) pairs.

    `before` is how much padding lies before the input where a pass has told, whatever
    `padding` says; the output's shape then tells how much lies behind.
    """

    padding: Padding
    stride: tuple[int, int]
    dilation: tuple[int, int] = (1, 1)
    before: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Conv2DOptions:
    """CONV_2D and DEPTHWISE_CONV_2D; the depth multiplier follows from the shapes."""

    window: Window
    activation: Activation


@dataclass(frozen=True, slots=True)
class Pool2DOptions:
    """MAX_POOL_2D and AVERAGE_POOL_2D; `size` is the window's (height, width)."""

    window: Window
    size: tuple[int, int]
    activation: Activation


@dataclass(frozen=True, slots=True)
class FullyConnectedOptions:
    """FULLY_CONNECTED; `weights_format` 0 is the plain row-major form."""

    activation: Activation
    weights_format: int = 0


@dataclass(frozen=True, slots=True)
class ArithmeticOptions:
    """ADD, SUB and MUL."""

    activation: Activation


@dataclass(frozen=True, slots=True)
class LeakyReluOptions:
    """LEAKY_RELU: what values below 0 are multiplied by."""

    alpha: float


@dataclass(frozen=True, slots=True)
class SoftmaxOptions:
    """SOFTMAX: exp(beta x_i) / sum(exp(beta x_j))."""

    beta: float


@dataclass(frozen=True, slots=True)
class AxisOptions:
    """PACK and UNPACK: the dimension, counted from the end where it is negative."""

    axis: int


@dataclass(frozen=True, slots=True)
class ConcatenationOptions(AxisOptions):
    """CONCATENATION."""

    activation: Activation


@dataclass(frozen=True, slots=True)
class StridedSliceOptions:
    """STRIDED_SLICE: a bit per dimension; `others` tells of any option beside these masks."""

    begin_mask: int
    end_mask: int
    shrink_axis_mask: int
    others: bool


@dataclass(frozen=True, slots=True)
class BlockOptions:
    """DEPTH_TO_SPACE and SPACE_TO_DEPTH: the side of a square of pixels."""

    size: int


@dataclass(frozen=True, slots=True)
class ReducerOptions:
    """MEAN and REDUCE_MAX: whether dimensions that go stay as 1."""

    keep_dims: bool


@dataclass(frozen=True, slots=True)
class ResizeOptions:
    """RESIZE_NEAREST_NEIGHBOR."""

    align_corners: bool
    half_pixel_centers: bool


@dataclass(frozen=True, slots=True)
class GatherOptions:
    """GATHER."""

    axis: int
    batch_dims: int


@dataclass(frozen=True, slots=True)
class LstmOptions:
    """UNIDIRECTIONAL_SEQUENCE_LSTM; `activation` is a number of ActivationFunctionType."""

    activation: int
    cell_clip: float
    time_major: bool


@dataclass(frozen=True, slots=True)
class PairOptions:
    """LAYER_PAIR: the layers that it computes."""

    first: "Operator"
    second: "Operator"


@dataclass(frozen=True, slots=True)
class NoOptions:
    """RESHAPE, TRANSPOSE, QUANTIZE, LOGISTIC and so on: their tensors say everything."""


Options = (
    Conv2DOptions
    | Pool2DOptions
    | FullyConnectedOptions
    | ArithmeticOptions
    | LeakyReluOptions
    | SoftmaxOptions
    | AxisOptions
    | StridedSliceOptions
    | BlockOptions
    | ReducerOptions
    | ResizeOptions
    | GatherOptions
    | LstmOptions
    | PairOptions
    | NoOptions
)
