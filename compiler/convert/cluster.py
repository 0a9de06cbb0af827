"""Weights of each layer reduced to a few values, by k-means."""

import numpy as np
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from .weights import Kernel, Weights

_SEED = 0


def cluster_weights(kernels: tuple[Kernel, ...], count: int) -> None:
    """Give each kernel at most `count` different weights; zeros stay zeros, and count as one."""
    for kernel in kernels:
        kernel.assign(clustered(kernel.values, count))


def clustered(values: Weights, count: int) -> Weights:
    """Return weights of which at most `count` differ; zeros stay zeros."""
    free = values[values != 0]
    centroids = count - (free.size < values.size)
    if len(np.unique(free)) <= centroids:
        return values
    # Linear first centroids keep the few large weights, and need no randomness.
    start = np.linspace(free.min(), free.max(), centroids, dtype=np.float64)[:, np.newaxis]
    with threadpool_limits(1):  # sums in one order, so that the same comes out
        means = KMeans(centroids, init=start, n_init=1, random_state=_SEED)
        labels = means.fit_predict(free.astype(np.float64)[:, np.newaxis])
    result = values.copy()
    result[values != 0] = means.cluster_centers_[labels, 0].astype(np.float32)
    return result
