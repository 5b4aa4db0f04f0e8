"""Answers to the exercises of lesson 01: right ones written differently, plausible wrong ones."""

import numpy as np
import scipy.signal


def mutating(signal, kernel):
    kernel.reverse()
    return np.convolve(signal, kernel, "valid")


def jump_loop(layers):
    field, jump = 1, 1
    for k, s in layers:
        field, jump = field + (k - 1) * jump, jump * s
    return field


def backwards(layers):  # the other textbook way: from the output to the input
    size = 1
    for k, s in reversed(layers):
        size = (size - 1) * s + k
    return size


RIGHT = [
    ("output_size", lambda n, k, p, s: (n + 2 * p - k) // s + 1),
    ("output_size", lambda n, k, p, s: int(np.floor((n - k + 2 * p) / s + 1))),
    ("output_size", lambda n, k, p, s: len(range(0, n + 2 * p - k + 1, s))),
    ("output_size", lambda n, k, p, s: np.int64((n + 2 * p - k + s) // s)),
    ("output_size", lambda n, k, p, s: np.array((n + 2 * p - k) // s + 1)),
    (
        "cross_correlation",
        lambda x, w: [sum(x[i + j] * w[j] for j in range(len(w))) for i in range(len(x) - len(w) + 1)],
    ),
    ("cross_correlation", lambda x, w: np.correlate(x, w, "valid")),
    ("cross_correlation", lambda x, w: np.convolve(x, w[::-1], "valid")),
    ("cross_correlation", lambda x, w: scipy.signal.correlate(x, w, "valid").tolist()),
    ("cross_correlation", lambda x, w: tuple(np.dot(x[i : i + len(w)], w) for i in range(len(x) - len(w) + 1))),
    ("vertical_edges", [[-1, 0, 1]] * 3),
    ("vertical_edges", [[1, 0, -1], [2, 0, -2], [1, 0, -1]]),
    ("vertical_edges", np.array([[-1.0, 1.0]])),
    ("vertical_edges", [[0, 0, 0], [-0.5, 0, 0.5], [0, 0, 0]]),
    ("vertical_edges", ((-3, 0, 3), (-10, 0, 10), (-3, 0, 3))),
    ("vertical_edges", [[-1, -1, 0, 1, 1]] * 5),
    ("vertical_edges", [[-1, 2, -1]] * 3),
    ("parameters", lambda k, i, o, g: (k * k * i // g + 1) * o),
    ("parameters", lambda k, i, o, g: g * (k**2 * (i // g) * (o // g) + o // g)),
    ("parameters", lambda k, i, o, g: k * k * i * o / g + o),
    ("receptive_field", jump_loop),
    ("receptive_field", backwards),
]
WRONG = [
    ("output_size", lambda n, k, p, s: (n + 2 * p - k) / s + 1, "whole number"),
    ("output_size", lambda n, k, p, s: -(-(n + 2 * p - k) // s) + 1, "hang over the end"),
    ("output_size", lambda n, k, p, s: round((n + 2 * p - k) / s) + 1, "hang over|do not fit"),
    ("output_size", lambda n, k, p, s: (n + 2 * p - k) // s, "do not fit"),
    ("output_size", lambda n, k, p, s: (n + p - k) // s + 1, "p=1"),
    ("output_size", lambda n, k, p, s: (n + 2 * p - k + 1) // s, "returned"),
    ("output_size", lambda n, k, p, s: n - k + 1, "p=1"),
    ("output_size", lambda n, k, p, s: "26", "expected a number"),
    ("output_size", lambda n, k, p, s: True, "expected a number"),
    ("output_size", lambda n, k, p, s: float("nan"), "whole number"),
    ("output_size", lambda n: n, "raised TypeError"),
    ("output_size", 26, "Expected a function"),
    ("cross_correlation", lambda x, w: np.convolve(x, w, "valid"), "flipped"),
    ("cross_correlation", lambda x, w: np.correlate(x, w, "same"), "expected shape"),
    ("cross_correlation", lambda x, w: np.correlate(x, w, "full"), "expected shape"),
    ("cross_correlation", lambda x, w: [x[i] * w[0] for i in range(len(x) - len(w) + 1)], "values differ"),
    (
        "cross_correlation",
        lambda x, w: [sum(x[i + j] * w[j] for j in range(len(w))) for i in range(len(x) - len(w))],
        "expected shape",
    ),
    ("cross_correlation", lambda x, w: sum(np.correlate(x, w, "valid")), "expected shape"),
    ("cross_correlation", mutating, "changed the lists"),
    ("cross_correlation", lambda x, w: "no", "expected numbers"),
    ("cross_correlation", lambda x, w: x[10], "raised IndexError"),
    ("cross_correlation", [3, 8, 0, 3], "Expected a function"),
    ("vertical_edges", [[-1, -1, -1], [0, 0, 0], [1, 1, 1]], "does not see it"),
    ("vertical_edges", [[1, 1, 1]] * 3, "flat white image"),
    ("vertical_edges", [[0, 0, 0], [0, 1, 0], [0, 0, 0]], "flat white image"),
    ("vertical_edges", [[0, -1, 0], [-1, 4, -1], [0, -1, 0]], "should be 0"),
    ("vertical_edges", [[0, 1, 1], [-1, 0, 1], [-1, -1, 0]], "should be 0"),
    ("vertical_edges", [[-1.2, 0.8], [-0.8, 1.2]], "should be 0"),
    ("vertical_edges", [[0, 0, 0]] * 3, "does not see it"),
    ("vertical_edges", [[-1, 1], [1, -1]], "does not see it"),
    ("vertical_edges", [[-1, 0, 2]] * 3, "flat white image"),
    ("vertical_edges", [-1, 0, 1], "rows and columns"),
    ("vertical_edges", [[-1, 0, 1], [1]], "equal length"),
    ("vertical_edges", [["a", "b"]], "numbers"),
    ("vertical_edges", [[np.nan, 0, 1]], "finite"),
    ("vertical_edges", 3, "rows and columns"),
    ("vertical_edges", np.zeros((3, 3, 1)), "rows and columns"),
    ("vertical_edges", [[-1.0] * 5 + [1.0] * 5], "Keep it small"),
    ("parameters", lambda k, i, o, g: k * k * i // g * o, "biases are missing"),
    ("parameters", lambda k, i, o, g: k * k * i // g * o + 1, "every filter has a bias"),
    ("parameters", lambda k, i, o, g: (k * k * i + 1) * o, "right for one group"),
    ("parameters", lambda k, i, o, g: (k * k * i // g + 1) * o // g, "share the filters"),
    ("parameters", lambda k, i, o, g: (k * i // g + 1) * o, "Count the weights"),
    ("parameters", lambda k, i, o, g: (k * k * i // g + 1) * i, "Count the weights"),
    ("parameters", lambda k, i, o, g: [1], "expected a number"),
    ("parameters", 320, "Expected a function"),
    ("receptive_field", lambda layers: 1 + sum(k - 1 for k, _ in layers), "more than one input pixel"),
    ("receptive_field", lambda layers: sum(k for k, _ in layers), "on paper"),
    ("receptive_field", lambda layers: int(np.prod([k for k, _ in layers])), "on paper"),
    (
        "receptive_field",
        lambda layers: 1 + sum((k - 1) * np.prod([s for _, s in layers[: i + 1]]) for i, (k, _) in enumerate(layers)),
        "own stride",
    ),
    ("receptive_field", lambda layers: layers, "expected a number"),
    ("receptive_field", 7, "Expected a function"),
]
