"""A model as the compiler sees it: tensors, operators in order of execution, inputs, outputs.

All of it is immutable; a pass makes a new graph. `violations.violations` says what a
graph must hold between any two passes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from math import prod

from .options import Options


class ElementType(IntEnum):
    """What a tensor's elements are; names and numbers of the schema's TensorType."""

    FLOAT32 = 0
    FLOAT16 = 1
    INT32 = 2
    UINT8 = 3
    INT64 = 4
    BOOL = 6
    INT16 = 7
    INT8 = 9

    @property
    def size(self) -> int:
        """Bytes of one element."""
        return _SIZES[self]


_SIZES = {
    ElementType.FLOAT32: 4,
    ElementType.FLOAT16: 2,
    ElementType.INT32: 4,
    ElementType.UINT8: 1,
    ElementType.INT64: 8,
    ElementType.BOOL: 1,
    ElementType.INT16: 2,
    ElementType.INT8: 1,
}


class OperatorCode(IntEnum):
    """The operators this compiler serves; numbers of the schema's BuiltinOperator.

    What is below 0 stands in no file: passes and planning make it.
    """

    LAYER_PAIR = -3
    COPY = -2
    MOVE = -1
    ADD = 0
    AVERAGE_POOL_2D = 1
    CONCATENATION = 2
    CONV_2D = 3
    DEPTHWISE_CONV_2D = 4
    DEPTH_TO_SPACE = 5
    DEQUANTIZE = 6
    FULLY_CONNECTED = 9
    LOGISTIC = 14
    MAX_POOL_2D = 17
    MUL = 18
    RELU = 19
    RELU6 = 21
    RESHAPE = 22
    SOFTMAX = 25
    SPACE_TO_DEPTH = 26
    TANH = 28
    PAD = 34
    GATHER = 36
    TRANSPOSE = 39
    MEAN = 40
    SUB = 41
    SQUEEZE = 43
    UNIDIRECTIONAL_SEQUENCE_LSTM = 44
    STRIDED_SLICE = 45
    SPLIT = 49
    PRELU = 54
    MAXIMUM = 55
    ARG_MAX = 56
    MINIMUM = 57
    PADV2 = 60
    SLICE = 65
    TRANSPOSE_CONV = 67
    EXPAND_DIMS = 70
    REDUCE_MAX = 82
    PACK = 83
    UNPACK = 88
    RESIZE_NEAREST_NEIGHBOR = 97
    LEAKY_RELU = 98
    SPLIT_V = 102
    QUANTIZE = 114
    HARD_SWISH = 117
    BROADCAST_TO = 130


@dataclass(frozen=True, slots=True)
class QuantizationParameters:
    """real = scale * (q - zero_point), one pair per tensor or one per slice of `axis`.

    Scales are float32 values held in Python floats, finite and above 0; as many
    zero points as scales.
    """

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int = 0

    @property
    def per_tensor(self) -> bool:
        """Whether one pair serves the whole tensor."""
        return len(self.scales) == 1

    @property
    def scale(self) -> float:
        """The first scale; the only one of a per-tensor quantisation."""
        return self.scales[0]

    @property
    def zero_point(self) -> int:
        """The first zero point; the only one of a per-tensor quantisation."""
        return self.zero_points[0]


@dataclass(frozen=True, slots=True)
class Tensor:
    """An array of fixed shape, row major; `data` is its little-endian bytes if it is constant.

    `alias_of` is the tensor among whose bytes this one's *are*, from `alias_offset` on, under
    another shape or name; such a tensor has no memory of its own. A `variable` tensor keeps
    its bytes from run to run; it lies in the state, and operators that read it change it.
    """

    name: str
    shape: tuple[int, ...]
    type: ElementType
    quantization: QuantizationParameters | None = None
    data: bytes | None = field(default=None, repr=False)
    alias_of: int | None = None
    alias_offset: int = 0
    variable: bool = False

    @property
    def elements(self) -> int:
        """Number of elements; 1 for a scalar (shape `()`)."""
        return prod(self.shape)

    @property
    def size(self) -> int:
        """Bytes of all elements, without padding."""
        return self.elements * self.type.size

    @property
    def constant(self) -> bool:
        """Whether the model file fixes its contents."""
        return self.data is not None

    @property
    def in_arena(self) -> bool:
        """Whether it needs a place there, if it is no alias."""
        return not (self.constant or self.variable)

    def __str__(self) -> str:
        return f"{self.type.name.lower()}[{','.join(map(str, self.shape))}]"


@dataclass(frozen=True, slots=True)
class Operator:
    """One step of the computation.

    `index` is its place in the model file and stays through all passes: symbols,
    messages and reports use it. `inputs` holds None where an optional tensor
    (a bias) is absent.
    """

    index: int
    code: OperatorCode
    inputs: tuple[int | None, ...]
    outputs: tuple[int, ...]
    options: Options

    @property
    def name(self) -> str:
        """The TFLite name, as in messages: `CONV_2D`."""
        return self.code.name

    def __str__(self) -> str:
        return f"operator {self.index} {self.name}"


@dataclass(frozen=True, slots=True)
class Graph:
    """Tensors by number, operators in execution order, the model's inputs and outputs."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def storage(self, tensor: int) -> int:
        """Return the tensor that holds the bytes of `tensor`: itself, or what it is an alias of."""
        return self.place(tensor)[0]

    def place(self, tensor: int) -> tuple[int, int]:
        """Return the tensor that holds the bytes of `tensor`, and at which byte they begin."""
        offset = 0
        while (root := self.tensors[tensor].alias_of) is not None:
            offset += self.tensors[tensor].alias_offset
            tensor = root
        return tensor, offset

    def input(self, operator: Operator, position: int) -> Tensor:
        """Return a required input of an operator; IndexError if it is absent."""
        number = operator.inputs[position]
        if number is None:
            raise IndexError(f"{operator} has no input {position}")
        return self.tensors[number]

    def optional_input(self, operator: Operator, position: int) -> Tensor | None:
        """Return an input that may be absent, as a bias may."""
        number = operator.inputs[position] if position < len(operator.inputs) else None
        return None if number is None else self.tensors[number]

    def output(self, operator: Operator, position: int = 0) -> Tensor:
        """Return an output of an operator."""
        return self.tensors[operator.outputs[position]]

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def _lines(graph: Graph) -> Iterator[str]:
    def names(numbers: tuple[int | None, ...]) -> str:
        return ", ".join("-" if n is None else f"%{n} {graph.tensors[n]}" for n in numbers)

    yield f"inputs  {names(graph.inputs)}"
    for operator in graph.operators:
        yield (
            f"{operator.index:4} {names(operator.outputs)} = "
            f"{operator.name}({names(operator.inputs)})"
        )
    for number, tensor in enumerate(graph.tensors):
        if tensor.alias_of is not None:
            where = f" from byte {tensor.alias_offset}" if tensor.alias_offset else ""
            yield f"     %{number} is %{tensor.alias_of}{where}"
    yield f"outputs {names(graph.outputs)}"
