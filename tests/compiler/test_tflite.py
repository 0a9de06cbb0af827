"""The reader: what it makes of models, and that hostile bytes yield a Graph or a CompileError."""

import contextlib
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tflite
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler import tflite as reader
from compiler.errors import CompileError, InvalidModel, UnsupportedModel
from compiler.graph import ElementType, OperatorCode
from compiler.machine import Machine
from compiler.passes import optimise
from compiler.tflite import read
from compiler.translate import translate

from .model_builder import OperatorSpec, TensorSpec, build_model, schema

INPUT, RESHAPED, OUTPUT = 0, 1, 2


def tensors() -> list[TensorSpec]:
    """Return an input, its other shape, and a softmax of that."""
    return [
        TensorSpec((1, 2, 2, 1), scales=(0.5,), zero_points=(3,), name="input"),
        TensorSpec((1, 4), scales=(0.5,), zero_points=(3,), name="reshaped"),
        TensorSpec((1, 4), scales=(1 / 256,), zero_points=(-128,), name="output"),
    ]


def operators() -> list[OperatorSpec]:
    options = schema.SoftmaxOptionsT()
    options.beta = 1.0
    return [
        OperatorSpec(OperatorCode.RESHAPE, (INPUT,), (RESHAPED,)),
        OperatorSpec(OperatorCode.SOFTMAX, (RESHAPED,), (OUTPUT,), options),
    ]


def model(**changes: Any) -> bytes:
    parts = {
        "tensors": tensors(),
        "operators": operators(),
        "inputs": (INPUT,),
        "outputs": (OUTPUT,),
    }
    return build_model(**{**parts, **changes})


def with_tensor(number: int, **changes: Any) -> bytes:
    specs = tensors()
    specs[number] = TensorSpec(**{**vars(specs[number]), **changes})
    return model(tensors=specs)


def compiled(data: bytes) -> None:
    """Take a model all the way to C; CompileError is a way to end, nothing else is."""
    with contextlib.suppress(CompileError):
        graph = optimise(read(data))
        translate(graph, Machine())


def test_a_graph_says_what_it_computes() -> None:
    assert str(read(model())) == "\n".join(
        [
            "inputs  %0 int8[1,2,2,1]",
            "   0 %1 int8[1,4] = RESHAPE(%0 int8[1,2,2,1])",
            "   1 %2 int8[1,4] = SOFTMAX(%1 int8[1,4])",
            "outputs %2 int8[1,4]",
        ]
    )


def test_a_tensor_is_read_whole() -> None:
    tensor = read(model()).tensors[INPUT]
    assert (tensor.name, tensor.shape, tensor.type) == ("input", (1, 2, 2, 1), ElementType.INT8)
    assert tensor.quantization is not None
    assert (tensor.quantization.scale, tensor.quantization.zero_point) == (0.5, 3)
    assert tensor.data is None


def test_scales_without_zero_points_are_no_quantisation() -> None:
    with pytest.raises(UnsupportedModel, match=r"operator 0 RESHAPE: .* same scale"):
        read(with_tensor(INPUT, zero_points=()))


def test_a_model_without_buffers_is_invalid() -> None:
    with pytest.raises(InvalidModel, match="refers to buffer 0; the model has 0"):
        read(model(buffers=False))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "only 0 bytes"),
        (b"TFL3", "only 4 bytes"),
        (b"# A model\n\nThis is a text file.\n", "not b'TFL3'"),
        (b"\xff\xff\xff\xffTFL3", "cut short or damaged"),
        (b"\x08\x00\x00\x00TFL3\xff\xff\xff\x7f", "cut short or damaged"),
        (b"\x08\x00\x00\x00TFL3\x00\x00\x00\x80", "cut short or damaged"),
    ],
)
def test_what_is_no_model_is_invalid(data: bytes, words: str) -> None:
    with pytest.raises(InvalidModel, match=words):
        read(data)


def test_a_vast_file_is_not_even_looked_at() -> None:
    with pytest.raises(UnsupportedModel, match="more than the 16777216 B that are read"):
        read(bytes(reader.FILE_BYTES_MAX + 1))


CONTRADICTIONS: dict[str, tuple[Callable[[], bytes], str]] = {
    "operator reads a tensor that is not there": (
        lambda: model(operators=[OperatorSpec(OperatorCode.RESHAPE, (99,), (OUTPUT,))]),
        "operator 0 RESHAPE refers to tensor 99; the model has 3 tensors",
    ),
    "operator writes a tensor that is not there": (
        lambda: model(operators=[OperatorSpec(OperatorCode.RESHAPE, (INPUT,), (-7,))]),
        "operator 0 RESHAPE refers to tensor -7",
    ),
    "model input that is not there": (lambda: model(inputs=(55,)), "refers to tensor 55"),
    "model output that is not there": (lambda: model(outputs=(-1,)), "refers to tensor -1"),
    "operators out of order": (
        lambda: model(operators=operators()[::-1]),
        "operator 0 SOFTMAX reads tensor 1 before any operator has written it",
    ),
    "cycle": (
        lambda: model(
            operators=[
                OperatorSpec(OperatorCode.RESHAPE, (OUTPUT,), (RESHAPED,)),
                OperatorSpec(OperatorCode.RESHAPE, (RESHAPED,), (OUTPUT,)),
            ]
        ),
        "reads tensor 2 before",
    ),
    "tensor written twice": (
        lambda: model(operators=[*operators(), operators()[0]]),
        "operator 2 RESHAPE writes tensor 1, which has its value already",
    ),
    "model input written": (
        lambda: model(operators=[OperatorSpec(OperatorCode.RESHAPE, (INPUT,), (INPUT,))]),
        "writes tensor 0",
    ),
    "output never written": (
        lambda: model(operators=operators()[:1]),
        "model output 2 'output' is never written",
    ),
    "no input": (lambda: model(inputs=(), operators=[]), "never written"),
    "input named twice": (lambda: model(inputs=(INPUT, INPUT)), "constant or named twice"),
    "buffer smaller than the shape": (
        lambda: with_tensor(INPUT, values=np.zeros(3, np.int8)),
        "tensor 0 'input' is int8\\[1,2,2,1\\] = 4 B, its buffer has 3 B",
    ),
    "scale that is no number": (lambda: with_tensor(INPUT, scales=(np.nan,)), "not finite"),
    "scale of 0": (lambda: with_tensor(INPUT, scales=(0.0,)), "not finite and above 0"),
    "more scales than slices": (
        lambda: with_tensor(INPUT, scales=(1.0,) * 3, zero_points=None, axis=1),
        "3 scales for dimension 1",
    ),
    "quantised dimension that is not there": (
        lambda: with_tensor(INPUT, scales=(1.0,) * 2, zero_points=None, axis=-1),
        "2 scales for dimension -1",
    ),
    "zero points that do not match": (
        lambda: with_tensor(INPUT, scales=(1.0,) * 2, zero_points=(0,) * 3, axis=1),
        "2 scales and 3 zero points",
    ),
    "too many inputs": (
        lambda: model(operators=[OperatorSpec(OperatorCode.SOFTMAX, (INPUT,) * 2, (OUTPUT,))]),
        "operator 0 SOFTMAX has 2 inputs and 1 outputs; it takes 1 and gives 1",
    ),
    "two outputs": (
        lambda: model(operators=[OperatorSpec(OperatorCode.RESHAPE, (INPUT,), (1, 2))]),
        "1 inputs and 2 outputs",
    ),
    "required input absent": (
        lambda: model(operators=[OperatorSpec(OperatorCode.RESHAPE, (-1,), (OUTPUT,))]),
        "operator 0 RESHAPE lacks its input 0",
    ),
    "options of another operator": (
        lambda: model(
            operators=[
                OperatorSpec(OperatorCode.RESHAPE, (INPUT,), (OUTPUT,), schema.AddOptionsT())
            ]
        ),
        "operator 0 RESHAPE has options of kind 11, not 17",
    ),
    "reshape to another size": (
        lambda: with_tensor(RESHAPED, shape=(1, 5)),
        "operator 0 RESHAPE: Input and output must have the same element type and number",
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_contradiction_is_invalid(name: str) -> None:
    make, words = CONTRADICTIONS[name]
    with pytest.raises(InvalidModel, match=words):
        read(make())


UNSERVED: dict[str, tuple[Callable[[], bytes], str]] = {
    "operator": (
        lambda: model(operators=[OperatorSpec(47, (INPUT,), (OUTPUT,))] * 2),
        "not served: EXP \\(operator 0, 1\\). Served are ADD, AVERAGE_POOL_2D",
    ),
    "custom operator": (
        lambda: model(operators=[OperatorSpec(32, (INPUT,), (OUTPUT,))]),
        "not served: custom operator ''",
    ),
    "operator of the future": (
        lambda: model(operators=[OperatorSpec(99999, (INPUT,), (OUTPUT,))]),
        "operator code 99999",
    ),
    "element type": (
        lambda: with_tensor(INPUT, type=5),
        "tensor 0 'input' has elements of type STRING",
    ),
    "element type of the future": (lambda: with_tensor(INPUT, type=77), "elements of type 77"),
    "float model": (
        lambda: with_tensor(RESHAPED, type=ElementType.FLOAT32),
        "RESHAPE",
    ),
    "dimension of 0": (lambda: with_tensor(INPUT, shape=(0, 4)), "above 0"),
    "negative dimension": (lambda: with_tensor(INPUT, shape=(-1, 4)), "fixed input shape"),
    "many dimensions": (lambda: with_tensor(INPUT, shape=(1,) * 9), "9 dimensions"),
    "vast tensor": (lambda: with_tensor(INPUT, shape=(2**30,) * 4), "no microcontroller holds it"),
    "constant output": (
        lambda: model(
            tensors=[*tensors(), TensorSpec((1,), values=np.zeros(1, np.int8), name="fixed")],
            outputs=(OUTPUT, 3),
        ),
        "model output 'fixed' is constant",
    ),
}


@pytest.mark.parametrize("name", UNSERVED)
def test_what_is_not_served_is_said(name: str) -> None:
    make, words = UNSERVED[name]
    with pytest.raises(CompileError, match=words):
        read(make())


def test_too_many_parts_are_not_served() -> None:
    with pytest.raises(UnsupportedModel, match="1103 parts"):
        read(model(tensors=[*tensors(), *[TensorSpec((1,))] * 1100]))


def test_a_buffer_that_many_tensors_share_counts_for_each() -> None:
    constant = TensorSpec((1 << 20,), values=np.zeros(1 << 20, np.int8))
    data = model(tensors=[*tensors(), *[constant] * 20], share_buffers=True)
    assert len(data) < 2 << 20
    with pytest.raises(UnsupportedModel, match="constants have 20971520 B"):
        read(data)


@settings(max_examples=300, deadline=None)
@given(cut=st.integers(0, len(model())))
def test_a_cut_model_is_an_error_or_a_graph(cut: int) -> None:
    compiled(model()[:cut])


@settings(max_examples=1000, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(model()) - 1), st.integers(0, 255)), min_size=1, max_size=6
    )
)
def test_changed_bytes_are_an_error_or_a_graph(changes: list[tuple[int, int]]) -> None:
    data = bytearray(model())
    for position, value in changes:
        data[position] = value
    compiled(bytes(data))


@settings(max_examples=500, deadline=None)
@given(
    st.integers(0, len(model()) - 4),
    st.sampled_from([0, 1, 2**16, 2**24, 2**31 - 1, 2**31, 2**32 - 4, 2**32 - 1]),
)
def test_wild_offsets_are_an_error_or_a_graph(position: int, value: int) -> None:
    data = bytearray(model())
    struct.pack_into("<I", data, position, value)
    compiled(bytes(data))


PUBLISHED = [
    "ad01_int8",
    "ds_cnn_s_quantized",
    "kws_ref_model",
    "mnist_0.983_quantized",
    "pretrainedResnet_quant",
    "vww_96_int8",
]


@pytest.mark.models
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_models_are_read_as_the_schema_package_reads_them(
    name: str, models: Path
) -> None:
    data = (models / f"{name}.tflite").read_bytes()
    graph = read(data)
    theirs = tflite.Model.GetRootAs(data, 0)
    subgraph = theirs.Subgraphs(0)
    assert graph.inputs == tuple(subgraph.InputsAsNumpy())
    assert graph.outputs == tuple(subgraph.OutputsAsNumpy())
    assert len(graph.operators) == subgraph.OperatorsLength()
    for number, tensor in enumerate(graph.tensors):
        their = subgraph.Tensors(number)
        assert tensor.name == their.Name().decode()[: reader.NAME_MAX]
        assert tensor.shape == tuple(their.ShapeAsNumpy() if their.ShapeLength() else ())
        quantization = their.Quantization()
        if tensor.quantization:
            assert tensor.quantization.scales == tuple(quantization.ScaleAsNumpy())
            assert tensor.quantization.zero_points == tuple(quantization.ZeroPointAsNumpy())
        if tensor.data:
            assert tensor.data == theirs.Buffers(their.Buffer()).DataAsNumpy().tobytes()
    for operator in graph.operators:
        their = subgraph.Operators(operator.index)
        assert tuple(-1 if n is None else n for n in operator.inputs) == tuple(
            their.InputsAsNumpy()
        )
        assert operator.outputs == tuple(their.OutputsAsNumpy())
        assert operator.code == theirs.OperatorCodes(their.OpcodeIndex()).BuiltinCode()


@pytest.mark.models
def test_a_hybrid_model_is_not_served(models: Path) -> None:
    with pytest.raises(UnsupportedModel, match=r"operator 0 CONV_2D: The weights must be .*int8"):
        read((models / "kws_ref_model_float32.tflite").read_bytes())


@pytest.mark.slow
@pytest.mark.models
@settings(max_examples=150, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", ["kws_ref_model", "mnist_0.983_quantized"])
def test_damaged_published_models_are_an_error_or_a_graph(
    name: str, models: Path, data: st.DataObject
) -> None:
    whole = (models / f"{name}.tflite").read_bytes()
    damaged = bytearray(whole[: data.draw(st.integers(0, len(whole)) | st.just(len(whole)))])
    if damaged:
        # Offsets and numbers lie in the last 12 KB; before that are weights.
        places = st.integers(max(0, len(damaged) - 12_000), len(damaged) - 1)
        for position in data.draw(st.lists(places, max_size=8)):
            damaged[position] = data.draw(st.integers(0, 255))
    compiled(bytes(damaged))


def test_operators_with_ends_without_end_are_refused() -> None:
    options = schema.PackOptionsT()
    options.valuesCount = 1000
    parts, whole = TensorSpec((4,)), TensorSpec((1000, 4))
    operators = [OperatorSpec(OperatorCode.PACK, (0,) * 1000, (1 + n,), options) for n in range(9)]
    data = build_model([parts, *[whole] * 9], operators, (0,), (1,))
    with pytest.raises(UnsupportedModel, match="9009 inputs and outputs in all; 8192 are the most"):
        read(data)
