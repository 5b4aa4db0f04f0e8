"""The sanity check of heat maps: a map that explains what was learnt must change when the weights are lost.

Source: Adebayo and others, "Sanity checks for saliency maps", 2018 (arXiv 1810.03292); here weights are shuffled, not
drawn anew.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from scipy.stats import rankdata

from helpers.backend import keras
from helpers.explain.layers import leaves


def weighted(model: keras.Model) -> list[str]:
    """Names of the layers with weights, from the answer down to the pixels."""
    return [layer.name for layer in leaves(model) if layer.weights][::-1]


@contextmanager
def random_weights(model: keras.Model, names: Sequence[str] | None = None, *, seed: int = 0) -> Iterator[None]:
    """While the block lasts, the named layers (all by default) have weights as if they had never been trained.

    Each array of weights is shuffled within itself: its size and spread stay, what it had learnt is gone. (New
    random numbers of another size would let later layers run empty or over, which is another experiment.)

    Args:
        model: any that :func:`weighted` finds layers in.
        names: layers, from :func:`weighted`; all of those by default.
        seed: of the shuffling.

    Raises:
        ValueError: for a name without weights, or a model without any.
    """
    known = weighted(model)
    if not known:
        raise ValueError(
            f"The model {model.name!r} has no layer with weights, expected at least one; a model of your own has its "
            "layers only after it was called once."
        )
    chosen = known if names is None else list(names)
    if unknown := set(chosen) - set(known):
        raise ValueError(f"No layer with weights is named {', '.join(sorted(unknown))}. There are: {', '.join(known)}.")
    draw = np.random.default_rng(seed)
    layers = [layer for layer in leaves(model) if layer.name in chosen and layer.weights]
    before = [layer.get_weights() for layer in layers]
    try:
        for layer, weights in zip(layers, before, strict=True):
            layer.set_weights([draw.permutation(w.ravel()).reshape(w.shape) for w in weights])
        yield
    finally:
        for layer, weights in zip(layers, before, strict=True):
            layer.set_weights(weights)


def rank_correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Spearman's correlation of each pair of maps: 1 if both order all places alike, near 0 for unrelated ones.

    Args:
        first, second: (N, H, W).

    Returns:
        (N,); 0 where a map is the same everywhere.

    Raises:
        ValueError: unless both are (N, H, W) of one shape.
    Source: Spearman, "The proof and measurement of association between two things", 1904.
    """
    first, second = np.asarray(first, float), np.asarray(second, float)
    if first.ndim != 3 or first.shape != second.shape:
        raise ValueError(f"Expected two arrays (N, H, W) of one shape, found {first.shape} and {second.shape}.")
    ranks = [np.array([rankdata(one) for one in maps.reshape(len(maps), -1)]) for maps in (first, second)]
    a, b = (r - r.mean(axis=1, keepdims=True) for r in ranks)
    scale = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return np.divide((a * b).sum(axis=1), scale, out=np.zeros(len(a)), where=scale > 0)
