"""Law: kernels of float32 give the interpreter's bits, or come as near as their operator may.

All NaNs are one: which of them comes out is the core's affair.
"""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from tflite_micro import runtime

from compiler.graph import ElementType
from compiler.tflite import read
from compiler.ulp import ulps

from ..kernel_call import Kernels
from ..model_builder import TensorSpec

FLOAT = ElementType.FLOAT32

SPECIAL = np.array(
    [0.0, -0.0, 1.0, -1.0, 1e-45, -1e-39, 3e38, -3e38, np.inf, -np.inf, np.nan], np.float32
)

Floats = NDArray[np.float32]

magnitudes = st.sampled_from([1e-38, 1e-3, 1.0, 50.0, 1e20])


def floats(shape: tuple[int, ...], values: NDArray[Any] | None = None) -> TensorSpec:
    return TensorSpec(shape, FLOAT, values=values)


def constant_floats(shape: tuple[int, ...], seed: int) -> TensorSpec:
    random = np.random.default_rng(seed)
    return floats(shape, random.standard_normal(shape).astype(np.float32))


def float_vectors(shape: tuple[int, ...], seed: int, magnitude: float) -> list[Floats]:
    """Return numbers of some magnitude, then those among which are NaN, infinities and zeros."""
    random = np.random.default_rng(seed)
    usual = (random.standard_normal(shape) * magnitude).astype(np.float32)
    rare = np.where(random.random(shape) < 0.2, random.choice(SPECIAL, shape), usual)
    return [usual, rare.astype(np.float32)]


def every(stride: int) -> Floats:
    """Return each so many-th of all numbers but NaN, both signs."""
    bits = np.arange(0, 0x7F800000, stride, dtype=np.uint32)
    return np.concatenate([bits, bits | 0x80000000]).astype(np.uint32).view(np.float32)


def distances(kernels: Kernels, model: bytes, inputs: Floats) -> NDArray[np.int64]:
    """Return by how many ulp kernel and interpreter differ on each element."""
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=8 * inputs.size + (1 << 16))
    interpreter.set_input(inputs, 0)
    interpreter.invoke()
    found = np.frombuffer(kernels.run(read(model), [inputs]), np.float32)
    return ulps(interpreter.get_output(0).ravel(), found)


def assert_floats(
    kernels: Kernels, model: bytes, seed: int, magnitude: float = 1.0, ulp: int = 0
) -> None:
    """Assert the law on some inputs; results may be `ulp` units in the last place off."""
    graph, interpreter = read(model), runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
    vectors = zip(
        *(
            float_vectors(graph.tensors[number].shape, seed + number, magnitude)
            for number in graph.inputs
        ),
        strict=True,
    )
    for inputs in vectors:
        for position, array in enumerate(inputs):
            interpreter.set_input(array, position)
        interpreter.invoke()
        expected = interpreter.get_output(0).ravel()
        found = np.frombuffer(kernels.run(graph, list(inputs)), np.float32)
        far = ulps(expected, found)
        assert far.max(initial=0) <= ulp, (expected[far > ulp], found[far > ulp])
