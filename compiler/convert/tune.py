"""Fine-tuning of what pruning has left."""

from typing import Any

import keras
import numpy as np

from .accuracy import Aim
from .errors import UnsupportedSource
from .keras_model import packed
from .original import Array, Original
from .prune import Masks, hold
from .request import Task
from .samples import Samples

_RATE = 1e-4
_BATCH = 32


class _Hold(keras.callbacks.Callback):  # type: ignore[misc, unused-ignore]
    """Holds what is pruned at zero through training."""

    def __init__(self, masks: Masks) -> None:
        super().__init__()
        self._masks = masks

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        """Set it to zero again."""
        hold(self._masks)


def fine_tune(
    original: Original, samples: Samples, aim: Aim, masks: Masks, *, epochs: int, seed: int
) -> None:
    """Train the network in place on labelled samples; raises `UnsupportedSource`.

    Adam at a low rate; cross-entropy for classes, the mean squared error for all else.
    The order of samples follows from `seed`.
    """
    network = original.network
    if network is None:
        raise UnsupportedSource("a SavedModel cannot be fine-tuned; give the Keras model")
    if len(original.outputs) > 1:
        raise UnsupportedSource("a model of several outputs cannot be fine-tuned")
    keras.utils.set_random_seed(seed)
    network.trainable = True
    inputs = [
        port.converted(one) for port, one in zip(original.inputs, samples.inputs, strict=True)
    ]
    network.compile(keras.optimizers.Adam(_RATE), _loss(aim, original, samples))
    batch = min(_BATCH, original.batch)
    network.fit(
        packed(network, inputs),
        aim.truth.astype(np.float32) if aim.task is not Task.CLASSIFICATION else aim.truth,
        batch_size=batch,
        epochs=epochs,
        verbose=0,
        callbacks=[_Hold(masks)],
    )
    hold(masks)


def _loss(aim: Aim, original: Original, samples: Samples) -> Any:
    if aim.task is not Task.CLASSIFICATION:
        return "mean_squared_error"
    (made,) = original.predict([one[:_BATCH] for one in samples.inputs])
    if made.shape[-1] == 1:
        return keras.losses.BinaryCrossentropy(from_logits=not _probabilities(made))
    certain = _probabilities(made) and np.allclose(made.sum(axis=-1), 1, atol=1e-3)
    return keras.losses.SparseCategoricalCrossentropy(from_logits=not certain)


def _probabilities(made: Array) -> bool:
    return bool((made >= 0).all() and (made <= 1).all())
