"""The exercise checks of lesson 01: wrong answers are refused with a helpful message, right ones are not."""

import numpy as np
import pytest
import scipy.signal

from helpers.exercises import lesson01 as exercises


def _mutating(signal, kernel):
    kernel.reverse()
    return np.convolve(signal, kernel, "valid")


def _jump_loop(layers):
    field, jump = 1, 1
    for k, s in layers:
        field, jump = field + (k - 1) * jump, jump * s
    return field


def _backwards(layers):  # the other textbook way: from the output to the input
    size = 1
    for k, s in reversed(layers):
        size = (size - 1) * s + k
    return size


RIGHT = {
    "output_size": [
        lambda n, k, p, s: (n + 2 * p - k) // s + 1,
        lambda n, k, p, s: int(np.floor((n - k + 2 * p) / s + 1)),
        lambda n, k, p, s: len(range(0, n + 2 * p - k + 1, s)),
        lambda n, k, p, s: np.int64((n + 2 * p - k + s) // s),
        lambda n, k, p, s: np.array((n + 2 * p - k) // s + 1),
    ],
    "cross_correlation": [
        lambda x, w: [sum(x[i + j] * w[j] for j in range(len(w))) for i in range(len(x) - len(w) + 1)],
        lambda x, w: np.correlate(x, w, "valid"),
        lambda x, w: np.convolve(x, w[::-1], "valid"),
        lambda x, w: scipy.signal.correlate(x, w, "valid").tolist(),
        lambda x, w: tuple(np.dot(x[i : i + len(w)], w) for i in range(len(x) - len(w) + 1)),
    ],
    "vertical_edges": [
        [[-1, 0, 1]] * 3,
        [[1, 0, -1], [2, 0, -2], [1, 0, -1]],
        np.array([[-1.0, 1.0]]),
        [[0, 0, 0], [-0.5, 0, 0.5], [0, 0, 0]],
        ((-3, 0, 3), (-10, 0, 10), (-3, 0, 3)),
        [[-1, -1, 0, 1, 1]] * 5,
        [[-1, 2, -1]] * 3,
    ],
    "parameters": [
        lambda k, i, o, g: (k * k * i // g + 1) * o,
        lambda k, i, o, g: g * (k**2 * (i // g) * (o // g) + o // g),
        lambda k, i, o, g: k * k * i * o / g + o,
    ],
    "receptive_field": [_jump_loop, _backwards],
}

WRONG = {
    "output_size": [
        (lambda n, k, p, s: (n + 2 * p - k) / s + 1, "whole number"),
        (lambda n, k, p, s: -(-(n + 2 * p - k) // s) + 1, "hang over the end"),
        (lambda n, k, p, s: round((n + 2 * p - k) / s) + 1, "hang over|do not fit"),
        (lambda n, k, p, s: (n + 2 * p - k) // s, "do not fit"),
        (lambda n, k, p, s: (n + p - k) // s + 1, "p=1"),
        (lambda n, k, p, s: (n + 2 * p - k + 1) // s, "returned"),
        (lambda n, k, p, s: n - k + 1, "p=1"),
        (lambda n, k, p, s: "26", "expected a number"),
        (lambda n, k, p, s: True, "expected a number"),
        (lambda n, k, p, s: float("nan"), "whole number"),
        (lambda n: n, "raised TypeError"),
        (26, "Expected a function"),
    ],
    "cross_correlation": [
        (lambda x, w: np.convolve(x, w, "valid"), "flipped"),
        (lambda x, w: np.correlate(x, w, "same"), "expected shape"),
        (lambda x, w: np.correlate(x, w, "full"), "expected shape"),
        (lambda x, w: [x[i] * w[0] for i in range(len(x) - len(w) + 1)], "values differ"),
        (
            lambda x, w: [sum(x[i + j] * w[j] for j in range(len(w))) for i in range(len(x) - len(w))],
            "expected shape",
        ),
        (lambda x, w: sum(np.correlate(x, w, "valid")), "expected shape"),
        (_mutating, "changed the lists"),
        (lambda x, w: "no", "expected numbers"),
        (lambda x, w: x[10], "raised IndexError"),
        ([3, 8, 0, 3], "Expected a function"),
    ],
    "vertical_edges": [
        ([[-1, -1, -1], [0, 0, 0], [1, 1, 1]], "does not see it"),
        ([[1, 1, 1]] * 3, "flat white image"),
        ([[0, 0, 0], [0, 1, 0], [0, 0, 0]], "flat white image"),
        ([[0, -1, 0], [-1, 4, -1], [0, -1, 0]], "should be 0"),
        ([[0, 1, 1], [-1, 0, 1], [-1, -1, 0]], "should be 0"),
        ([[-1.2, 0.8], [-0.8, 1.2]], "should be 0"),
        ([[0, 0, 0]] * 3, "does not see it"),
        ([[-1, 1], [1, -1]], "does not see it"),
        ([[-1, 0, 2]] * 3, "flat white image"),
        ([-1, 0, 1], "rows and columns"),
        ([[-1, 0, 1], [1]], "equal length"),
        ([["a", "b"]], "numbers"),
        ([[np.nan, 0, 1]], "finite"),
        (3, "rows and columns"),
        (np.zeros((3, 3, 1)), "rows and columns"),
        ([[-1.0] * 5 + [1.0] * 5], "Keep it small"),
    ],
    "parameters": [
        (lambda k, i, o, g: k * k * i // g * o, "biases are missing"),
        (lambda k, i, o, g: k * k * i // g * o + 1, "every filter has a bias"),
        (lambda k, i, o, g: (k * k * i + 1) * o, "right for one group"),
        (lambda k, i, o, g: (k * k * i // g + 1) * o // g, "share the filters"),
        (lambda k, i, o, g: (k * i // g + 1) * o, "Count the weights"),
        (lambda k, i, o, g: (k * k * i // g + 1) * i, "Count the weights"),
        (lambda k, i, o, g: [1], "expected a number"),
        (320, "Expected a function"),
    ],
    "receptive_field": [
        (lambda layers: 1 + sum(k - 1 for k, _ in layers), "more than one input pixel"),
        (lambda layers: sum(k for k, _ in layers), "on paper"),
        (lambda layers: int(np.prod([k for k, _ in layers])), "on paper"),
        (
            lambda layers: (
                1 + sum((k - 1) * np.prod([s for _, s in layers[: i + 1]]) for i, (k, _) in enumerate(layers))
            ),
            "own stride",
        ),
        (lambda layers: layers, "expected a number"),
        (7, "Expected a function"),
    ],
}


def _cases(table):
    return [(name, i, case) for name, cases in table.items() for i, case in enumerate(cases)]


@pytest.mark.parametrize(("name", "number", "answer"), _cases(RIGHT))
def test_right_answers_are_accepted(name, number, answer):
    feedback = getattr(exercises, name).check(answer)
    assert feedback.status == "right", feedback


@pytest.mark.parametrize(("name", "number", "case"), _cases(WRONG))
def test_wrong_answers_are_refused_with_a_reason(name, number, case):
    answer, reason = case
    feedback = getattr(exercises, name).check(answer)
    assert feedback.status == "wrong", feedback
    assert any(part in feedback.message for part in reason.split("|")), feedback
