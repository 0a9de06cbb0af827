"""Tensors whose channels correspond: what is taken out of one is taken out of all.

A depthwise convolution, a pool or a sum passes each channel on by itself; a convolution
or fully connected layer makes new channels from all of its input's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..graph import ElementType, Graph, Operator, OperatorCode
from .intervals import spreads

MIXING = (OperatorCode.CONV_2D, OperatorCode.FULLY_CONNECTED)
"""Operators whose outputs' channels are made from all channels of the first input."""

_CHANNELWISE = (
    OperatorCode.DEPTHWISE_CONV_2D,
    OperatorCode.MAX_POOL_2D,
    OperatorCode.AVERAGE_POOL_2D,
    OperatorCode.ADD,
)


@dataclass(slots=True)
class Group:
    """Tensors of one channel structure, by number.

    `channels` is how many there are; an alias may hold several places of each. `makers`
    are the mixing operators that write one of the tensors, `users` those that read one,
    `within` the channelwise ones. A group that something else reads or writes is `fixed`.
    """

    tensors: list[int] = field(default_factory=list)
    channels: int = 0
    makers: list[Operator] = field(default_factory=list)
    users: list[Operator] = field(default_factory=list)
    within: list[Operator] = field(default_factory=list)
    fixed: bool = False


def groups(graph: Graph) -> Iterator[Group]:
    """Yield the groups whose channels can be taken out."""
    found = _Union(len(graph.tensors))
    for number, tensor in enumerate(graph.tensors):
        if tensor.alias_of is not None:
            found.join(tensor.alias_of, number)
    for operator in graph.operators:
        if _is_channelwise(graph, operator):
            for read in _passed(operator):
                found.join(read, operator.outputs[0])
    members: dict[int, Group] = {}
    for number in range(len(graph.tensors)):
        members.setdefault(found.root(number), Group()).tensors.append(number)
    of = {number: group for group in members.values() for number in group.tensors}
    _assign(graph, of)
    for group in members.values():
        group.channels = min((_depth(graph, n) for n in group.tensors), default=0)
        if group.makers and not group.fixed and _regular(graph, group):
            yield group


def _assign(graph: Graph, of: dict[int, Group]) -> None:
    for number in (*graph.inputs, *graph.outputs):
        of[number].fixed = True
    for operator in graph.operators:
        if _is_channelwise(graph, operator):
            of[operator.outputs[0]].within.append(operator)
            continue
        mixing = _is_mixing(graph, operator)
        for position, read in enumerate(operator.inputs):
            if read is None or graph.tensors[read].constant:
                continue
            if mixing and position == 0:
                of[read].users.append(operator)
            else:
                of[read].fixed = True
        for written in operator.outputs:
            if mixing:
                of[written].makers.append(operator)
            else:
                of[written].fixed = True


def _is_mixing(graph: Graph, operator: Operator) -> bool:
    """Whether int8 channels are mixed, all of them by each output channel."""
    if operator.code not in MIXING or graph.output(operator).type is not ElementType.INT8:
        return False
    filters = graph.input(operator, 1)
    return filters.constant and filters.shape[-1] == graph.input(operator, 0).shape[-1]


def _is_channelwise(graph: Graph, operator: Operator) -> bool:
    """Whether each channel of the output is made from the same channel of what is passed on."""
    if operator.code not in _CHANNELWISE:
        return False
    result = graph.output(operator)
    reads = [graph.tensors[number] for number in _passed(operator)]
    return result.type is ElementType.INT8 and all(
        not read.constant and len(read.shape) > 0 and read.shape[-1] == result.shape[-1]
        for read in reads
    )


def _passed(operator: Operator) -> list[int]:
    """Return the inputs whose channels an operator passes on: not the weights."""
    count = 2 if operator.code is OperatorCode.ADD else 1
    return [number for number in operator.inputs[:count] if number is not None]


def _depth(graph: Graph, number: int) -> int:
    shape = graph.tensors[number].shape
    return shape[-1] if shape else 1


def _regular(graph: Graph, group: Group) -> bool:
    """Whether all tensors are int8 and hold whole rows of channels."""
    for number in group.tensors:
        tensor = graph.tensors[number]
        if tensor.type is not ElementType.INT8 or _depth(graph, number) % group.channels:
            return False
        if tensor.alias_of is not None and not (
            spreads(graph, tensor.alias_of, number) or spreads(graph, number, tensor.alias_of)
        ):
            return False
    return True


class _Union:
    """Sets of numbers that are joined step by step."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def root(self, number: int) -> int:
        while self._above[number] != number:
            self._above[number] = self._above[self._above[number]]
            number = self._above[number]
        return number

    def join(self, one: int, other: int) -> None:
        self._above[self.root(one)] = self.root(other)
