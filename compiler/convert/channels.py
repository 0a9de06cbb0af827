"""Output channels set to zero, whole: what the compiler then removes."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .errors import UnfitData, UnsupportedSource
from .prune import Masks, keep

_WITH_CHANNELS: Final = frozenset({"Conv1D", "Conv2D", "Dense"})
"""Layers that make their output channels by themselves."""

_MEETINGS: Final = frozenset({"Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"})
"""Operations that join channels one to one: what is zero on one side only is not gone."""

_REORDERING: Final = frozenset({"Concatenate", "Flatten", "Permute", "Reshape"})
"""Operations after which a channel has another place."""


def prune_channels(network: Any, share: float) -> Masks:
    """Set the `share` of weakest output channels of each layer to zero; return what is kept.

    A channel's weights, its bias and the scale and shift of a batch normalisation that
    follows become zero, so that the channel is zero for every input and the compiler
    removes it. Layers whose outputs are added lose the same channels. Layers that a model
    output comes from keep all theirs, and so do depthwise ones, whose channels are those
    of the layer before. Raises `UnsupportedSource` for a model without layers,
    `UnfitData` where there are none to prune.
    """
    if network is None:
        raise UnsupportedSource(
            "channels are pruned in Keras and ONNX models, not in a SavedModel, which has no layers"
        )
    following = _following(network)
    masks: Masks = {}
    for group in _groups(network, following):
        kept = _strongest(group, share)
        for layer in group:
            variables = [layer.kernel, *_per_channel(layer)]
            after = following.get(id(layer), [])
            if len(after) == 1 and type(after[0]).__name__ == "BatchNormalization":
                variables += _per_channel(after[0])
            for variable in variables:
                keep(masks, variable, np.broadcast_to(kept, variable.shape))
    if not masks:
        raise UnfitData("the model has no layer whose output channels could be pruned")
    return masks


def _strongest(group: list[Any], share: float) -> NDArray[np.bool_]:
    """Return which channels stay: those of the largest weights, by their absolute sums."""
    strength = sum(
        np.abs(layer.kernel.numpy()).reshape(-1, layer.kernel.shape[-1]).sum(0, np.float64)
        for layer in group
    )
    weakest = np.argsort(strength, kind="stable")
    kept = np.ones(len(weakest), np.bool_)
    kept[weakest[: min(int(share * len(kept)), len(kept) - 1)]] = False
    return kept


def _groups(network: Any, following: dict[int, list[Any]]) -> list[list[Any]]:
    """Return the layers that can be pruned, those together whose channels are joined."""
    groups: list[tuple[set[int], list[Any]]] = []
    ends = {id(tensor._keras_history.operation) for tensor in network.outputs}
    for layer in network.layers:
        if type(layer).__name__ not in _WITH_CHANNELS or not _computed_on(layer, following, ends):
            continue
        met, members = _meetings(layer, following), [layer]
        apart = []
        for other in groups:
            if other[0] & met:
                met, members = met | other[0], other[1] + members
            else:
                apart.append(other)
        groups = [*apart, (met, members)]
    return [members for _, members in groups]


def _meetings(layer: Any, following: dict[int, list[Any]]) -> set[int]:
    """Return the operations at which a layer's channels meet those of others."""
    seen = _reached(layer, following, _WITH_CHANNELS | _REORDERING)
    return {id(one) for one in seen if type(one).__name__ in _MEETINGS}


def _computed_on(layer: Any, following: dict[int, list[Any]], ends: set[int]) -> bool:
    """Tell whether all that a layer makes reaches weights before it reaches an output."""
    reached = [layer, *_reached(layer, following, _WITH_CHANNELS)]
    return not any(
        id(one) in ends
        for one in reached
        if one is layer or type(one).__name__ not in _WITH_CHANNELS
    )


def _reached(layer: Any, following: dict[int, list[Any]], end: frozenset[str]) -> list[Any]:
    """Return the operations that a layer's output reaches, up to those of the kinds `end`."""
    seen: dict[int, Any] = {}
    waiting = [layer]
    while waiting:
        for one in following.get(id(waiting.pop()), []):
            if id(one) not in seen:
                seen[id(one)] = one
                if type(one).__name__ not in end:
                    waiting.append(one)
    return list(seen.values())


def _per_channel(layer: Any) -> list[Any]:
    """Return the variables of a layer that add to or scale its channels."""
    found = (getattr(layer, name, None) for name in ("bias", "gamma", "beta"))
    return [variable for variable in found if variable is not None]


def _following(network: Any) -> dict[int, list[Any]]:
    """Return, by an operation's id, the operations that read what it makes."""
    following: dict[int, list[Any]] = {}
    seen: set[tuple[int, int]] = set()
    waiting = list(network.outputs)
    while waiting:
        # Where a symbolic tensor is from; a layer that was called again has more nodes.
        reader, node, _ = waiting.pop()._keras_history
        if (id(reader), node) in seen:
            continue
        seen.add((id(reader), node))
        for tensor in reader._inbound_nodes[node].input_tensors:
            following.setdefault(id(tensor._keras_history.operation), []).append(reader)
            waiting.append(tensor)
    return following
