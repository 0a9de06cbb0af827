"""LSTMs of any size and quantisation, as .tflite files."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from compiler.graph import ElementType, OperatorCode

from ..model_builder import TensorSpec, one_operator, schema


@dataclass(frozen=True)
class Lstm:
    """What an LSTM is made of; its weights are random."""

    batches: int = 2
    steps: int = 3
    depth: int = 5
    units: int = 4
    time_major: bool = False
    input: tuple[float, int] = (2.0**-6, 3)
    hidden: tuple[float, int] = (2.0**-7, -5)
    cell_power: int = -11
    weights: tuple[float, ...] = (2.0**-6,) * 8
    cell_clip: float = 0.0
    bias: int = 4000
    seed: int = 0

    def inputs(self) -> list[TensorSpec | None]:
        """Return its 24 inputs."""
        random = np.random.default_rng(self.seed)
        ends = (self.steps, self.batches) if self.time_major else (self.batches, self.steps)
        scale, zero = self.input
        tensors: list[TensorSpec | None] = [None] * 24
        tensors[0] = TensorSpec((*ends, self.depth), scales=(scale,), zero_points=(zero,))
        for n, weight in enumerate(self.weights):
            shape = (self.units, self.depth if n < 4 else self.units)
            values = random.integers(-127, 128, shape, np.int8)
            tensors[1 + n] = TensorSpec(shape, scales=(weight,), values=values)
        for n in range(4):
            values = random.integers(-self.bias, self.bias + 1, self.units, np.int32)
            product = float(np.float32(scale * self.weights[n]))
            tensors[12 + n] = TensorSpec(
                (self.units,), ElementType.INT32, (product,), values=values
            )
        shape = (self.batches, self.units)
        tensors[18] = TensorSpec(
            shape, scales=(self.hidden[0],), zero_points=(self.hidden[1],), variable=True
        )
        tensors[19] = TensorSpec(shape, ElementType.INT16, (2.0**self.cell_power,), variable=True)
        return tensors

    def options(self) -> Any:
        """Return its options."""
        options = schema.UnidirectionalSequenceLSTMOptionsT()
        options.fusedActivationFunction = schema.ActivationFunctionType.TANH
        options.cellClip = self.cell_clip
        options.timeMajor = self.time_major
        return options

    def model(self, inputs: list[TensorSpec | None] | None = None) -> bytes:
        """Return a model of nothing else."""
        ends = (self.steps, self.batches) if self.time_major else (self.batches, self.steps)
        scale, zero = self.hidden
        result = TensorSpec((*ends, self.units), scales=(scale,), zero_points=(zero,))
        code = OperatorCode.UNIDIRECTIONAL_SEQUENCE_LSTM
        return one_operator(code, inputs or self.inputs(), result, self.options())


_scales = st.floats(2.0**-10, 2.0**-3, width=32)

lstms = st.builds(
    Lstm,
    batches=st.integers(1, 3),
    steps=st.integers(1, 5),
    depth=st.integers(1, 9),
    units=st.integers(1, 8),
    time_major=st.booleans(),
    input=st.tuples(_scales, st.integers(-128, 127)),
    hidden=st.tuples(st.floats(2.0**-9, 2.0**-5, width=32), st.integers(-128, 127)),
    cell_power=st.integers(-15, -5),
    weights=st.tuples(*[_scales] * 8),
    cell_clip=st.sampled_from([0.0, 0.0, 0.01, 1.5, 1000.0]),
    bias=st.sampled_from([0, 1000, 10**6]),
    seed=st.integers(0, 2**32 - 1),
)
