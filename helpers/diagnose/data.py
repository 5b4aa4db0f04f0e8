"""Checks of the data: what a network is fed. None of them needs a network."""

import numpy as np

from helpers import neighbours
from helpers.diagnose.finding import Finding


def input_contract(
    x: object,
    y: object,
    *,
    shape: tuple[int, int, int],
    classes: int,
    low: float = 0.0,
    high: float = 1.0,
    channel_means: tuple[float, ...] | None = None,
) -> Finding:
    """Are pictures and labels what the network was made for?

    Looks at shape and order of the axes, type, NaN and infinity, range, order of the colours (if the
    means are given), and at the labels: type, shape, range and number.

    Args:
        x: pictures, expected ``(N, *shape)``, of a float type.
        y: labels, expected whole numbers 0 to ``classes`` − 1, shape (N,) or (N, 1).
        shape: height, width and channels of one picture.
        classes: how many classes there are.
        low, high: the range of pixel values that the network was made for.
        channel_means: mean of each channel over the training pictures; turns on the check of the colour order.

    Returns:
        A finding that lists every violation at once.
    """
    x, y = np.asarray(x), np.asarray(y)
    faults = _faults_of_pictures(x, tuple(shape), low, high, channel_means) + _faults_of_labels(y, len(x), classes)
    if faults:
        return Finding("input contract", False, " ".join(faults), faults=len(faults))
    return Finding(
        "input contract",
        True,
        f"{len(x)} pictures of shape {tuple(shape)}, {x.dtype}, {x.min():.2f} to {x.max():.2f}, finite; "
        f"labels from {y.min()} to {y.max()}.",
        faults=0,
    )


def _faults_of_pictures(x: np.ndarray, shape: tuple, low: float, high: float, means: tuple | None) -> list[str]:
    if x.shape[1:] != shape:
        hint = "Reshape or resize them."
        if x.shape == shape:
            hint = "This is one picture without a batch axis: use x[np.newaxis]."
        elif x.ndim == 4 and (x.shape[2], x.shape[3], x.shape[1]) == shape:
            hint = "The channels come first: use x.transpose(0, 2, 3, 1)."
        elif x.shape[1:] == shape[:2]:
            hint = "The channel axis is missing: use x[..., np.newaxis]."
        return [f"Pictures: expected shape (N, {', '.join(map(str, shape))}), found {x.shape}. {hint}"]
    if not len(x):
        return ["Pictures: there are none."]
    faults = []
    if not np.issubdtype(x.dtype, np.floating):
        faults.append(f"Pictures: expected a float type, found {x.dtype}. Convert and scale them.")
    finite = np.isfinite(x)
    if not finite.all():
        bad = np.flatnonzero(~finite.all(axis=(1, 2, 3)))
        return [*faults, f"Pictures: NaN or infinity in {len(bad)} of {len(x)}, the first is number {bad[0]}."]
    smallest, largest = float(x.min()), float(x.max())
    if smallest < low or largest > high:
        hint = "Divide by 255." if smallest >= 0 and 1.5 < largest <= 255 and high <= 1 else "Scale them."
        faults.append(f"Pictures: expected values from {low:g} to {high:g}, found {smallest:g} to {largest:g}. {hint}")
    elif largest - low < 0.05 * (high - low):
        faults.append(f"Pictures: nearly black, the largest value is {largest:g} of {high:g}. Scaled twice?")
    elif means is not None:
        found = x.mean(axis=(0, 1, 2), dtype=np.float64)  # float32 adds to 16,777,216 and no further
        off, swapped = np.abs(found - means).max(), np.abs(found[::-1] - means).max()
        if swapped < off:
            faults.append(
                f"Pictures: the channel means are {found.round(3).tolist()}, in the order of BGR rather than RGB "
                f"({list(means)}). Use x[..., ::-1]."
            )
    return faults


def _faults_of_labels(y: np.ndarray, count: int, classes: int) -> list[str]:
    if y.shape == (count, classes) and classes > 1:
        return [f"Labels: one-hot rows of shape {y.shape}, expected whole numbers. Use y.argmax(1)."]
    if y.shape not in ((count,), (count, 1)):
        return [f"Labels: expected one for each of {count} pictures, shape ({count},), found shape {y.shape}."]
    if not np.issubdtype(y.dtype, np.integer):
        return [f"Labels: expected whole numbers, found {y.dtype}. Use y.astype('int64')."]
    if count and (y.min() < 0 or y.max() >= classes):
        wrong = np.flatnonzero((y.ravel() < 0) | (y.ravel() >= classes))
        return [
            f"Labels: expected 0 to {classes - 1}, found {y.min()} to {y.max()}; {len(wrong)} lie outside, the first "
            f"is number {wrong[0]}. Count classes from 0."
        ]
    return []


def labels_match(x: np.ndarray, y: np.ndarray) -> Finding:
    """Do the labels belong to the pictures? Asked without training: does the most similar other picture agree?

    Alike pictures often show the same kind of thing, so neighbours share a label more often than by chance. Where
    pictures and labels have come out of step, for instance because one of them was shuffled alone, they do not.

    Args:
        x: (N, H, W, C) pictures in any range, H and W at least 8, N at least 200 for a clear answer. Where 8 does not
            divide a side, what is left over at the right or lower edge is not looked at.
        y: (N,) or (N, 1) class numbers from 0.

    Returns:
        A finding; ``values["agree"]`` and ``values["chance"]`` are shares from 0 to 1.

    Raises:
        ValueError: if pictures and labels are not equally many, or the pictures are smaller than 8 × 8.
    """
    y = np.asarray(y).reshape(-1)
    if len(x) != len(y):
        raise ValueError(f"x and y must be equally many, found {len(x)} and {len(y)}.")
    if np.ndim(x) != 4 or min(x.shape[1:3]) < 8:
        raise ValueError(f"x: expected pictures (N, H, W, C) of at least 8 × 8 pixels, found {np.shape(x)}.")
    height, width = (side - side % 8 for side in x.shape[1:3])
    features = neighbours.features(x[:, :height, :width])
    nearest, _ = neighbours.nearest(features, features, skip_self=True)
    agree = float((y[nearest] == y).mean())
    shares = np.bincount(y) / len(y)
    chance = float((shares**2).sum())
    limit = chance + 4 * (chance * (1 - chance) / len(y)) ** 0.5  # four standard deviations of chance
    said = f"the most similar other picture has the same label in {agree:.1%} of {len(y)} cases; by chance {chance:.1%}"
    if agree > limit:
        return Finding("labels match", True, said + ".", agree=agree, chance=chance)
    return Finding(
        "labels match",
        False,
        f"{said}, expected more than {limit:.1%}. The labels do not belong to these pictures: look at a few, "
        "and for the line that shuffles or selects one of the two alone.",
        agree=agree,
        chance=chance,
    )
