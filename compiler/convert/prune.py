"""Weights set to zero: the smallest of each layer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

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
        keep(masks, kernel.variable, kept.reshape(values.shape))
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


def keep(masks: Masks, variable: Any, kept: Mask) -> None:
    """Set to zero what is not kept, and note it."""
    masks[id(variable)] = (variable, np.array(kept))
    variable.assign(np.where(kept, variable.numpy(), np.float32(0)))
