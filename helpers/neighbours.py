"""Nearest neighbours among pictures: which other picture looks most like this one? Introduced in lesson 04."""

import numpy as np


def features(pictures: np.ndarray, side: int = 8) -> np.ndarray:
    """A short description of each picture: side × side mean colours, with mean 0 and length 1 (all 0 for
    a picture of one value).

    Taking the mean away and scaling to length 1 makes the description blind to brightness and contrast. The
    scalar product of two descriptions is the correlation of the two small pictures, from −1 to 1.

    Args:
        pictures: (N, H, W, C), H and W multiples of ``side``.
        side: the small picture's height and width.

    Returns:
        (N, side · side · C) float32.

    Raises:
        ValueError: for another number of axes, or sides that ``side`` does not divide.
    """
    if pictures.ndim != 4 or pictures.shape[1] % side or pictures.shape[2] % side:
        raise ValueError(f"pictures: expected (N, H, W, C) with sides divisible by {side}, found {pictures.shape}.")
    n, height, width, channels = pictures.shape
    blocks = pictures.reshape(n, side, height // side, side, width // side, channels)
    flat = blocks.mean(axis=(2, 4), dtype=np.float32).reshape(n, -1)
    flat -= flat.mean(axis=1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)


def nearest(
    asked: np.ndarray, among: np.ndarray, *, skip_self: bool = False, block: int = 1000
) -> tuple[np.ndarray, np.ndarray]:
    """For each row of one array the most similar row of another, by scalar product.

    Works in blocks of rows, so that memory stays small: 10,000 × 50,000 descriptions of 192 values are
    2 · 10¹¹ operations, a few seconds on two cores.

    Args:
        asked: (N, D) float.
        among: (M, D) float.
        skip_self: leave out row i when row i is asked; for an array and itself.
        block: rows at a time.

    Returns:
        Positions (N,) in ``among``, and similarities (N,).

    Raises:
        ValueError: if the arrays have different numbers of columns, or with ``skip_self`` of rows.
    """
    if asked.ndim != 2 or among.ndim != 2 or asked.shape[1] != among.shape[1]:
        raise ValueError(f"Expected two arrays with as many columns, found {asked.shape} and {among.shape}.")
    if skip_self and len(asked) != len(among):
        raise ValueError("skip_self compares an array with itself; the two have different lengths.")
    positions, similarities = np.empty(len(asked), np.int64), np.empty(len(asked), np.float32)
    for first in range(0, len(asked), block):
        rows = slice(first, min(first + block, len(asked)))
        products = asked[rows] @ among.T
        if skip_self:
            own = np.arange(rows.start, rows.stop)
            products[own - first, own] = -np.inf
        positions[rows] = products.argmax(axis=1)
        similarities[rows] = np.take_along_axis(products, positions[rows, None], 1)[:, 0]
    return positions, similarities
