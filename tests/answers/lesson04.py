"""Answers to the exercises of lesson 04: right ones written differently, plausible wrong ones."""

import math

import numpy as np


def cost(side, kernel, channels, filters):
    return 6 * side**2 * kernel**2 * channels * filters


def rings_within(tolerance):
    def answer(losses, classes):
        near = [abs(loss - math.log(classes)) < tolerance for loss in losses]
        return next((i + 1 for i in range(1, len(near)) if near[i] and near[i - 1]), 0)

    return answer


rings = rings_within(0.02)


def rings_by_counting(losses, classes):
    count = 0
    for epoch, loss in enumerate(losses, start=1):
        count = count + 1 if abs(loss - np.log(classes)) < 0.02 else 0
        if count == 2:
            return np.int64(epoch)
    return 0


def rings_without_reset(losses, classes):
    near = [i + 1 for i, loss in enumerate(losses) if abs(loss - math.log(classes)) < 0.02]
    return near[1] if len(near) > 1 else 0


def covariance(rows):
    return rows.T @ rows / len(rows)


def principal(rows):
    values, vectors = np.linalg.eigh(covariance(rows))
    return vectors / np.sqrt(values)


def as_in_the_lesson(rows):
    values, vectors = np.linalg.eigh(covariance(rows))
    return vectors / np.sqrt(values + 5e-4)


def symmetric(rows):
    values, vectors = np.linalg.eigh(np.cov(rows.T))
    return vectors @ np.diag(values**-0.5) @ vectors.T


def triangular(rows):
    return np.linalg.inv(np.linalg.cholesky(covariance(rows))).T


def singular(rows):
    _, values, directions = np.linalg.svd(rows, full_matrices=False)
    return (directions.T / values * len(rows) ** 0.5).tolist()


def identity(k, channels, filters):
    kernel = np.zeros((k, k, channels, filters))
    for i in range(min(channels, filters)):
        kernel[k // 2, k // 2, i, i] = 1
    return kernel


def identity_by_eye(k, channels, filters):
    return np.pad(np.eye(channels, filters)[None, None], [(k // 2, k // 2)] * 2 + [(0, 0)] * 2)


RIGHT = [
    ("arithmetic", cost),
    ("arithmetic", lambda s, k, c, f: 3 * 2 * np.prod([s, s, k, k, c, f])),
    ("arithmetic", lambda s, k, c, f: float(sum(2 * k * k * c for _ in range(s * s * f)) * 3)),
    ("alarm", rings),
    ("alarm", rings_by_counting),
    ("whitening", principal),
    ("whitening", as_in_the_lesson),
    ("whitening", symmetric),
    ("whitening", triangular),
    ("whitening", singular),
    ("identity", identity),
    ("identity", identity_by_eye),
    ("identity", lambda *a: identity(*a).tolist()),
]
WRONG = [
    ("arithmetic", lambda *a: cost(*a) // 3, "forward pass alone"),
    ("arithmetic", lambda *a: cost(*a) // 2, "half of them"),
    ("arithmetic", lambda *a: cost(*a) // 6, "not right"),
    ("arithmetic", lambda s, k, c, f: cost(s - k + 1, k, c, f), r"arithmetic\(28, 3, 5, 32\)"),  # valid padding
    ("arithmetic", lambda s, k, c, f: 6 * s * s * (k * k * c + 1) * f, "not right"),  # with the bias
    ("arithmetic", lambda s, k, c, f: 6 * s * s * k * k * f, "not right"),  # one channel
    ("arithmetic", lambda s, k, c, f: cost(s, 3, c, f), r"arithmetic\(8, 5"),
    ("arithmetic", lambda *a: str(cost(*a)), "expected a number"),
    ("alarm", lambda losses, k: max(0, rings(losses, k) - 1), "count epochs from 1"),
    ("alarm", lambda losses, k: rings(losses, 10), "of 2 classes"),
    ("alarm", rings_without_reset, r"\[2\.3, 1\.9, 2\.3, 1\.8, 1\.7\]"),
    (
        "alarm",
        lambda losses, k: next((i + 1 for i, x in enumerate(losses) if abs(x - math.log(k)) < 0.02), 0),
        "second one",
    ),
    ("alarm", lambda losses, k: rings([x for x in losses if x > 0], k) or -1, "-1 is not"),
    (
        "alarm",
        lambda losses, k: next((i + 1 for i in range(1, len(losses)) if min(losses[i - 1 : i + 1]) > 2.2), 0),
        "of 2",
    ),
    ("alarm", rings_within(0.01), "is not the epoch"),
    ("alarm", rings_within(0.05), "is not the epoch"),
    ("alarm", lambda losses, k: "7", "expected a number"),
    ("alarm", lambda losses, k: True, "expected a number"),
    ("whitening", lambda rows: np.linalg.eigh(covariance(rows))[1], "variances are"),
    ("whitening", lambda rows: np.diag(1 / rows.std(axis=0)), "still correlated"),
    ("whitening", lambda rows: np.eye(rows.shape[1]), "still correlated"),
    ("whitening", lambda rows: np.linalg.inv(covariance(rows)), "still correlated"),
    (
        "whitening",
        lambda rows: np.linalg.eigh(covariance(rows))[1] / np.linalg.eigh(covariance(rows))[0],
        "variances are",
    ),
    ("whitening", lambda rows: rows @ principal(rows), r"expected shape \(2, 2\), got \(400, 2\)"),
    ("whitening", lambda rows: principal(rows).T, "correlated"),
    ("whitening", lambda rows: principal(rows) * np.nan, "not finite"),
    ("whitening", lambda rows: "white", "expected a matrix"),
    ("identity", lambda k, c, f: np.zeros((k, k, c, f)), "2 of 36 values differ"),
    ("identity", lambda k, c, f: np.eye(c, f)[None, None] * np.ones((k, k, 1, 1)), "differ"),
    ("identity", lambda k, c, f: np.roll(identity(k, c, f), 1, axis=0), "differ"),
    (
        "identity",
        lambda k, c, f: identity(k, f, c),
        r"identity\(5, 3, 4\): expected shape \(5, 5, 3, 4\), got \(5, 5, 4, 3\)",
    ),
    ("identity", lambda k, c, f: identity(3, c, f), r"identity\(5, 3, 4\)"),
    ("identity", lambda k, c, f: np.eye(c, f), "expected shape"),
    ("identity", lambda k, c, f: identity(k, c, f) + np.where(np.arange(f) >= c, 0.1, 0), r"identity\(5, 3, 4\)"),
    ("identity", lambda k, c, f: "one", "expected numbers"),
]
