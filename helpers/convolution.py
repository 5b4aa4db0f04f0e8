"""Convolution written out in NumPy: slow, short and readable, the reference for lesson 01.

What belongs here: sliding windows over signals and images, and the arithmetic of their sizes. Pooling
is in ``helpers.pooling``, the arithmetic of whole networks in ``helpers.receptive``. Like every deep
learning framework, the functions here compute the *cross-correlation* (the kernel is not flipped)
unless their name says ``convolve``.

Paddings, for a window of k elements (all checked against SciPy and TensorFlow in the tests):

- ``"valid"``: none; the window stays inside the input.
- ``"same"``: zeros so that the output has ceil(n / stride) elements. Where the number of zeros is odd,
  the extra one goes to the *end*, as in TensorFlow. (SciPy puts it at the start; this matters for even k.)
- ``"full"``: k − 1 zeros on both sides; every element meets every weight.
- a whole number p: p zeros on both sides.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Padding = str | int
Pair = int | tuple[int, int]


def positive(value: object, name: str) -> int:
    """The value as an int if it is a whole number of at least 1.

    Raises:
        TypeError: if it is no whole number (a bool is none).
        ValueError: if it is below 1.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name}: expected a whole number, found {value!r} ({type(value).__name__}).")
    if value < 1:
        raise ValueError(f"{name}: expected at least 1, found {value}.")
    return int(value)


def pair(value: Pair, name: str) -> tuple[int, int]:
    """Two positive whole numbers (for height and width) from one or from two.

    Raises:
        TypeError, ValueError: as :func:`positive`; ValueError also for another number of values.
    """
    both = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(both) != 2:
        raise ValueError(f"{name}: expected one number or two (height, width), found {value!r}.")
    return positive(both[0], name), positive(both[1], name)


def extent(k: int, dilation: int = 1) -> int:
    """How many input elements a window of k weights spans: dilation · (k − 1) + 1."""
    return positive(dilation, "dilation") * (positive(k, "k") - 1) + 1


def padding_amounts(n: int, k: int, padding: Padding = "valid", stride: int = 1, dilation: int = 1) -> tuple[int, int]:
    """Zeros (before, after) that a padding adds to an axis of n elements.

    Raises:
        ValueError: for a padding that is none of ``"valid"``, ``"same"``, ``"full"`` and 0, 1, 2, …
    """
    n, span, stride = positive(n, "n"), extent(k, dilation), positive(stride, "stride")
    if isinstance(padding, int | np.integer) and not isinstance(padding, bool) and padding >= 0:
        return int(padding), int(padding)
    if padding == "valid":
        return 0, 0
    if padding == "full":
        return span - 1, span - 1
    if padding == "same":
        zeros = max((-(-n // stride) - 1) * stride + span - n, 0)
        return zeros // 2, zeros - zeros // 2
    raise ValueError(f'padding: expected "valid", "same", "full" or a whole number of zeros, found {padding!r}.')


def output_size(n: int, k: int, *, padding: Padding = "valid", stride: int = 1, dilation: int = 1) -> int:
    """How many positions a window has along one axis: floor((n + zeros − span) / stride) + 1.

    Args:
        n: elements along the axis.
        k: weights of the window along the axis; with a dilation they span dilation · (k − 1) + 1 elements.
        padding: see the module's description.
        stride, dilation: whole numbers from 1.

    Raises:
        TypeError: for what is no whole number.
        ValueError: if the window is longer than the padded axis, or for an unknown padding.
    Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016 (arXiv 1603.07285),
    relationship 6; with a dilation, k is the span.

    >>> output_size(28, 3), output_size(28, 3, padding="same", stride=2), output_size(6, 3, stride=2)
    (26, 14, 2)
    """
    padded, span = n + sum(padding_amounts(n, k, padding, stride, dilation)), extent(k, dilation)
    if padded < span:
        raise ValueError(
            f"The window spans {span} elements but the padded axis has only {padded}. "
            "Use a smaller kernel or more padding."
        )
    return (padded - span) // positive(stride, "stride") + 1


def numbers(values: object, dimensions: int, name: str) -> np.ndarray:
    """The values as an array of floats with that many dimensions.

    Raises:
        TypeError: if they are no numbers.
        ValueError: if the number of dimensions differs or an axis is empty.
    """
    try:
        array = np.asarray(values)
        array = array if np.issubdtype(array.dtype, np.inexact) else array.astype(np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name}: expected numbers, found {type(values).__name__}.") from None
    if np.iscomplexobj(array):
        raise TypeError(f"{name}: expected real numbers, found complex ones.")
    if array.ndim != dimensions or array.size == 0:
        raise ValueError(
            f"{name}: expected {dimensions} non-empty dimension{'s' * (dimensions > 1)}, found shape {array.shape}."
        )
    return array


def windows(
    images: np.ndarray,
    size: Pair,
    strides: Pair = 1,
    padding: Padding = "valid",
    dilation: Pair = 1,
    fill: float = 0.0,
) -> np.ndarray:
    """Every position of a sliding window over a batch of images.

    Args:
        images: (N, H, W, C).
        size: height and width of the window.
        strides: step of the window, one number or (height, width).
        padding: see the module's description.
        dilation: distance between neighbouring elements of the window, one number or (height, width).
        fill: the value of the padding.

    Returns:
        (N, H', W', kh, kw, C) with H' and W' from :func:`output_size`; a read-only view where possible.

    Raises:
        TypeError: for values that are no real numbers, or sizes that are no whole numbers.
        ValueError: for another number of axes, an unknown padding, or a window longer than the padded input.
    """
    images = numbers(images, 4, "images")
    size, strides, dilation = pair(size, "size"), pair(strides, "strides"), pair(dilation, "dilation")
    axes = range(2)
    for a in axes:
        output_size(images.shape[a + 1], size[a], padding=padding, stride=strides[a], dilation=dilation[a])
    around = [padding_amounts(images.shape[a + 1], size[a], padding, strides[a], dilation[a]) for a in axes]
    padded = np.pad(images, [(0, 0), *around, (0, 0)], constant_values=fill)
    view = sliding_window_view(padded, [extent(size[a], dilation[a]) for a in axes], axis=(1, 2))
    view = view[:, :: strides[0], :: strides[1], :, :: dilation[0], :: dilation[1]]
    return np.moveaxis(view, 3, 5)


def correlate1d(
    signal: np.ndarray, kernel: np.ndarray, padding: Padding = "valid", stride: int = 1, dilation: int = 1
) -> np.ndarray:
    """Cross-correlation of a signal with a kernel.

    out[i] = Σ_j kernel[j] · signal[i · stride + j · dilation], after padding.

    Args:
        signal: (n,).
        kernel: (k,), used as it stands.
        padding: see the module's description.
        stride, dilation: whole numbers from 1.

    Returns:
        (output_size(n, k, …),).

    Raises:
        TypeError, ValueError: as :func:`windows`.

    >>> correlate1d([1, 3, 2, 0, 4, 1], [2, 1, -1])
    array([3., 8., 0., 3.])
    """
    signal, kernel = numbers(signal, 1, "signal"), numbers(kernel, 1, "kernel")
    output_size(len(signal), len(kernel), padding=padding, stride=stride, dilation=dilation)
    padded = np.pad(signal, padding_amounts(len(signal), len(kernel), padding, stride, dilation))
    view = sliding_window_view(padded, extent(len(kernel), dilation))[::stride, ::dilation]
    return view @ kernel


def convolve1d(
    signal: np.ndarray, kernel: np.ndarray, padding: Padding = "valid", stride: int = 1, dilation: int = 1
) -> np.ndarray:
    """True convolution: the cross-correlation with the kernel flipped. Arguments as in :func:`correlate1d`.

    >>> convolve1d([1, 3, 2, 0, 4, 1], [2, 1, -1])
    array([ 6., -1.,  6.,  6.])
    """
    return correlate1d(signal, numbers(kernel, 1, "kernel")[::-1], padding, stride, dilation)


def correlate2d(
    image: np.ndarray, kernel: np.ndarray, padding: Padding = "valid", strides: Pair = 1, dilation: Pair = 1
) -> np.ndarray:
    """Cross-correlation of one image of one channel with one kernel.

    Args:
        image: (H, W).
        kernel: (kh, kw), used as it stands.
        padding, strides, dilation: as for :func:`conv2d`.

    Returns:
        (H', W'), see :func:`output_size`.

    Raises:
        TypeError, ValueError: as :func:`windows`.
    """
    image, kernel = numbers(image, 2, "image"), numbers(kernel, 2, "kernel")
    return conv2d(image[None, :, :, None], kernel[:, :, None, None], None, strides, padding, dilation)[0, :, :, 0]


def conv2d(
    images: np.ndarray,
    kernels: np.ndarray,
    bias: np.ndarray | None = None,
    strides: Pair = 1,
    padding: Padding = "valid",
    dilation: Pair = 1,
    groups: int = 1,
) -> np.ndarray:
    """What a ``Conv2D`` layer computes, without its activation.

    Args:
        images: (N, H, W, C_in).
        kernels: (kh, kw, C_in / groups, C_out).
        bias: (C_out,) or None for zeros.
        strides: step of the window, one number or (height, width).
        padding: see the module's description; Keras knows ``"valid"`` and ``"same"``.
        dilation: distance between neighbouring weights. Here it goes with any stride; Keras refuses
            a stride and a dilation above 1 at once.
        groups: the channels are cut into so many parts; each part has its own C_out / groups filters.

    Returns:
        (N, H', W', C_out).

    Raises:
        TypeError: as :func:`windows`.
        ValueError: as :func:`windows`; if the groups do not divide channels and filters; if the kernels' depth or the
            bias does not fit.
    """
    images, kernels = numbers(images, 4, "images"), numbers(kernels, 4, "kernels")
    kh, kw, depth, filters = kernels.shape
    channels = images.shape[3]
    if channels % positive(groups, "groups") or filters % groups:
        raise ValueError(f"groups: {groups} must divide both the {channels} input channels and the {filters} filters.")
    if depth != channels // groups:
        raise ValueError(
            f"kernels: a filter must be as deep as its input. Expected (kh, kw, {channels // groups}, C_out) "
            f"for {channels} channels in {groups} group(s), found {kernels.shape}."
        )
    slid = windows(images, (kh, kw), strides, padding, dilation)
    parts = [
        np.einsum("nhwijc,ijco->nhwo", slid[..., g * depth : (g + 1) * depth], part)
        for g, part in enumerate(np.split(kernels, groups, axis=3))
    ]
    out = np.concatenate(parts, axis=3)
    if bias is None:
        return out
    bias = numbers(bias, 1, "bias")
    if bias.shape != (filters,):
        raise ValueError(f"bias: expected one number for each of the {filters} filters, found {bias.shape}.")
    return out + bias


def im2col(
    images: np.ndarray, size: Pair, strides: Pair = 1, padding: Padding = "valid", dilation: Pair = 1
) -> np.ndarray:
    """Every window flattened into one row, so that a convolution becomes one matrix product.

    ``im2col(images, (kh, kw)) @ kernels.reshape(-1, c_out)`` has one row per output pixel, one column
    per filter.

    Args:
        images: (N, H, W, C).
        size, strides, padding, dilation: as for :func:`windows`, which also says what it refuses.

    Returns:
        (N · H' · W', kh · kw · C), a copy: each pixel is written once for every window it is in.

    Source: Chellapilla, Puri and Simard, "High performance convolutional neural networks for document
    processing", 2006.
    """
    slid = windows(images, size, strides, padding, dilation)
    return slid.reshape(np.prod(slid.shape[:3]), -1)
