"""Exercises of lesson 04: arithmetic of a convolution, an alarm, whitening, an identity kernel."""

import numpy as np

from helpers.exercises import Wrong, exercise, require, require_array, require_number, tried


@exercise(
    "How many values does the layer put out, and how many multiplications does each of them take?",
    "One output value: kernel · kernel · channels in multiplications and as many additions.",
    "With padding `same` the output has side · side · filters values. Training costs three forward passes.",
)
def arithmetic(answer):
    """A function (side, kernel, channels, filters) that returns the operations of a *training* step for one picture."""
    for side, kernel, channels, filters in ((28, 3, 5, 32), (16, 3, 32, 64), (8, 5, 7, 11), (4, 1, 10, 10)):
        forward = 2 * side * side * kernel * kernel * channels * filters
        call = f"arithmetic({side}, {kernel}, {channels}, {filters})"
        found = require_number(tried(answer(side, kernel, channels, filters)), call)
        require(
            found != 3 * forward // 2,
            f"{call}: a multiplication and an addition count as two operations; this is half of them.",
        )
        require(found != forward, f"{call}: {found:,.0f} is the forward pass alone. Two gradients cost as much each.")
        require(found == 3 * forward, f"{call} returned {found:,.0f}, which is not right.")
    return "2 operations for each weight at each place, and three passes of that size."


@exercise(
    "Walk through the epochs and keep count of how many in a row have been near ln K.",
    "np.log(classes) is ln K. An epoch in between that is not near it sets the count back to 0.",
)
def alarm(answer):
    """A function (losses, classes) → the epoch, from 1, of the second loss in a row within 0.02 of ln K, or 0."""
    cases = (
        ([1.94, 1.53, 1.53, 1.65, 1.89, 2.305, 2.3028, 2.3026], 10, 7),
        ([2.3, 1.9, 2.3, 1.8, 1.7], 10, 0),
        ([0.70, 0.69, 0.69], 2, 2),
        ([2.3, 2.3, 2.3], 4, 0),
        ([1.5, 1.39, 1.386], 4, 3),
        ([2.31, 2.0, 2.301, 2.302], 10, 4),
        ([2.3], 10, 0),
        ([2.27, 2.27, 2.335, 2.335], 10, 0),
        ([2.317, 2.289], 10, 2),
    )
    for losses, classes, expected in cases:
        shown = f"For the losses {losses} of {classes} classes"
        found = require_number(tried(answer(list(losses), classes)), shown)
        require(not (expected and found == expected - 1), f"{shown}: count epochs from 1, and wait for the second one.")
        require(found == expected, f"{shown}, {found:g} is not the epoch in which the alarm rings.")
    return "For every number of classes, and one bad epoch alone does not ring."


@exercise(
    "Which directions does the covariance matrix stretch, and by how much? Undo that.",
    "np.linalg.eigh(C) gives variances and directions: C = V · diag(values) · Vᵀ.",
    "V · diag(1 / √values) whitens; so does that times any rotation, for instance Vᵀ.",
)
def whitening(answer):
    """A function (rows) → a matrix W, such that the columns of rows @ W are uncorrelated and have variance 1."""
    draw = np.random.default_rng(4)
    for count, size in ((400, 2), (500, 5)):
        rows = draw.normal(size=(count, size)) @ (draw.normal(size=(size, size)) + 2 * np.eye(size))
        rows -= rows.mean(axis=0)
        matrix = tried(answer(rows.copy()))
        what = f"W for {count} rows of {size} values"
        try:
            matrix = np.asarray(matrix, dtype=float)
        except (TypeError, ValueError):
            raise Wrong(f"{what}: expected a matrix, got a {type(matrix).__name__}.") from None
        require(matrix.shape == (size, size), f"{what}: expected shape {(size, size)}, got {matrix.shape}.")
        white = rows @ matrix
        covariance = white.T @ white / count
        off = np.abs(covariance - np.diag(np.diagonal(covariance))).max()
        require(np.isfinite(off), f"{what} holds values that are not finite.")
        require(
            off < 0.02 * np.diagonal(covariance).max(),
            f"{what}: the columns of rows @ W are still correlated (covariances up to {off:.2g}).",
        )
        variances = np.diagonal(covariance)
        require(
            np.abs(variances - 1).max() < 0.02,
            f"{what}: uncorrelated, but the variances are {variances.round(2).tolist()} and not 1.",
        )
    return "There are many such matrices; rotating whitened data leaves it white."


@exercise(
    "What does a filter have to look like that copies one channel and nothing else?",
    "All zeros but a single 1: in the middle, kernel[k // 2, k // 2, i, i] for channel i and filter i.",
)
def identity(answer):
    """A function (k, channels, filters) → a kernel (k, k, channels, filters): filter i copies channel i, else 0."""
    for k, channels, filters in ((3, 2, 2), (5, 3, 4), (1, 4, 2), (3, 1, 6)):
        expected = np.zeros((k, k, channels, filters))
        for i in range(min(channels, filters)):
            expected[k // 2, k // 2, i, i] = 1
        require_array(tried(answer(k, channels, filters)), expected, f"identity({k}, {channels}, {filters})")
    return "Right: such a layer hands its channels on unchanged, until training makes something of it."
