"""Models that break one condition of an operator that picks places, pads or reduces."""
# ruff: noqa: B008  (specs are immutable)

from typing import Any

import numpy as np

from compiler.graph import ElementType, OperatorCode
from compiler.ops import (
    arg_max,
    blocks,
    broadcast_to,
    conditions,
    gather,
    mean,
    pad,
    pads,
    padv2,
    reductions,
    resize_nearest_neighbor,
    slices,
    strided_slice,
    transpose_conv,
)

from .model_builder import TensorSpec, constant, one_operator, schema
from .move_cases import int8

INT32 = ElementType.INT32
FLOAT = ElementType.FLOAT32


def options(name: str, **fields: Any) -> Any:
    made = getattr(schema, f"{name}OptionsT")()
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def free(*shape: int) -> TensorSpec:
    return TensorSpec(shape, INT32)


def boxed(
    begin: TensorSpec = constant(0, 1),
    size: TensorSpec = constant(2, -1),
    source: TensorSpec = int8(3, 4),
    result: TensorSpec = int8(2, 3),
) -> bytes:
    return one_operator(OperatorCode.SLICE, [source, begin, size], result, options("Slice"))


def walked(
    begin: TensorSpec = constant(0, 0),
    end: TensorSpec = constant(3, 4),
    strides: TensorSpec = constant(2, 1),
    source: TensorSpec = int8(3, 4),
    result: TensorSpec = int8(2, 4),
    **fields: Any,
) -> bytes:
    made = options("StridedSlice", **fields)
    inputs = [source, begin, end, strides]
    return one_operator(OperatorCode.STRIDED_SLICE, inputs, result, made)


def pairs(*values: int) -> TensorSpec:
    shape = (len(values) // 2, 2)
    return TensorSpec(shape, INT32, values=np.array(values, np.int32).reshape(shape))


def padded(
    paddings: TensorSpec = pairs(1, 0, 0, 1),
    source: TensorSpec = int8(2, 2),
    result: TensorSpec = int8(3, 3),
    *value: TensorSpec,
) -> bytes:
    code = OperatorCode.PADV2 if value else OperatorCode.PAD
    made = options("PadV2" if value else "Pad")
    return one_operator(code, [source, paddings, *value], result, made)


def spread(result: TensorSpec = int8(1, 2, 2, 1), size: int = 2, **more: Any) -> bytes:
    source = more.get("source", int8(1, 1, 1, 4))
    made = options("DepthToSpace", blockSize=size)
    return one_operator(OperatorCode.DEPTH_TO_SPACE, [source], result, made)


def gathered_depth(result: TensorSpec) -> bytes:
    made = options("SpaceToDepth", blockSize=2)
    return one_operator(OperatorCode.SPACE_TO_DEPTH, [int8(1, 2, 2, 1)], result, made)


def repeated(source: TensorSpec, result: TensorSpec) -> bytes:
    shape = constant(*result.shape)
    return one_operator(OperatorCode.BROADCAST_TO, [source, shape], result, options("BroadcastTo"))


def reduced(
    axes: TensorSpec = constant(1),
    source: TensorSpec = int8(2, 3),
    result: TensorSpec = int8(2),
    code: OperatorCode = OperatorCode.MEAN,
) -> bytes:
    return one_operator(code, [source, axes], result, options("Reducer"))


def greatest(
    axis: TensorSpec = constant(1),
    source: TensorSpec = int8(2, 3),
    result: TensorSpec = free(2),
) -> bytes:
    return one_operator(OperatorCode.ARG_MAX, [source, axis], result, options("ArgMax"))


def resized(
    size: TensorSpec = constant(3, 3),
    source: TensorSpec = int8(1, 2, 2, 1),
    result: TensorSpec = int8(1, 3, 3, 1),
) -> bytes:
    made = options("ResizeNearestNeighbor")
    return one_operator(OperatorCode.RESIZE_NEAREST_NEIGHBOR, [source, size], result, made)


def gathered(
    indices: TensorSpec = constant(1),
    source: TensorSpec = int8(2, 3),
    result: TensorSpec = int8(1, 3),
    **fields: int,
) -> bytes:
    return one_operator(OperatorCode.GATHER, [source, indices], result, options("Gather", **fields))


CASES: list[tuple[Any, bytes]] = [
    (conditions.same_movable_type, boxed(result=TensorSpec((2, 3), FLOAT))),
    (slices.few_dimensions, boxed(
        constant(*[0] * 6), constant(*[1] * 6), int8(*[1] * 6), int8(*[1] * 6))),
    (slices.constant_box, boxed(begin=free(2))),
    (slices.constant_box, boxed(size=constant(2))),
    (slices.box_is_output, boxed(begin=constant(2, 1))),
    (slices.box_is_output, boxed(begin=constant(-1, 1))),
    (slices.box_is_output, boxed(size=constant(1, -1))),
    (slices.box_is_output, boxed(size=constant(-1, -1))),
    (slices.box_is_output, boxed(result=int8(6))),
    (strided_slice.plain_masks, walked(newAxisMask=1)),
    (strided_slice.plain_masks, walked(ellipsisMask=1)),
    (strided_slice.plain_masks, walked(offset=True)),
    (strided_slice.few_dimensions, walked(
        *[constant(*[0] * 5), constant(*[1] * 5), constant(*[1] * 5), int8(*[1] * 5)])),
    (strided_slice.constant_walk, walked(end=free(2))),
    (strided_slice.constant_walk, walked(end=constant(3))),
    (strided_slice.constant_walk, walked(strides=constant(0, 1))),
    (strided_slice.walks_to_output, walked(result=int8(3, 4))),
    (strided_slice.walks_to_output, walked(begin=constant(3, 0))),
    (strided_slice.walks_to_output, walked(
        begin=constant(3, 0), shrinkAxisMask=1, result=int8(4))),
    (pads.few_dimensions, padded(pairs(*[0] * 12), int8(*[1] * 6), int8(*[1] * 6))),
    (pads.constant_paddings, padded(free(2, 2))),
    (pads.constant_paddings, padded(pairs(1, 0))),
    (pads.constant_paddings, padded(pairs(-1, 2, 0, 1))),
    (pads.padded_shape, padded(result=int8(3, 2))),
    (pad.zero_is_known, padded(result=int8(3, 3, zero=128))),
    (pad.zero_is_known, padded(
        source=TensorSpec((2, 2), ElementType.INT16),
        result=TensorSpec((3, 3), ElementType.INT16, (0.5,), (1,)))),
    (padv2.constant_value, padded(pairs(1, 0, 0, 1), int8(2, 2), int8(3, 3), int8(1))),
    (padv2.constant_value, padded(
        pairs(1, 0, 0, 1), int8(2, 2), int8(3, 3), int8(1, zero=1, values=np.zeros(1, np.int8)))),
    (conditions.same_int8_or_float, spread(TensorSpec((1, 2, 2, 1), FLOAT))),
    (blocks.spreads_depth, spread(int8(1, 2, 1, 2))),
    (blocks.spreads_depth, spread(size=0)),
    (blocks.gathers_depth, gathered_depth(int8(1, 1, 2, 2))),
    (broadcast_to.broadcasts, repeated(int8(2), int8(2, 3))),
    (broadcast_to.broadcasts, repeated(int8(2, 3), int8(3))),
    (broadcast_to.few_dimensions, repeated(int8(1), int8(*[2] * 6))),
    (reductions.constant_axes, reduced(free(1))),
    (reductions.constant_axes, reduced(constant(2))),
    (reductions.reduced_shape, reduced(result=int8(3))),
    (reductions.few_loops, reduced(
        constant(0, 2, 4, 6), int8(*[2] * 8), int8(*[2] * 4))),
    (conditions.int8_int16_or_float, reduced(result=TensorSpec((2,), FLOAT))),
    (conditions.int8_input_and_output, reduced(
        source=TensorSpec((2, 3), FLOAT), code=OperatorCode.REDUCE_MAX)),
    (mean.sums_fit, reduced(source=int8(1, (1 << 22) + 1), result=int8(1))),
    (mean.moderate_scales, reduced(result=int8(2, scale=2.0**20))),
    (mean.moderate_scales, reduced(result=int8(2, scale=2.0**-21))),
    (arg_max.int8_to_int32, greatest(source=TensorSpec((2, 3), FLOAT))),
    (arg_max.constant_axis, greatest(free(1))),
    (arg_max.constant_axis, greatest(constant(2))),
    (arg_max.places_of_lines, greatest(result=free(3))),
    (resize_nearest_neighbor.same_type, resized(result=TensorSpec((1, 3, 3, 1), FLOAT))),
    (resize_nearest_neighbor.size_is_output, resized(free(2))),
    (resize_nearest_neighbor.size_is_output, resized(constant(3, 2))),
    (resize_nearest_neighbor.size_is_output, resized(result=int8(2, 3, 3, 1))),
    (resize_nearest_neighbor.places_fit, resized(source=int8(1, (1 << 15) + 1, 1, 1))),
    (gather.known_axis, gathered(axis=2)),
    (gather.known_axis, gathered(batchDims=1)),
    (gather.constant_indices, gathered(free(1))),
    (gather.constant_indices, gathered(constant(2))),
    (gather.constant_indices, gathered(constant(-1))),
    (gather.gathered_shape, gathered(result=int8(2, 3))),
]  # fmt: skip


def scattered(
    weights: TensorSpec = int8(1, 2, 2, 1, values=np.ones((1, 2, 2, 1), np.int8)),
    source: TensorSpec = int8(1, 2, 2, 1),
    result: TensorSpec = int8(1, 4, 4, 1),
    shape: TensorSpec | None = None,
) -> bytes:
    made = options("TransposeConv", strideH=2, strideW=2, padding=0)
    inputs = [shape or constant(*result.shape), weights, source]
    return one_operator(OperatorCode.TRANSPOSE_CONV, inputs, result, made)


CASES += [
    (transpose_conv.four_dimensions, scattered(result=int8(16))),
    (transpose_conv.four_dimensions, scattered(source=int8(2, 2, 2, 1))),
    (transpose_conv.shape_is_output, scattered(shape=free(4))),
    (transpose_conv.shape_is_output, scattered(shape=constant(1, 4, 4, 2))),
    (transpose_conv.weights_match, scattered(source=int8(1, 2, 2, 2))),
]
