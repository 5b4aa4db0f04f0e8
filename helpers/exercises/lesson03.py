"""Exercises of lesson 03: counting parameters, early stopping, rates from a confusion matrix, smoothed labels."""

import numpy as np

from helpers.exercises import Wrong, exercise, require, require_array, require_number, require_pair, tried


@exercise(
    "Go layer by layer. Which layers have parameters at all?",
    "A 3 × 3 convolution: (9 · channels in + 1) · filters. Dense: (inputs + 1) · units.",
    "Two poolings halve the side twice, dropping a remainder each time; then side · side · f2 values are flattened.",
)
def parameters(answer):
    """A function (side, f1, f2, units) that returns the number of parameters, an int."""
    for side, f1, f2, units in ((28, 32, 64, 100), (32, 8, 16, 50), (30, 4, 6, 7)):
        flat = (side // 2 // 2) ** 2 * f2
        expected = 10 * f1 + (9 * f1 + 1) * f2 + (flat + 1) * units + (units + 1) * 10
        call = f"parameters({side}, {f1}, {f2}, {units})"
        found = require_number(tried(answer(side, f1, f2, units)), call)
        require(
            found != expected - f1 - f2 - units - 10,
            f"{call}: {found:,.0f} is the number of weights without the biases.",
        )
        require(
            found == expected,
            f"{call} returned {found:,.0f}, which is not right. Compare with the published network: "
            "320, 18,496, 313,700 and 1,010 for side 28, 32 and 64 filters, 100 units.",
        )
    return "Also for a side that two poolings do not divide evenly."


@exercise(
    "Keep two things while you walk through the list: the best loss so far, and in which epoch it came.",
    "The training stops in the first epoch that lies `patience` epochs after the best one without improving on it.",
)
def stopping(answer):
    """A function (losses, patience) that returns (epochs run, best epoch), both counted from 1."""
    cases = (
        ([0.5, 0.4, 0.45, 0.42, 0.3], 2, (4, 2)),
        ([0.5, 0.4, 0.45, 0.39, 0.41, 0.42, 0.2], 2, (6, 4)),
        ([0.5, 0.4, 0.3], 2, (3, 3)),
        ([0.5, 0.5, 0.5], 1, (2, 1)),
        ([0.9, 0.8, 0.85, 0.86, 0.87, 0.1], 3, (5, 2)),
    )
    for losses, patience, expected in cases:
        found = tried(answer(list(losses), patience))
        pair = require_pair(found, "(epochs run, best epoch)")
        run, best = (require_number(part, "each of the two") for part in pair)
        shown = f"For the losses {losses} and patience {patience}"
        require((run, best) != (expected[0] - 1, expected[1] - 1), f"{shown}: count epochs from 1, not from 0.")
        require(best == expected[1], f"{shown}, the best epoch before the stop is not {best:g}.")
        require(run == expected[0], f"{shown}, the training does not stop after {run:g} epochs.")
    return "An equal loss is no improvement, and a later, better epoch that was never run does not count."


@exercise(
    "The diagonal holds what is right. What do you divide it by: row sums or column sums?",
    "A row holds all pictures of a class: its sum is the divisor of recall. A column holds all answers: precision.",
    "Guard the division: where a column sums to 0, take 0.",
)
def rates(answer):
    """A function (counts) that returns (recalls, precisions), two arrays of length K."""
    cases = (np.array([[8, 2, 0], [1, 6, 3], [0, 0, 5]]), np.array([[3, 0, 1], [2, 0, 2], [0, 0, 4]]))
    for counts in cases:
        right, rows, columns = np.diagonal(counts), counts.sum(axis=1), counts.sum(axis=0)
        found = tried(answer(counts.copy()))
        found = require_pair(found, "(recalls, precisions)")
        recalls, precisions = right / rows, right / np.maximum(columns, 1)
        swapped = _same(found[0], precisions) and _same(found[1], recalls)
        require(not swapped, "These are both there, but in the other order: recalls first.")
        require_array(found[0], recalls, "recalls")
        require_array(found[1], precisions, "precisions")
    return "Also for a class that was never answered."


def _same(found, expected) -> bool:
    try:
        require_array(found, expected, "")
    except Wrong:
        return False
    return True


@exercise(
    "First the plain one-hot rows, then mix them with the same small number everywhere.",
    "one_hot · (1 − s) + s / K; np.eye(K)[labels] makes the one-hot rows.",
)
def smoothing(answer):
    """A function (labels, classes, s) that returns an array (number of labels, classes)."""
    for labels, classes, s in (([0, 2], 3, 0.1), ([1, 1, 4, 0], 5, 0.2), ([3], 10, 0.0)):
        labels = np.array(labels)
        found = tried(answer(labels, classes, s))
        what = f"labels {labels.tolist()}, {classes} classes, s = {s}"
        require_array(found, np.eye(classes)[labels] * (1 - s) + s / classes, what)
    return "Each row still sums to 1."
