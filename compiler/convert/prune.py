"""Weights set to zero: the smallest of each layer, or those of whole output channels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import UnfitData, UnsupportedSource
from .weights import Kernel

Mask = NDArray[np.bool_]
Masks = dict[int, tuple[Any, Mask]]
"""By a variable's id, the variable and what of it is kept."""


def prune_weights(kernels: tuple[Kernel, ...], share: float) -> Masks:
    """Set the `share` of smallest weights of each kernel to zero; return what is kept.

    Depthwise kernels stay: they hold few of a model's weights, and each of them is one
    of a handful that see a channel at all. Of equal weights the first ones go.
    """
    masks: Masks = {}
    for kernel in kernels:
        if kernel.depthwise:
            continue
        values = kernel.values
        order = np.argsort(np.abs(values), axis=None, kind="stable")
        kept = np.ones(values.size, np.bool_)
        kept[order[: int(share * values.size)]] = False
        _keep(masks, kernel.variable, kept.reshape(values.shape))
    return masks


def prune_channels(network: Any, share: float) -> Masks:
    """Set the `share` of weakest output channels of each layer to zero; return what is kept.

    A channel's weights, its bias and the scale and shift of a batch normalisation that
    follows become zero, so that the channel is zero for every input and the compiler
    removes it. Layers that a model output comes from keep all theirs, and so do
    depthwise ones, whose channels are those of the layer before. Raises
    `UnsupportedSource` for a model without layers, `UnfitData` where there are none to prune.
    """
    if network is None:
        raise UnsupportedSource(
            "channels are pruned in Keras and ONNX models, not in a SavedModel, which has no layers"
        )
    masks: Masks = {}
    following = _following(network)
    for layer in network.layers:
        kernel = _kernel(layer)
        if kernel is None or not _computed_on(layer, following):
            continue
        values = np.abs(kernel.numpy())
        strength = values.reshape(-1, values.shape[-1]).sum(axis=0, dtype=np.float64)
        weakest = np.argsort(strength, kind="stable")
        kept = np.ones(values.shape[-1], np.bool_)
        kept[weakest[: min(int(share * len(kept)), len(kept) - 1)]] = False
        variables = [kernel, *_per_channel(layer)]
        after = following.get(id(layer), [])
        if len(after) == 1 and type(after[0]).__name__ == "BatchNormalization":
            variables += _per_channel(after[0])
        for variable in variables:
            _keep(masks, variable, np.broadcast_to(kept, variable.shape))
    if not masks:
        raise UnfitData("the model has no layer whose output channels could be pruned")
    return masks


def joined(first: Masks, second: Masks) -> Masks:
    """Return what both keep."""
    both = first | second
    for key in first.keys() & second.keys():
        both[key] = (first[key][0], first[key][1] & second[key][1])
    return both


def hold(masks: Masks) -> None:
    """Set to zero again what is not kept, after a step of training."""
    for variable, kept in masks.values():
        variable.assign(np.where(kept, variable.numpy(), np.float32(0)))


def _keep(masks: Masks, variable: Any, kept: Mask) -> None:
    masks[id(variable)] = (variable, np.array(kept))
    variable.assign(np.where(kept, variable.numpy(), np.float32(0)))


def _kernel(layer: Any) -> Any | None:
    """Return the weights of a layer whose last axis is its output channels."""
    kind = type(layer).__name__
    return layer.kernel if kind in ("Conv1D", "Conv2D", "Dense") else None


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


def _computed_on(layer: Any, following: dict[int, list[Any]]) -> bool:
    """Tell whether all that a layer makes reaches weights before it reaches an output."""
    seen: set[int] = set()
    waiting = [layer]
    while waiting:
        after = following.get(id(waiting.pop()), [])
        if not after:
            return False
        for one in after:
            if id(one) not in seen and _kernel(one) is None:
                seen.add(id(one))
                waiting.append(one)
    return True
