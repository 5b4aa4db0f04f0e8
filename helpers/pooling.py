"""Max and average pooling written out in NumPy, the reference for lesson 01.

What belongs here: summaries of a sliding window without weights. The windows themselves and the sizes
of the results come from ``helpers.convolution``.
"""

import numpy as np

from helpers.convolution import Pair, numbers, windows


def max_pool(images: np.ndarray, size: Pair = 2, strides: Pair | None = None, padding: str = "valid") -> np.ndarray:
    """The largest value of every window, channel by channel.

    Args:
        images: (N, H, W, C).
        size: height and width of the window.
        strides: step of the window; the window's own size by default, as in Keras.
        padding: ``"valid"`` or ``"same"``. The padding never wins: it counts as minus infinity.

    Returns:
        (N, H', W', C).
    """
    slid = _pool_windows(numbers(images, 4, "images"), size, strides, padding, -np.inf)
    return slid.max(axis=(3, 4))


def average_pool(images: np.ndarray, size: Pair = 2, strides: Pair | None = None, padding: str = "valid") -> np.ndarray:
    """The mean of every window, channel by channel; arguments as in :func:`max_pool`.

    With ``"same"``, the mean is over the real pixels only, as in TensorFlow: the padding does not count.
    """
    images = numbers(images, 4, "images")
    total, count = (
        _pool_windows(values, size, strides, padding, 0).sum(axis=(3, 4)) for values in (images, np.ones_like(images))
    )
    return total / count


def _pool_windows(images: np.ndarray, size: Pair, strides: Pair | None, padding: str, fill: float) -> np.ndarray:
    if padding not in ("valid", "same"):
        raise ValueError(f'padding: pooling knows "valid" and "same", found {padding!r}.')
    return windows(images, size, size if strides is None else strides, padding, fill=fill)
