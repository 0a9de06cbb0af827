"""The emitted C: its text for a small model, and what its callers rely on."""

import re

import numpy as np

from compiler.emit import Emitted
from compiler.graph import ElementType, OperatorCode
from compiler.machine import Machine
from compiler.passes import optimise
from compiler.tflite import read
from compiler.translate import translate

from .model_builder import OperatorSpec, TensorSpec, build_model, schema


def model(name: str = "in */ put\\") -> bytes:
    """Return FULLY_CONNECTED with weights, RESHAPE, DEQUANTIZE."""
    weights = np.array([[1, -2, 3], [-128, 127, 0]], np.int8)
    return build_model(
        [
            TensorSpec((1, 3), scales=(0.5,), zero_points=(-1,), name=name),
            TensorSpec((2, 3), scales=(0.25, 0.5), zero_points=(0, 0), values=weights),
            TensorSpec((2,), ElementType.INT32, (0.125, 0.25), values=np.array([7, -70000], "<i4")),
            TensorSpec((1, 2), scales=(1.0,), zero_points=(4,)),
            TensorSpec((2,), scales=(1.0,), zero_points=(4,)),
            TensorSpec((2,), ElementType.FLOAT32, name="scores"),
        ],
        [
            OperatorSpec(
                OperatorCode.FULLY_CONNECTED, (0, 1, 2), (3,), schema.FullyConnectedOptionsT()
            ),
            OperatorSpec(OperatorCode.RESHAPE, (3,), (4,)),
            OperatorSpec(OperatorCode.DEQUANTIZE, (4,), (5,)),
        ],
        (0,),
        (5,),
    )


def emitted(data: bytes | None = None) -> Emitted:
    graph = optimise(read(data or model()))
    return translate(graph, Machine())


MODEL_C = """\
#include "model.h"

#include <stddef.h>
#include <stdint.h>
#include "dequantize.h"
#include "fully_connected_scalar.h"

static const int8_t tml_op0_weights[6] = {
    1, -2, 3, -128, 127, 0,
};

static const int32_t tml_op0_bias[2] = {
    9, -70001,
};

static const int32_t tml_op0_multiplier[2] = {
    1073741824, 1073741824,
};

static const int8_t tml_op0_shift[2] = {
    -2, -1,
};

static const struct tml_fully_connected tml_op0_parameters = {
    .batches = 1,
    .input_depth = 3,
    .output_depth = 2,
    .input_offset = 1,
    .output_offset = 4,
    .activation_min = -128,
    .activation_max = 127,
    .channel_step = 1,
};

static const struct tml_dequantize tml_op2_parameters = {
    .elements = 2,
    .scale = 0x1.0000000000000p+0f,
    .zero_point = 4,
};

/* 0 FULLY_CONNECTED: int8[1,3] to int8[1,2] */
__attribute__((noinline)) static void tml_op0_run(int8_t *base, int8_t *kept);
static void tml_op0_run(int8_t *base, int8_t *kept)
{
    (void)base;
    (void)kept;
    tml_fully_connected_scalar(&tml_op0_parameters, base + 16, tml_op0_weights, tml_op0_bias,
        tml_op0_multiplier, tml_op0_shift, base + 0);
}

/* 2 DEQUANTIZE: int8[2] to float32[2] */
__attribute__((noinline)) static void tml_op2_run(int8_t *base, int8_t *kept);
static void tml_op2_run(int8_t *base, int8_t *kept)
{
    (void)base;
    (void)kept;
    tml_dequantize(&tml_op2_parameters, base + 0, (float *)(void *)(base + 16));
}

int tml_init(void *state)
{
    (void)state;
    return 0;
}

int tml_run(void *arena, void *state)
{
    int8_t *const base = arena;
    int8_t *const kept = state;
    (void)base;
    (void)kept;
    tml_op0_run(base, kept);
    tml_op2_run(base, kept);
    return 0;
}
"""


def test_the_text_of_a_small_model() -> None:
    found = emitted().files["model.c"]
    assert re.sub(r"base \+ \d+", "base + N", found) == re.sub(r"base \+ \d+", "base + N", MODEL_C)


def test_only_the_kernels_that_the_model_uses_are_there() -> None:
    assert sorted(emitted().files) == [
        "block_scalar.c",
        "block_scalar.h",
        "dequantize.c",
        "dequantize.h",
        "fully_connected.h",
        "fully_connected_scalar.c",
        "fully_connected_scalar.h",
        "high_mul_halves.h",
        "model.c",
        "model.h",
        "requantize.h",
    ]


def test_equal_models_give_equal_text() -> None:
    assert emitted() == emitted()


def test_no_name_of_the_model_can_end_a_comment() -> None:
    header = emitted().files["model.h"]
    assert "Input in_/_put_: int8 [1, 3], 3 B" in header
    assert header.count("*/") == header.count("/*")


def test_ends_lie_in_the_arena_in_model_order() -> None:
    found = emitted()
    (input_at, input_size), (output_at, output_size) = found.inputs[0], found.outputs[0]
    assert (input_size, output_size) == (3, 8)
    assert max(input_at + input_size, output_at + output_size) <= found.arena_size
    assert input_at % 16 == 0
    assert output_at % 4 == 0
    assert found.state_size == 0


def test_operators_are_told_with_their_constants() -> None:
    connected, dequantize = emitted().operators
    assert (connected.index, connected.name, connected.kernel) == (
        0,
        "FULLY_CONNECTED",
        "tml_fully_connected_scalar",
    )
    assert connected.symbol_prefix == "tml_op0_"
    assert connected.macs == 6
    assert connected.constant_bytes == 6 + 8 + 8 + 2 + 8 * 4
    assert (dequantize.index, dequantize.macs, dequantize.constant_bytes) == (2, 0, 12)
    (result,) = dequantize.outputs
    assert (result.name, result.type, result.shape) == ("scores", "float32", (2,))
    assert (result.first, result.last) == (1, 2)
