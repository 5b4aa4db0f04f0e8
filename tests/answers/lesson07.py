"""Answers to the exercises of lesson 07: right ones written differently, plausible wrong ones."""

import numpy as np

STEPS = ["new head", "freeze the base", "compile", "train the head", "unfreeze block 5", "compile again",
         "train both slowly"]  # fmt: skip


def corrected(values, factor):
    result, mean = [], 0
    for n, value in enumerate(values):
        mean += (1 - factor) * (value - mean)
        result.append(mean / (1 - factor ** (n + 1)))
    return np.array(result)


def weighted(values, factor):
    return [
        sum(factor ** (n - k) * values[k] for k in range(n + 1)) / sum(factor**k for k in range(n + 1))
        for n in range(len(values))
    ]


def uncorrected(values, factor):
    return [value * (1 - factor ** (n + 1)) for n, value in enumerate(corrected(values, factor))]


def started(values, factor):
    result = values[:1]
    for value in values[1:]:
        result.append(factor * result[-1] + (1 - factor) * value)
    return result


def by_loop(first, second):
    pairs = list(zip(first, second, strict=True))
    return [pairs.count((1, 0)), pairs.count((0, 1))]


RIGHT = [
    ("corrected", corrected),
    ("corrected", weighted),
    ("discordant", by_loop),
    ("discordant", lambda a, b: tuple(np.bincount(np.subtract(b, a) + 1, minlength=3)[[0, 2]])),
    ("order", STEPS),
    ("order", ("freeze the base", "new head", *STEPS[2:])),
]
WRONG = [
    ("corrected", uncorrected, "not divided"),
    ("corrected", started, "begins at the first value"),
    ("corrected", lambda values, factor: corrected(values, 1 - factor), "values differ"),
    ("corrected", lambda values, factor: corrected(values, factor)[-1], "expected shape"),
    ("corrected", lambda values, factor: "smooth", "expected numbers"),
    ("discordant", lambda a, b: by_loop(a, b)[::-1], "swapped"),
    ("discordant", lambda a, b: (sum(a), sum(b)), "all right answers"),
    ("discordant", lambda a, b: sum(x != y for x, y in zip(a, b, strict=True)), r"expected \(only_first"),
    ("discordant", lambda a, b: (0, 0), "not right"),
    ("discordant", lambda a, b: ("1", "2"), "expected a number"),
    ("order", [*STEPS[:4], "compile again", "unfreeze block 5", STEPS[6]], "counts from the next"),
    ("order", ["new head", "compile", "freeze the base", *STEPS[3:]], "fixes what is trained"),
    ("order", [*STEPS[:3], "unfreeze block 5", "train the head", *STEPS[5:]], "higher rate"),
    ("order", STEPS[:-1], "does not occur"),
    ("order", [*STEPS, "compile"], "found 8 entries"),
    ("order", "new head", "Expected a list"),
    ("order", 7, "Expected a list"),
]
