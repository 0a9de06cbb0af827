"""A graph as it grows, and what its tensors are drawn from."""

import random
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from compiler.graph import ElementType, OperatorCode
from tests.compiler.model_builder import OperatorSpec, TensorSpec, schema

Shape = tuple[int, ...]


@dataclass
class Growth:
    """A graph as it grows; `open` are the int8 tensors that operators may read."""

    random: random.Random
    tensors: list[TensorSpec] = field(default_factory=list)
    operators: list[OperatorSpec] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    open: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    """Tensors that only the model's outputs may be, since they are not int8."""

    def tensor(self, spec: TensorSpec) -> int:
        """Add a tensor."""
        self.tensors.append(replace(spec, name=f"t{len(self.tensors)}"))
        return len(self.tensors) - 1

    def int8(self, shape: Shape, scale: float | None = None, zero: int | None = None) -> TensorSpec:
        """Return an int8 tensor of some quantisation, or of a given one."""
        drawn = 2.0 ** self.random.uniform(-6, -2)
        return TensorSpec(
            tuple(shape),
            scales=(float(np.float32(drawn if scale is None else scale)),),
            zero_points=(self.random.randint(-128, 127) if zero is None else zero,),
        )

    def int16(self, shape: Shape, scale: float | None = None) -> TensorSpec:
        """Return an int16 tensor of some scale, or of a given one."""
        drawn = 2.0 ** self.random.uniform(-12, -8)
        exact = float(np.float32(drawn if scale is None else scale))
        return TensorSpec(tuple(shape), ElementType.INT16, scales=(exact,))

    def like(self, number: int, shape: Shape) -> TensorSpec:
        """Return a tensor of the quantisation of another."""
        return replace(self.tensors[number], shape=tuple(shape), values=None)

    def weights(self, shape: Shape, *, channels: int = 0, axis: int = 0) -> TensorSpec:
        """Return constant weights, quantised per channel if there are any."""
        scales = tuple(
            float(np.float32(2.0 ** self.random.uniform(-8, -5))) for _ in range(channels or 1)
        )
        return TensorSpec(shape, scales=scales, axis=axis, values=self.values(shape))

    def values(self, shape: Shape) -> np.ndarray:
        """Return random int8."""
        seed = self.random.getrandbits(32)
        return np.random.default_rng(seed).integers(-127, 128, shape, np.int8)

    def bias(self, source: TensorSpec, weights: TensorSpec, channels: int) -> TensorSpec:
        """Return a bias with the scale of the products."""
        scales = tuple(float(np.float32(source.scales[0] * s)) for s in weights.scales)
        values = self.values((channels,)).astype(np.int32) * 40
        return TensorSpec((channels,), ElementType.INT32, scales, values=values)

    def add(
        self, code: OperatorCode, inputs: list[int], results: list[TensorSpec], options: Any = None
    ) -> None:
        """Add an operator and its results."""
        written = [self.tensor(result) for result in results]
        self.operators.append(OperatorSpec(code, tuple(inputs), tuple(written), options))
        for number in written:
            whole = self.tensors[number]
            (self.open if whole.type is ElementType.INT8 else self.ends).append(number)

    def shape(self, number: int) -> Shape:
        return self.tensors[number].shape


def options_of(name: str, **fields: Any) -> Any:
    made = getattr(schema, f"{name}OptionsT")()
    for name_of, value in fields.items():
        setattr(made, name_of, value)
    return made
