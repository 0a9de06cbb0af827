"""Law: layers with a few rows between them compute what the interpreter does, in less memory."""

from pathlib import Path

import numpy as np
import pytest
from tflite_micro import runtime

from compiler.emit import emit
from compiler.graph import OperatorCode
from compiler.line_buffer import line_buffered, pairs
from compiler.machine import Machine
from compiler.ops.windows import extent
from compiler.options import Padding
from compiler.passes import optimise
from compiler.plan import plan
from compiler.profile import Objective
from compiler.program import Program, lower
from compiler.tflite import read

from .host_code import compile_c, run_model
from .model_builder import OperatorSpec, TensorSpec, build_model, schema
from .seeds import seeds

RAM = Machine(objective=Objective.RAM)


def arena(program: Program) -> int:
    return plan(program.graph, program.scratch, program.overlaps).arena_size


class Layers:
    """Two convolutions, one behind the other, of drawn geometry."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.shape = (1, *self.random.integers(5, 12, 2), int(self.random.integers(1, 5)))
        self.tensors = [self._activation(self.shape)]
        self.operators: list[OperatorSpec] = []
        for _ in range(2):
            self._add(depthwise=bool(self.random.integers(2)))

    def model(self) -> bytes:
        last = len(self.tensors) - 1
        return build_model(self.tensors, self.operators, (0,), (last,))

    def _activation(self, shape: tuple[int, ...]) -> TensorSpec:
        zero = int(self.random.integers(-128, 128))
        return TensorSpec(tuple(map(int, shape)), scales=(0.5,), zero_points=(zero,))

    def _add(self, *, depthwise: bool) -> None:
        _, height, width, depth = self.shape
        taps, stride = int(self.random.integers(1, 4)), int(self.random.integers(1, 3))
        dilation = int(self.random.integers(1, 3)) if stride == 1 else 1
        fits = (taps - 1) * dilation < min(height, width)
        padding = Padding(int(self.random.integers(2))) if fits else Padding.SAME
        rows, columns = (extent(padding, n, taps, stride, dilation) for n in (height, width))
        out = depth * int(self.random.integers(1, 3)) if depthwise else 3
        options = schema.DepthwiseConv2DOptionsT() if depthwise else schema.Conv2DOptionsT()
        options.padding, options.strideH, options.strideW = int(padding), stride, stride
        options.dilationHFactor = options.dilationWFactor = dilation
        code, shape, axis = OperatorCode.CONV_2D, (out, taps, taps, depth), 0
        if depthwise:
            options.depthMultiplier = out // depth
            code, shape, axis = OperatorCode.DEPTHWISE_CONV_2D, (1, taps, taps, out), 3
        filters = TensorSpec(
            shape,
            scales=tuple(np.float32(0.01 + 0.002 * n) for n in range(out)),
            axis=axis,
            values=self.random.integers(-127, 128, shape, np.int8),
        )
        source = len(self.tensors) - 1
        self.shape = (1, rows.output, columns.output, out)
        self.tensors += [filters, self._activation(self.shape)]
        # Input, weights, output.
        self.operators.append(OperatorSpec(code, (source, source + 1), (source + 2,), options))


@pytest.mark.parametrize("seed", seeds(14))
def test_a_pair_computes_what_its_layers_compute(seed: int, tmp_path: Path) -> None:
    data = Layers(seed).model()
    graph = read(data)
    (program,) = pairs(lower(graph, RAM))
    assert [step.operator.code for step in program.steps] == [OperatorCode.LAYER_PAIR]
    emitted = emit(program, plan(program.graph, program.scratch, program.overlaps))
    library = compile_c(emitted.files, tmp_path)
    interpreter = runtime.Interpreter.from_bytes(data, arena_size=1 << 18)
    random = np.random.default_rng(seed)
    for _ in range(4):
        image = random.integers(-128, 128, graph.tensors[graph.inputs[0]].shape, np.int8)
        interpreter.set_input(image, 0)
        interpreter.invoke()
        found = run_model(library, emitted, [image.tobytes()])
        assert found == [interpreter.get_output(0).tobytes()]


@pytest.mark.models
def test_the_largest_tensor_is_never_whole(models: Path) -> None:
    graph = optimise(read((models / "vww_96_int8.tflite").read_bytes()))
    program = lower(graph, RAM)
    paired = line_buffered(program)
    image = graph.tensors[graph.inputs[0]].size
    assert arena(paired) < 1.03 * image < arena(program)


def test_nothing_is_paired_where_nothing_is_gained() -> None:
    graph = read(Layers(3).model())
    program = lower(graph, RAM)
    for pair in pairs(program):
        kept = line_buffered(program)
        assert kept in (program, pair)
        assert arena(kept) <= arena(program)
