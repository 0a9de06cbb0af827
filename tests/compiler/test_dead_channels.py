"""Law: whatever channels go, every output of the model stays what the interpreter computes.

Models are drawn with filters and whole channels of zeros, biases that drive channels into
their clamp, padding, depthwise layers, pools, sums and a flattening fully connected layer.
"""

from pathlib import Path

import numpy as np
import pytest
from tflite_micro import runtime

from compiler.graph import ElementType, OperatorCode
from compiler.ledger import Figures
from compiler.machine import Machine
from compiler.options import Activation, Padding
from compiler.passes import optimised
from compiler.passes.dead_channels import remove_dead_channels
from compiler.tflite import read
from compiler.translate import translate

from .host_code import compile_c, run_model
from .model_builder import OperatorSpec, TensorSpec, build_model, schema
from .seeds import seeds


class Sparse:
    """A model to be: layers on an int8 image, with many dead channels."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.tensors: list[TensorSpec] = []
        self.operators: list[OperatorSpec] = []

    def activation(self, shape: tuple[int, ...], zero: int = -128) -> int:
        self.tensors.append(TensorSpec(shape, scales=(0.05,), zero_points=(zero,)))
        return len(self.tensors) - 1

    def constant(self, values: np.ndarray, axis: int = 0) -> int:
        int32 = values.dtype == np.int32
        scales = tuple(0.01 + 0.001 * n for n in range(values.shape[axis])) if not int32 else ()
        kind = ElementType.INT32 if int32 else ElementType.INT8
        self.tensors.append(TensorSpec(values.shape, kind, scales, axis=axis, values=values))
        return len(self.tensors) - 1

    def weights(self, shape: tuple[int, ...], axis: int) -> int:
        values = self.random.integers(-127, 128, shape, np.int8)
        dead = self.random.random(shape[axis]) < 0.5
        dead[0] = False
        np.moveaxis(values, axis, 0)[dead] = 0
        if axis == 0:  # what the layer before made for nobody
            values[..., self.random.random(shape[-1]) < 0.3] = 0
        return self.constant(values, axis)

    def bias(self, channels: int) -> int:
        return self.constant(self.random.integers(-9000, 3000, channels, np.int32))

    def convolution(self, source: int, depth: int, taps: int, padding: Padding) -> int:
        _, height, width, before = self.tensors[source].shape
        options = schema.Conv2DOptionsT()
        options.padding, options.strideH, options.strideW = int(padding), 1, 1
        options.fusedActivationFunction = int(
            self.random.choice([Activation.NONE, Activation.RELU])
        )
        less = 0 if padding is Padding.SAME else taps - 1
        zero = int(self.random.choice([-128, 0]))
        result = self.activation((1, height - less, width - less, depth), zero)
        inputs = (source, self.weights((depth, taps, taps, before), 0), self.bias(depth))
        self.operators.append(OperatorSpec(OperatorCode.CONV_2D, inputs, (result,), options))
        return result

    def depthwise(self, source: int) -> int:
        shape = self.tensors[source].shape
        options = schema.DepthwiseConv2DOptionsT()
        options.padding, options.strideH, options.strideW = int(Padding.SAME), 1, 1
        options.depthMultiplier = 1
        options.fusedActivationFunction = int(Activation.RELU)
        result = self.activation(shape)
        inputs = (source, self.weights((1, 3, 3, shape[3]), 3), self.bias(shape[3]))
        self.operators.append(
            OperatorSpec(OperatorCode.DEPTHWISE_CONV_2D, inputs, (result,), options)
        )
        return result

    def add(self, one: int, other: int) -> int:
        result = self.activation(self.tensors[one].shape, 3)
        options = schema.AddOptionsT()
        self.operators.append(OperatorSpec(OperatorCode.ADD, (one, other), (result,), options))
        return result

    def pool(self, source: int) -> int:
        _, height, width, depth = self.tensors[source].shape
        options = schema.Pool2DOptionsT()
        options.padding, options.strideH, options.strideW = int(Padding.VALID), 2, 2
        options.filterHeight = options.filterWidth = 2
        zero = (self.tensors[source].zero_points or (0,))[0]
        result = self.activation((1, height // 2, width // 2, depth), zero)
        code = OperatorCode.MAX_POOL_2D
        self.operators.append(OperatorSpec(code, (source,), (result,), options))
        return result

    def classes(self, source: int) -> int:
        shape = self.tensors[source].shape
        size = int(np.prod(shape))
        spec = self.tensors[source]
        flat = self.activation((1, size), (spec.zero_points or (0,))[0])
        shape_tensor = self.constant(np.array([1, size], np.int32))
        options = schema.ReshapeOptionsT()
        options.newShape = np.array([1, size], np.int32)
        self.operators.append(
            OperatorSpec(OperatorCode.RESHAPE, (source, shape_tensor), (flat,), options)
        )
        result = self.activation((1, 5), 0)
        inputs = (flat, self.weights((5, size), 0), self.bias(5))
        code = OperatorCode.FULLY_CONNECTED
        options = schema.FullyConnectedOptionsT()
        self.operators.append(OperatorSpec(code, inputs, (result,), options))
        return result


def model(seed: int) -> bytes:
    sparse = Sparse(seed)
    source = sparse.activation((1, 8, 8, 2), 5)
    first = sparse.convolution(source, 8, 3, Padding.SAME)
    deep = sparse.depthwise(first)
    second = sparse.convolution(deep, 8, 1, Padding.VALID)
    third = sparse.convolution(second, 8, 3, Padding.SAME)
    total = sparse.add(second, third) if seed % 2 else third
    wide = sparse.convolution(sparse.pool(total), 7, 3, Padding.VALID)
    result = sparse.classes(wide)
    return build_model(sparse.tensors, sparse.operators, (source,), (result,))


@pytest.mark.parametrize("seed", seeds(12))
def test_outputs_stay(seed: int, tmp_path: Path) -> None:
    data = model(seed)
    graph, ledger = optimised(read(data))
    (entry,) = (entry for entry in ledger if entry.made_by == remove_dead_channels.__name__)
    assert entry.saved.macs > 0
    assert entry.saved.constants > 0
    emitted = translate(graph, Machine())
    library = compile_c(emitted.files, tmp_path)
    interpreter = runtime.Interpreter.from_bytes(data, arena_size=1 << 18)
    random = np.random.default_rng(seed)
    for kind in range(6):
        image = np.full((1, 8, 8, 2), (-128, 127)[kind % 2], np.int8)
        if kind > 1:
            image = random.integers(-128, 128, image.shape, np.int8)
        interpreter.set_input(image, 0)
        interpreter.invoke()
        found = run_model(library, emitted, [image.tobytes()])
        assert found == [interpreter.get_output(0).tobytes()]


@pytest.mark.models
def test_the_published_model_of_mostly_zeros(models: Path) -> None:
    graph = optimised(read((models / "vww_96_int8.tflite").read_bytes())).graph
    weights = [t.size for t in graph.tensors if t.constant and t.type is ElementType.INT8]
    assert Figures.of(graph).macs == 3_727_313
    assert sum(weights) == 29_066
