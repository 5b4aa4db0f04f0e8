"""The exercises of lesson 01: sizes, sliding dot products, an edge kernel, parameters, receptive fields."""

from collections.abc import Callable

import numpy as np

from helpers import receptive
from helpers.convolution import correlate1d, correlate2d
from helpers.convolution import output_size as true_output_size
from helpers.exercises import Wrong, exercise, require, require_array, require_number, tried


def _function(answer: object, form: str) -> Callable:
    require(callable(answer), f"Expected a function {form}, got {answer!r:.40}. Pass its name, without brackets.")
    return answer


@exercise(
    "How far may the window's left edge move before its right edge would leave the padded input?",
    "The left edge moves over n + 2p − k places in steps of s. Python's // divides and floors.",
)
def output_size(answer: object) -> str:
    """A function (n, k, p, s) that returns the length of the output."""
    function = _function(answer, "(n, k, p, s)")
    for n, k, p, s in (
        (28, 3, 0, 1),
        (28, 3, 1, 1),
        (5, 5, 0, 1),
        (28, 5, 2, 3),
        (6, 3, 0, 2),
        (224, 7, 3, 2),
    ):
        found = require_number(tried(function(n, k, p, s)), f"Output size for n={n}, k={k}, p={p}, s={s}")
        expected = true_output_size(n, k, padding=p, stride=s)
        case = f"For n={n}, k={k}, p={p}, s={s} your function returned {found:g}."
        require(found.is_integer(), f"{case} There is no part of a position: the size is a whole number.")
        if found == expected + 1 and (n + 2 * p - k) % s:
            raise Wrong(f"{case} At the last of these positions the window would hang over the end.")
        require(found == expected, f"{case} That many positions do not fit; try to draw this case.")
    return "You floor where the stride does not divide evenly: what is left over is never read."


@exercise(
    "Slide, multiply, add. How many positions does a window of len(kernel) elements have?",
    "sum(signal[i + j] * kernel[j] for j in range(len(kernel))), once for every position i.",
)
def cross_correlation(answer: object) -> str:
    """A function (signal, kernel) that returns the valid cross-correlation of two lists."""
    function = _function(answer, "(signal, kernel)")
    for signal, kernel in (
        ([1, 3, 2, 0, 4, 1], [2, 1, -1]), ([5, 1, 2], [1, 10, 100]),
        ([2, 7, 1, 8], [3]), ([1.5, -2, 4, 0], [1, 0.5]),
    ):  # fmt: skip
        given = list(signal), list(kernel)
        found = tried(function(*given))
        require(given == (signal, kernel), "Your function changed the lists it was given. Work on copies.")
        expected = correlate1d(signal, kernel)
        if len(kernel) > 1 and np.array_equal(found, correlate1d(signal, kernel[::-1])):
            raise Wrong("That is the true convolution: your kernel is flipped. Leave it as it stands.")
        require_array(found, expected, f"For signal={signal} and kernel={kernel}")
    return "That is all a convolution layer does, only along more axes."


@exercise(
    "On a flat area the answer must be 0, so the weights must add up to 0.",
    "Subtract what is left of a pixel from what is right of it. Each row of the kernel can do the same.",
)
def vertical_edges(answer: object) -> str:
    """A kernel, a list of rows, that answers to vertical edges and to nothing else."""
    try:
        kernel = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        raise Wrong("Expected a list of rows of equal length that hold numbers.") from None
    require(kernel.ndim == 2, f"A kernel has rows and columns. Yours has the shape {kernel.shape}.")
    require(max(kernel.shape) <= 7, f"Keep it small, 7 × 7 at most. Yours has the shape {kernel.shape}.")
    require(np.isfinite(kernel).all(), "All weights must be finite numbers.")
    edge = np.repeat([[0.0] * 8 + [1.0] * 8], 16, axis=0)  # dark on the left, bright on the right

    def strength(image: np.ndarray) -> float:
        return float(np.abs(correlate2d(image, kernel)).max())

    vertical, horizontal, flat = strength(edge), strength(edge.T), strength(np.ones_like(edge))
    require(
        flat <= 1e-6 * max(vertical, 1),
        f"On a flat white image your kernel answers {flat:.3g}. Without an edge, it should be 0.",
    )
    require(vertical > 1e-6, "Your kernel answers 0 to a vertical edge: it does not see it.")
    require(
        horizontal <= 1e-6 * vertical,
        f"A vertical edge gets {vertical:.3g}, a horizontal one {horizontal:.3g}: the latter should be 0. "
        "An edge is vertical where brightness changes from left to right.",
    )
    require(
        np.isclose(strength(edge + 3), vertical) and strength(edge[:, ::-1]) > 1e-6,
        "The answer should depend on the change of brightness, not on the brightness.",
    )
    return f"A vertical edge gets {vertical:.3g}, a horizontal one {horizontal:.3g}, a flat area 0."


@exercise(
    "How deep is one filter, when it sees only the channels of its own group?",
    "One filter has kernel · kernel · (c_in / groups) weights and one bias. There are c_out filters.",
)
def parameters(answer: object) -> str:
    """A function (kernel, c_in, c_out, groups) that returns the number of parameters, biases included."""
    function = _function(answer, "(kernel, c_in, c_out, groups)")
    for kernel, c_in, c_out, groups in (
        (3, 1, 32, 1),
        (3, 32, 64, 1),
        (5, 12, 24, 3),
        (3, 64, 64, 64),
        (1, 8, 4, 2),
    ):
        what = f"kernel={kernel}, c_in={c_in}, c_out={c_out}, groups={groups}"
        found = require_number(tried(function(kernel, c_in, c_out, groups)), what)
        expected = receptive.conv_parameters(kernel, c_in, c_out, groups=groups)
        weights = receptive.conv_parameters(kernel, c_in, c_out, groups=groups, bias=False)
        case = f"For {what} your function returned {found:g}."
        require(found != weights, f"{case} These are the weights alone: the biases are missing.")
        require(found != weights + 1, f"{case} Not the layer, but every filter has a bias.")
        require(
            groups == 1 or found != receptive.conv_parameters(kernel, c_in, c_out),
            f"{case} That would be right for one group. With groups, a filter is less deep.",
        )
        require(
            groups == 1 or found != expected // groups,
            f"{case} The groups share the filters among them; all c_out filters must be counted, once.",
        )
        require(found == expected, f"{case} Count the weights of one filter first.")
    return "Groups divide the weights, never the biases."


@exercise(
    "Start with 1, a single value. How many input pixels does each layer add at the edges of what it sees?",
    "Neighbouring values in front of a layer lie `jump` input pixels apart. It adds (kernel − 1) · jump.",
    "After adding, multiply jump by the layer's stride: it counts for the layers behind, not for this one.",
)
def receptive_field(answer: object) -> str:
    """A function of a list of (kernel, stride) pairs that returns the receptive field in input pixels."""
    function = _function(answer, "(layers)")
    for layers in (
        [(3, 1)], [(3, 1), (3, 1), (3, 1)], [(3, 2)], [(3, 1), (2, 2), (3, 1)],
        [(3, 1), (2, 2), (3, 1), (2, 2), (3, 1)],
        [(7, 2), (3, 2), (1, 1), (5, 3), (3, 1)],
    ):  # fmt: skip
        found = require_number(tried(function(list(layers))), f"Receptive field of {layers}")
        expected = receptive.receptive_field([receptive.Conv(1, k, s) for k, s in layers])
        case = f"For {layers} your function returned {found:g}."
        if found == 1 + sum(k - 1 for k, _ in layers) != expected:
            raise Wrong(f"{case} Behind a stride, one step of the window is more than one input pixel.")
        own = 1 + sum((k - 1) * int(np.prod([s for _, s in layers[: i + 1]])) for i, (k, _) in enumerate(layers))
        if found == own != expected:
            raise Wrong(f"{case} A layer's own stride does not widen its own window, only those behind it.")
        require(found == expected, f"{case} Follow the first two layers on paper.")
    return "Strides and pooling make every layer behind them see further."
