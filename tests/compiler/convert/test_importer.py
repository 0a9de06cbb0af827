"""Law: an imported ONNX graph computes what onnxruntime computes of the original."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .onnx_builder import Array, OnnxBuilder

pytestmark = [pytest.mark.convert, pytest.mark.filterwarnings("ignore")]


def assert_imported(builder: OnnxBuilder, *outputs: str, moves: int | None = 0) -> Any:
    """Import, compare with onnxruntime, and count the transposes that are left."""
    from compiler.convert.onnx_model import load

    original = load(builder.save(*outputs))
    samples = [builder.draw(5, *port.shape[1:]) for port in original.inputs]
    expected = original.predict(samples)
    converted = [port.converted(one) for port, one in zip(original.inputs, samples, strict=True)]
    made = computed(original.network, converted)
    for found, wanted, port in zip(made, expected, original.outputs, strict=True):
        assert found.shape == wanted.shape == (5, *port.converted_shape[1:])
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
    kinds = [type(layer).__name__ for layer in original.network.layers]
    assert moves is None or kinds.count("Permute") + kinds.count("Transpose") == moves
    return original


def computed(network: Any, inputs: list[Array]) -> list[Array]:
    made = network(inputs if len(inputs) > 1 else inputs[0])
    return [np.asarray(one) for one in (made if isinstance(made, (list, tuple)) else [made])]


def refused(builder: OnnxBuilder, *outputs: str) -> str:
    from compiler.convert.errors import ConversionError
    from compiler.convert.onnx_model import load

    path = builder.save(*outputs)
    with pytest.raises(ConversionError) as caught:
        load(path)
    return str(caught.value)


CONVOLUTIONS: list[tuple[int, int, tuple[int, int], dict[str, Any]]] = [
    (6, 4, (3, 3), {"pads": [1, 1, 1, 1]}),
    (6, 4, (3, 3), {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
    (6, 4, (3, 2), {"pads": [0, 1, 2, 0], "strides": [1, 2]}),
    (6, 4, (5, 5), {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    (6, 4, (2, 2), {"auto_pad": "SAME_LOWER"}),
    (6, 4, (3, 3), {"dilations": [2, 2]}),
    (6, 2, (3, 3), {"group": 2}),
    (4, 1, (3, 3), {"group": 4, "pads": [1, 1, 1, 1]}),
    (8, 1, (3, 3), {"group": 4, "strides": [2, 2]}),
    (6, 4, (1, 1), {}),
]


def test_convolutions(onnx_builder: OnnxBuilder) -> None:
    given = onnx_builder.input("x", 1, 4, 9, 8)
    made = [
        onnx_builder.conv(given, filters, per_group, *kernel, **attributes)
        for filters, per_group, kernel, attributes in CONVOLUTIONS
    ]
    assert_imported(onnx_builder, *made)


@st.composite
def windows(draw: st.DrawFn) -> dict[str, Any]:
    """A window over two dimensions, with every kind of padding."""
    pair = st.integers(1, 3)
    kernel = [draw(st.integers(1, 4)) for _ in range(2)]
    window: dict[str, Any] = {"kernel_shape": kernel, "strides": [draw(pair), draw(pair)]}
    automatic = draw(st.sampled_from(["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"]))
    if automatic == "NOTSET":
        # No more than what a pool's window reaches into.
        window["pads"] = [draw(st.integers(0, extent - 1)) for extent in kernel * 2]
    else:
        window["auto_pad"] = automatic
        # With strides beyond the kernel onnxruntime finds less padding than none.
        window["strides"] = [
            min(of_axis) for of_axis in zip(window["strides"], kernel, strict=True)
        ]
    return window


@settings(max_examples=20)
@given(windows(), st.integers(4, 9), st.integers(4, 9), st.sampled_from([1, 2, 4]))
def test_windows(
    tmp_path_factory: pytest.TempPathFactory,
    window: dict[str, Any],
    height: int,
    width: int,
    group: int,
) -> None:
    builder = OnnxBuilder(tmp_path_factory.mktemp("windows") / "model.onnx")
    given = builder.input("x", 1, 4, height, width)
    positive = builder.node("Relu", given)
    made = [
        builder.conv(given, 4, 4 // group, *window["kernel_shape"], group=group, **window),
        builder.node("MaxPool", positive, **window),
        builder.node("AveragePool", positive, count_include_pad=1, **window),
    ]
    assert_imported(builder, *made)


TRANSPOSED: list[tuple[tuple[int, int], dict[str, Any]]] = [
    ((2, 2), {"strides": [2, 2]}),
    ((3, 3), {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]}),
    ((4, 4), {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
    ((3, 4), {"pads": [1, 2, 0, 1], "strides": [1, 2]}),
]


def test_transposed_convolutions(onnx_builder: OnnxBuilder) -> None:
    given = onnx_builder.input("x", 1, 4, 5, 6)
    made = [
        onnx_builder.node(
            "ConvTranspose", given, onnx_builder.draw(4, 3, *kernel), onnx_builder.draw(3), **more
        )
        for kernel, more in TRANSPOSED
    ]
    assert_imported(onnx_builder, *made)


@pytest.mark.parametrize("group", [1, 4])
def test_convolutions_over_one_dimension(onnx_builder: OnnxBuilder, group: int) -> None:
    given = onnx_builder.input("x", "batch", 4, 20)
    made = onnx_builder.conv(given, 8, 4 // group, 5, group=group, pads=[2, 2], strides=[2])
    made = onnx_builder.node("MaxPool", made, kernel_shape=[2], strides=[2])
    made = onnx_builder.node("GlobalAveragePool", made)
    made = onnx_builder.node("Flatten", made)
    assert_imported(onnx_builder, onnx_builder.node("Gemm", made, onnx_builder.draw(8, 3)))


ASYMMETRIC = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
OPERATORS: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("Abs", [], {}),
    ("Sum", [np.float32(0.5), np.full((7,), 0.2, np.float32)], {}),
    ("Relu", [], {}),
    ("LeakyRelu", [], {"alpha": 0.2}),
    ("Elu", [], {"alpha": 0.7}),
    ("Sigmoid", [], {}),
    ("HardSigmoid", [], {}),
    ("HardSigmoid", [], {"alpha": 1 / 6, "beta": 0.5}),
    ("HardSwish", [], {}),
    ("Tanh", [], {}),
    ("Exp", [], {}),
    ("Neg", [], {}),
    ("Identity", [], {}),
    ("Dropout", [], {}),
    ("Cast", [], {"to": 1}),
    ("Softmax", [], {"axis": 1}),
    ("Softmax", [], {"axis": -1}),
    ("Clip", [np.float32(0), np.float32(6)], {}),
    ("Clip", [np.float32(-0.5), np.float32(0.3)], {}),
    ("Clip", ["", np.float32(0.3)], {}),
    ("PRelu", [np.full((4, 1, 1), 0.3, np.float32)], {}),
    ("Add", [np.linspace(0, 1, 4, dtype=np.float32).reshape(4, 1, 1)], {}),
    ("Mul", [np.linspace(0, 1, 7, dtype=np.float32)], {}),
    ("Sub", [np.float32(0.5)], {}),
    ("Div", [np.full((1, 1, 6, 1), 3, np.float32)], {}),
    ("Max", [np.float32(0.1), np.full((7,), 0.2, np.float32)], {}),
    ("Min", [np.float32(0.1)], {}),
    ("Pad", [np.array([0, 0, 1, 2, 0, 1, 0, 3])], {}),
    ("Pad", [np.array([0, 0, 1, 2, 0, 0, 1, 3]), np.float32(0.5)], {}),
    ("Pad", [np.array([0, 0, 1, 2, 0, 0, 1, 3])], {"mode": "reflect"}),
    ("Resize", ["", np.array([1, 1, 2, 3], np.float32)], ASYMMETRIC),
    ("Resize", ["", "", np.array([1, 4, 18, 21])], {}),
    ("Slice", [np.array([1, 0]), np.array([5, 3]), np.array([2, 1])], {}),
    ("Slice", [np.array([-3]), np.array([2**63 - 1]), np.array([3]), np.array([2])], {}),
    ("Gather", [np.array(-1)], {"axis": 2}),
    ("Gather", [np.array([2])], {"axis": 1}),
    ("Transpose", [], {"perm": [0, 2, 3, 1]}),
    ("ReduceMean", [], {"axes": [2, 3]}),
    ("ReduceMean", [], {"axes": [1], "keepdims": 0}),
    ("ReduceMax", [], {"axes": [-1]}),
    ("Unsqueeze", [np.array([1])], {}),
    ("MaxPool", [], {"kernel_shape": [2, 2], "strides": [2, 2]}),
    ("AveragePool", [], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
    ("AveragePool", [], {"kernel_shape": [3, 3], "pads": [1, 2, 1, 0], "count_include_pad": 1}),
    ("GlobalAveragePool", [], {}),
    ("GlobalMaxPool", [], {}),
]  # fmt: skip


def test_operators_after_a_convolution(onnx_builder: OnnxBuilder) -> None:
    given = onnx_builder.input("x", 1, 3, 6, 7)
    given = onnx_builder.conv(given, 4, 3, 1, 1)
    made = [
        onnx_builder.node(operator, given, *more, **attributes)
        for operator, more, attributes in OPERATORS
    ]
    flat = [onnx_builder.node("Flatten", one) for one in made]
    assert_imported(onnx_builder, *made, *flat, moves=None)


def test_a_network_is_transposed_nowhere(onnx_builder: OnnxBuilder) -> None:
    random = onnx_builder.draw
    given = onnx_builder.input("image", "batch", 3, 12, 12)
    made = onnx_builder.conv(given, 8, 3, 3, 3, strides=[2, 2], pads=[1, 1, 1, 1])
    statistics = (random(8), random(8), random(8), np.abs(random(8)) + 1)
    made = onnx_builder.node("BatchNormalization", made, *statistics)
    made = onnx_builder.node("Clip", made, np.float32(0), np.float32(6))
    wide = onnx_builder.conv(made, 8, 1, 3, 3, group=8, pads=[1, 1, 1, 1])
    made = onnx_builder.node("Add", made, wide)
    first, second = onnx_builder.node("Split", made, axis=1, outputs=2)
    made = onnx_builder.node("Concat", second, first, axis=1)
    made = onnx_builder.node("Relu", made)
    made = onnx_builder.node("MaxPool", made, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    # As exporters write `x.view(x.size(0), -1)`.
    batch = onnx_builder.node("Gather", onnx_builder.node("Shape", made), np.array(0))
    batch = onnx_builder.node("Unsqueeze", batch, np.array([0]))
    shape = onnx_builder.node("Concat", batch, np.array([-1]), axis=0)
    made = onnx_builder.node("Reshape", made, shape)
    made = onnx_builder.node("Gemm", made, random(10, 72), random(10), transB=1, alpha=0.5)
    made = onnx_builder.node("Relu", made)
    made = onnx_builder.node("Add", onnx_builder.node("MatMul", made, random(10, 4)), random(4))
    original = assert_imported(onnx_builder, onnx_builder.node("Softmax", made))
    assert original.inputs[0].converted_shape == (1, 12, 12, 3)


def test_a_graph_that_was_channels_last_before_stays_so(onnx_builder: OnnxBuilder) -> None:
    given = onnx_builder.input("x", 1, 6, 6, 3)
    made = onnx_builder.node("Transpose", given, perm=[0, 3, 1, 2])
    made = onnx_builder.conv(made, 4, 3, 3, 3)
    made = onnx_builder.node("Transpose", made, perm=[0, 2, 3, 1])
    made = onnx_builder.node("Reshape", made, np.array([1, -1]))
    made = onnx_builder.node("Gemm", made, onnx_builder.draw(64, 2))
    original = assert_imported(onnx_builder, made)
    assert original.inputs[0].order == (0, 1, 2, 3)


def test_what_mixes_axes_is_in_the_order_of_onnx(onnx_builder: OnnxBuilder) -> None:
    given = onnx_builder.input("x", 1, 4, 4, 6)
    made = onnx_builder.conv(given, 8, 4, 1, 1)
    made = onnx_builder.node("Reshape", made, np.array([0, 2, -1, 6]))
    made = onnx_builder.node("ReduceSum", made, np.array([2]))
    made = onnx_builder.node("Squeeze", made, np.array([2]))
    assert_imported(onnx_builder, made, moves=1)


def test_several_inputs_and_outputs_keep_their_names(onnx_builder: OnnxBuilder) -> None:
    first, second = onnx_builder.input("b", 1, 5), onnx_builder.input("a", 1, 5)
    total = onnx_builder.node("Sub", first, second)
    original = assert_imported(onnx_builder, total, onnx_builder.node("Tanh", second))
    assert [port.name for port in original.inputs] == ["b", "a"]


def test_upsample_and_clip_of_old_opsets(onnx_builder: OnnxBuilder) -> None:
    onnx_builder.opset = 9
    given = onnx_builder.input("x", 1, 2, 3, 3)
    made = onnx_builder.node("Clip", onnx_builder.conv(given, 2, 2, 1, 1), min=-0.1, max=0.2)
    made = onnx_builder.node("Upsample", made, np.array([1, 1, 2, 3], np.float32), mode="nearest")
    made = onnx_builder.node("Pad", made, pads=[0, 0, 1, 1, 0, 0, 1, 1])
    made = onnx_builder.node("ReduceMean", made, axes=[2, 3])
    assert_imported(onnx_builder, onnx_builder.node("Squeeze", made, axes=[2, 3]))


REFUSED: list[tuple[str, list[Any], dict[str, Any], str]] = [
    ("Det", [], {}, "not imported: Det"),
    ("QuantizeLinear", [np.float32(1), np.int8(0)], {}, "quantised already (QuantizeLinear)"),
    ("Flatten", [], {"axis": 0}, "Flatten: only axis 1"),
    ("Transpose", [], {"perm": [1, 0, 2, 3]}, "the batch must stay the first"),
    ("Reshape", [np.array([6, -1])], {}, "it must keep the batch"),
    ("Concat", [np.zeros((1, 3, 6, 7), np.float32)], {"axis": 0}, "batches are not"),
    ("MaxPool", [], {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1] * 4}, "int8 has no"),
    ("Resize", ["", np.array([1, 1, 1.5, 1.5], np.float32)], {}, "only whole factors"),
    ("Resize", ["", np.array([1, 1, 2, 2], np.float32)], {"mode": "linear"}, "`nearest`"),
    (
        "ConvTranspose",
        [np.zeros((3, 1, 3, 3), np.float32)],
        {"group": 3},
        "without groups",
    ),
    ("Cast", [], {"to": 7}, "a cast to integers"),
    ("Gather", [np.array([0, 1])], {"axis": 1}, "only one index"),
    ("Reshape", ["x"], {}, "ONNX operator 0 Reshape: its target shape must be constant"),
]


@pytest.mark.parametrize(("operator", "more", "attributes", "words"), REFUSED)
def test_refused_forms_are_named(
    onnx_builder: OnnxBuilder,
    operator: str,
    more: list[Any],
    attributes: dict[str, Any],
    words: str,
) -> None:
    given = onnx_builder.input("x", 1, 3, 6, 7)
    assert words in refused(onnx_builder, onnx_builder.node(operator, given, *more, **attributes))


def test_operators_of_vendors_are_named(onnx_builder: OnnxBuilder) -> None:
    given = onnx_builder.input("x", 1, 3)
    made = onnx_builder.node("Gelu", given, domain="com.microsoft")
    assert "com.microsoft.Gelu" in refused(onnx_builder, made)


def test_an_input_without_a_fixed_size_is_named(onnx_builder: OnnxBuilder) -> None:
    given = onnx_builder.input("x", "batch", 3, "height", 8)
    message = refused(onnx_builder, onnx_builder.node("Relu", given))
    assert "no fixed size in dimension 2 (height)" in message


def test_what_is_no_onnx_is_said_so(onnx_builder: OnnxBuilder) -> None:
    from compiler.convert.errors import UnreadableSource
    from compiler.convert.onnx_model import load

    onnx_builder.path.write_bytes(b"no protobuf at all")
    with pytest.raises(UnreadableSource, match="no valid ONNX model"):
        load(onnx_builder.path)
