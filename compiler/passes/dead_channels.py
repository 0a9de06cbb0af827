"""Channels that no output of the model depends on, or whose value never changes.

Training with sparsity leaves filters of zeros behind: their output channels have one
value, whatever the input. What the next layer makes of it is a constant, which its bias
takes up, and the channel needs no weights, no memory and no multiplication any more.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..graph import ElementType, Graph, Operator, OperatorCode, QuantizationParameters, Tensor
from ..ops import weights
from ..ops.conditions import quantization
from .channels import Group, groups
from .intervals import Interval, anything, intervals, is_padded

_ROUNDS_MAX: Final = 64
"""A layer's dead channels may kill some of the layer before; deeper chains are left."""


def remove_dead_channels(graph: Graph) -> Graph:
    """Return `graph` without the channels that can go, bit for bit the same."""
    for _ in range(_ROUNDS_MAX):
        values = intervals(graph)
        dead = [
            (group, mask) for group in groups(graph) if (mask := _dead(graph, group, values)).any()
        ]
        if not dead:
            break
        for group, mask in dead:
            graph = _Removal(graph, group, ~mask, values).graph()
    return graph


def _dead(graph: Graph, group: Group, values: Mapping[int, Interval]) -> NDArray[np.bool_]:
    """Return which channels can go; never all of them."""
    dead = np.full(group.channels, bool(group.users))
    for user in group.users:
        dead &= _unread(graph, group, user) | _foldable(graph, group, user, values)
    if dead.all():
        dead[0] = False
    return dead


def _unread(graph: Graph, group: Group, user: Operator) -> NDArray[np.bool_]:
    """Return the channels that a mixing operator multiplies by 0 only."""
    filters = weights.int8_values(graph.input(user, 1))
    unread: NDArray[np.bool_] = (filters.reshape(-1, group.channels) == 0).all(axis=0)
    return unread


def _foldable(
    graph: Graph, group: Group, user: Operator, values: Mapping[int, Interval]
) -> NDArray[np.bool_]:
    """Return the channels that have one value, the same wherever the operator's window lies."""
    interval = _read(graph, user, values)
    constant = interval.constant()
    if user.code is OperatorCode.CONV_2D and is_padded(graph, user):
        constant &= interval.low == quantization(graph.input(user, 0)).zero_point
    places = constant.reshape(-1, group.channels)
    same = (interval.low.reshape(-1, group.channels) == interval.low[: group.channels]).all(axis=0)
    foldable: NDArray[np.bool_] = places.all(axis=0) & same
    return foldable


def _read(graph: Graph, user: Operator, values: Mapping[int, Interval]) -> Interval:
    """Return the interval of what a mixing operator reads."""
    number = user.inputs[0]
    depth = graph.input(user, 0).shape[-1]
    return anything(depth) if number is None else values.get(number, anything(depth))


class _Removal:
    """The graph being rewritten without the channels of one group that are not kept."""

    def __init__(
        self, graph: Graph, group: Group, kept: NDArray[np.bool_], values: Mapping[int, Interval]
    ) -> None:
        self._graph, self._group, self._kept = graph, group, kept
        self._tensors = list(graph.tensors)
        self._operators = {operator.index: operator for operator in graph.operators}
        for user in group.users:
            self._shorten_input(user, _read(graph, user, values))
        for operator in (*group.makers, *group.within):
            self._shorten_output(operator)
        for number in group.tensors:
            tensor = self._tensors[number]
            repeats = tensor.shape[-1] // group.channels
            shape = (*tensor.shape[:-1], repeats * int(kept.sum()))
            self._tensors[number] = replace(tensor, shape=shape)

    def graph(self) -> Graph:
        """Return the new graph; constants that were replaced are still among its tensors."""
        operators = tuple(self._operators[one.index] for one in self._graph.operators)
        return replace(self._graph, tensors=tuple(self._tensors), operators=operators)

    def _shorten_input(self, user: Operator, interval: Interval) -> None:
        """Take channels out of a mixing operator's input; its bias takes up what they gave."""
        operator = self._operators[user.index]
        filters = weights.int8_values(self._tensors[_number(operator, 1)])
        by_channel = filters.reshape(filters.shape[0], -1, self._group.channels)
        repeats = filters.shape[-1] // self._group.channels
        kept = np.tile(self._kept, repeats)
        self._replace_weights(operator, filters[..., kept])
        offsets = (
            interval.low[: self._group.channels]
            - quantization(self._graph.input(user, 0)).zero_point
        )
        gone = np.where(self._kept, 0, offsets)
        given = by_channel.astype(np.int64).sum(axis=1) @ gone
        if given.any():
            self._add_to_bias(self._operators[user.index], given)

    def _shorten_output(self, operator: Operator) -> None:
        """Take channels out of the weights and the bias that make them."""
        operator = self._operators[operator.index]
        if len(operator.inputs) < 2 or operator.code not in _AXES:
            return
        axis = _AXES[operator.code]
        tensor = self._tensors[_number(operator, 1)]
        filters = weights.int8_values(tensor).compress(self._kept, axis=axis)
        self._replace_weights(operator, filters, axis)
        operator = self._operators[operator.index]
        bias = operator.inputs[2] if len(operator.inputs) > 2 else None
        if bias is not None:
            values = np.frombuffer(self._tensors[bias].data or b"", "<i4")[self._kept]
            self._set(operator, 2, _bias(self._tensors[bias], values))

    def _replace_weights(
        self, operator: Operator, filters: NDArray[np.int8], axis: int | None = None
    ) -> None:
        tensor = self._tensors[_number(operator, 1)]
        given = quantization(tensor)
        if axis is not None and not given.per_tensor:
            given = QuantizationParameters(
                tuple(np.array(given.scales)[self._kept].tolist()),
                tuple(np.array(given.zero_points)[self._kept].tolist()),
                given.axis,
            )
        changed = replace(tensor, shape=filters.shape, data=filters.tobytes(), quantization=given)
        self._set(operator, 1, changed)

    def _add_to_bias(self, operator: Operator, more: NDArray[np.int64]) -> None:
        number = operator.inputs[2] if len(operator.inputs) > 2 else None
        if number is None:
            tensor = Tensor(f"bias of {operator}", (len(more),), ElementType.INT32)
            self._set(operator, 2, _bias(tensor, more))
            return
        tensor = self._tensors[number]
        self._set(operator, 2, _bias(tensor, np.frombuffer(tensor.data or b"", "<i4") + more))

    def _set(self, operator: Operator, position: int, tensor: Tensor) -> None:
        """Give an operator a constant of its own: another may read the one it had."""
        self._tensors.append(tensor)
        inputs = list(self._operators[operator.index].inputs)
        inputs[position : position + 1] = [len(self._tensors) - 1]
        self._operators[operator.index] = replace(operator, inputs=tuple(inputs))


_AXES: Final[Mapping[OperatorCode, int]] = {
    OperatorCode.CONV_2D: 0,
    OperatorCode.FULLY_CONNECTED: 0,
    OperatorCode.DEPTHWISE_CONV_2D: 3,
}
"""The dimension of the weights that is the output's channels."""


def _number(operator: Operator, position: int) -> int:
    number = operator.inputs[position]
    if number is None:
        raise IndexError(f"{operator} has no input {position}")
    return number


def _bias(tensor: Tensor, values: NDArray[np.integer]) -> Tensor:
    """Return a bias with these values; its scales are those of its operator, and not kept."""
    data = values.astype("<i4").tobytes()
    return replace(tensor, shape=(len(values),), data=data, quantization=None)
