"""Answers to the exercises of lesson 03: right ones written differently, plausible wrong ones."""

import numpy as np


def counted(side, f1, f2, units):
    flat = (side // 4) ** 2 * f2
    return 10 * f1 + (9 * f1 + 1) * f2 + (flat + 1) * units + (units + 1) * 10


def counted_by_shapes(side, f1, f2, units):
    flat = (side // 2 // 2) * (side // 2 // 2) * f2
    kernels = [(3, 3, 1, f1), (3, 3, f1, f2), (flat, units), (units, 10)]
    return np.sum([np.prod(shape) + shape[-1] for shape in kernels])


def stopping(losses, patience):
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        elif epoch - best >= patience:
            return epoch + 1, best + 1
    return len(losses), best + 1


def stopping_by_counting(losses, patience):
    lowest, best, waited = float("inf"), 0, 0
    for run, loss in enumerate(losses, start=1):
        waited += 1
        if loss < lowest:
            lowest, best, waited = loss, run, 0
        if waited == patience:
            break
    return [run, best]


def stops_at_rise(losses, patience):
    """Compares with the epoch before instead of with the best one."""
    waited, best = 0, int(np.argmin(losses)) + 1
    for run in range(1, len(losses)):
        waited = waited + 1 if losses[run] >= losses[run - 1] else 0
        if waited == patience:
            return run + 1, best
    return len(losses), best


def equal_is_better(losses, patience):
    best = 0
    for epoch, loss in enumerate(losses):
        if loss <= losses[best]:
            best = epoch
        elif epoch - best >= patience:
            return epoch + 1, best + 1
    return len(losses), best + 1


def rates(counts):
    right = np.diagonal(counts)
    return right / counts.sum(axis=1), right / np.maximum(counts.sum(axis=0), 1)


def rates_in_python(counts):
    k = range(len(counts))
    recalls = [counts[i][i] / sum(counts[i]) for i in k]
    columns = [sum(row[i] for row in counts) for i in k]
    return [recalls, [counts[i][i] / columns[i] if columns[i] else 0 for i in k]]


def smoothed(labels, classes, s):
    return np.eye(classes)[labels] * (1 - s) + s / classes


def smoothed_by_filling(labels, classes, s):
    rows = np.full((len(labels), classes), s / classes)
    rows[np.arange(len(labels)), labels] += 1 - s
    return rows.tolist()


RIGHT = [
    ("parameters", counted),
    ("parameters", counted_by_shapes),
    ("parameters", lambda *a: float(counted(*a))),
    ("stopping", stopping),
    ("stopping", stopping_by_counting),
    ("stopping", lambda *a: np.array(stopping(*a))),
    ("rates", rates),
    ("rates", rates_in_python),
    ("smoothing", smoothed),
    ("smoothing", smoothed_by_filling),
    ("smoothing", lambda *a: smoothed(*a).astype("float64")),
]
WRONG = [
    ("parameters", lambda s, f, g, u: counted(s, f, g, u) - f - g - u - 10, "without the biases"),
    ("parameters", lambda s, f, g, u: 10 * f + 10 * g + ((s // 4) ** 2 * g + 1) * u + (u + 1) * 10, "not right"),
    ("parameters", lambda s, f, g, u: 10 * f + (9 * f + 1) * g + (s * s * g + 1) * u + (u + 1) * 10, "not right"),
    (
        "parameters",
        lambda s, f, g, u: 10 * f + (9 * f + 1) * g + ((s / 4) ** 2 * g + 1) * u + (u + 1) * 10,
        r"parameters\(30",
    ),
    ("parameters", lambda s, f, g, u: 10 * f + (9 * f + 1) * g, "18,496"),
    ("parameters", lambda s, f, g, u: 333_526, r"parameters\(32"),
    ("parameters", lambda s, f, g, u: counted(s, f, g, u) + 1, "not right"),
    ("parameters", lambda s, f, g, u: str(counted(s, f, g, u)), "expected a number"),
    ("stopping", lambda *a: tuple(n - 1 for n in stopping(*a)), "from 1, not from 0"),
    (
        "stopping",
        lambda losses, p: (stopping(losses, p)[0], int(np.argmin(losses)) + 1),
        "best epoch before the stop is not 5",
    ),
    ("stopping", lambda losses, p: (len(losses), stopping(losses, p)[1]), "does not stop after 5 epochs"),
    ("stopping", lambda losses, p: (stopping(losses, p + 1)[0], stopping(losses, p)[1]), "does not stop"),
    ("stopping", lambda *a: stopping(*a)[::-1], "best epoch"),
    ("stopping", stops_at_rise, "best epoch"),
    ("stopping", equal_is_better, r"\[0\.5, 0\.5, 0\.5\]"),
    ("stopping", lambda *a: stopping(*a)[0], "Expected a pair"),
    ("stopping", lambda *a: (*stopping(*a), 0), "Expected a pair"),
    ("stopping", lambda *a: tuple(map(str, stopping(*a))), "expected a number"),
    ("stopping", lambda *a: tuple(n + 0.4 for n in stopping(*a)), r"best epoch before the stop is not 2\.4"),
    ("stopping", lambda *a: np.array(stopping(*a)[0]), "Expected a pair"),
    ("rates", lambda c: rates(c)[::-1], "recalls first"),
    ("rates", lambda c: (np.diagonal(c) / c.sum(1), np.diagonal(c) / c.sum(0)), "precisions: 1 of 3 values differ"),
    ("rates", lambda c: (rates(c)[0], rates(c)[0]), "precisions"),
    ("rates", lambda c: (np.diagonal(c) / c.sum(), rates(c)[1]), "recalls: 3 of 3"),
    ("rates", lambda c: (c / c.sum(1, keepdims=True), rates(c)[1]), r"expected shape \(3,\), got \(3, 3\)"),
    ("rates", lambda c: tuple(100 * r for r in rates(c)), "recalls"),
    ("rates", lambda c: tuple(r.mean() for r in rates(c)), r"expected shape \(3,\), got \(\)"),
    ("rates", lambda c: rates(c)[0], "Expected a pair"),
    ("rates", lambda c: ("high", "low"), "expected numbers"),
    ("smoothing", lambda y, k, s: np.eye(k)[y], "differ"),
    (
        "smoothing",
        lambda y, k, s: np.eye(k)[y] * (1 - s) + s / (k - 1) * (1 - np.eye(k)[y]),
        r"differ, the first at index \(0, 0\)",
    ),
    ("smoothing", lambda y, k, s: np.eye(k)[y] * (1 - s) + s, r"s = 0\.1"),
    ("smoothing", lambda y, k, s: smoothed(y, k, 0.1), r"s = 0\.2"),
    ("smoothing", lambda y, k, s: smoothed(y, max(y) + 1, s), r"expected shape \(1, 10\), got \(1, 4\)"),
    ("smoothing", lambda y, k, s: smoothed(y, k, s).T, r"expected shape \(2, 3\), got \(3, 2\)"),
    ("smoothing", lambda y, k, s: np.eye(k)[y[0]], "expected shape"),
    ("smoothing", lambda y, k, s: "smooth", "expected numbers"),
]
