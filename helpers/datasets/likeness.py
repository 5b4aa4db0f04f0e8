"""Perceptual hashes: which picture is this, whatever its size, quality or number? Introduced in lesson 05.

A difference hash keeps of a picture only where it gets brighter: shrink it to a few grey values, and note for
each neighbouring pair which of the two is brighter. Another size or another JPEG quality changes a few
bits; another picture changes about half of them. It cannot be turned back into a picture.
"""

import numpy as np
from PIL import Image

SIDE = 8
BITS = 2 * SIDE * SIDE
#: Bits in which two copies of the same photograph may differ. Different photographs of the set differ in 17 or more.
SAME = 10


def difference_hash(picture: Image.Image) -> np.ndarray:
    """The difference hash of a picture: 64 comparisons from left to right and 64 from top to bottom.

    Args:
        picture: of any size and mode; its proportions are ignored.

    Returns:
        uint8 (16,): 128 bits.
    Source: N. Krawetz, "Kind of like that", 2013, for the left-to-right half.
    """
    grey = picture.convert("L")
    across = np.asarray(grey.resize((SIDE + 1, SIDE), Image.Resampling.BOX), np.int16)
    down = np.asarray(grey.resize((SIDE, SIDE + 1), Image.Resampling.BOX), np.int16)
    brighter = [across[:, 1:] > across[:, :-1], down[1:] > down[:-1]]
    return np.packbits(np.concatenate([part.ravel() for part in brighter]))


def distances(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Hamming distance: in how many bits each hash differs from each of some others.

    Args:
        some: (N, 16) uint8.
        others: (M, 16) uint8.

    Returns:
        (N, M) int16, from 0 to 128.

    Raises:
        ValueError: unless both are uint8 with 16 columns.
    """
    for name, hashes in (("some", some), ("others", others)):
        if hashes.ndim != 2 or hashes.shape[1] != BITS // 8 or hashes.dtype != np.uint8:
            raise ValueError(f"{name}: expected uint8 (N, {BITS // 8}), found {hashes.dtype} {hashes.shape}.")
    signs, other_signs = (2 * np.unpackbits(h, axis=1).astype(np.float32) - 1 for h in (some, others))
    return ((BITS - signs @ other_signs.T) / 2).astype(np.int16)


def assigned(wanted: np.ndarray, found: np.ndarray, most: int = SAME) -> np.ndarray:
    """Which of the pictures found is which of those wanted: closest pairs first, each picture once.

    Args:
        wanted: (N, 16) hashes.
        found: (M, 16) hashes.
        most: bits in which a pair may differ.

    Returns:
        (N,) positions among ``found``; -1 where a picture is not there.
    """
    places = np.full(len(wanted), -1)
    if not len(wanted) or not len(found):
        return places
    far = distances(wanted, found)
    rows, columns = np.nonzero(far <= most)
    order = np.lexsort((columns, rows, far[rows, columns]))
    taken = np.zeros(len(found), bool)
    for row, column in zip(rows[order], columns[order], strict=True):
        if places[row] < 0 and not taken[column]:
            places[row], taken[column] = column, True
    return places


def twins(hashes: np.ndarray, most: int = SAME) -> list[tuple[int, int]]:
    """Near-duplicates: pairs of positions in uint8 hashes (N, 16) of one and the same photograph, lower first."""
    rows, columns = np.nonzero(np.triu(distances(hashes, hashes) <= most, 1))
    return list(zip(rows.tolist(), columns.tolist(), strict=True))
