"""Exercises of lesson 02: counting weights, a loss that does not break, momentum, first weights."""

import warnings
from collections.abc import Callable
from math import log1p, prod

import numpy as np

from helpers.exercises import Wrong, exercise, require, require_array, require_number, tried


@exercise(
    "Three layers have weights. For each: inputs one unit sees, plus one bias, times the number of units.",
    "SAME keeps 28 × 28, pooling halves each side: 14 · 14 · filters values enter the first dense layer.",
)
def parameter_count(answer: Callable) -> str:
    """A function (filters, kernel, hidden) that returns the number of weights and biases."""
    for filters, kernel, hidden in ((10, 3, 100), (4, 5, 7), (16, 2, 64)):
        found = tried(answer(filters, kernel, hidden))
        where = f"filters={filters}, kernel={kernel}, hidden={hidden}"
        number = require_number(found, f"For {where}")
        flat = 14 * 14 * filters
        layers = (kernel**2 * filters + filters, flat * hidden + hidden, hidden * 10 + 10)
        weights_only = sum(layers) - filters - hidden - 10
        require(number != weights_only, f"For {where} your function returned {found:,}: the biases are missing.")
        unpooled = layers[0] + 28 * 28 * filters * hidden + hidden + layers[2]
        require(number != unpooled, f"For {where} your function returned {found:,}: did you forget the pooling?")
        valid = layers[0] + ((29 - kernel) // 2) ** 2 * filters * hidden + hidden + layers[2]
        require(
            number == sum(layers) or number != valid,
            f"For {where} your function returned {found:,}: with SAME the picture does not shrink.",
        )
        require(
            number == sum(layers),
            f"For {where} your function returned {found:,}. Count each of the three layers apart.",
        )
    return "Nearly all the weights are in the first dense layer, whatever the kernel size."


@exercise(
    "Which operation overflows? What can be subtracted from all logits without changing the probabilities?",
    "loss = log(sum(exp(z − max z))) − (z[label] − max z): the logarithm of a softmax, taken on paper.",
)
def stable_cross_entropy(answer: Callable) -> str:
    """A function (logits, label) that returns minus the logarithm of the label's softmax probability."""
    tiny = float(np.exp(-40.0))
    cases = (
        ([2.0, 1.0, 0.0], 0, log1p(np.exp(-1) + np.exp(-2)), "with ordinary logits"),
        ([2.0, 1.0, 0.0], 2, log1p(np.exp(-1) + np.exp(-2)) + 2, "with ordinary logits"),
        ([3.0, 3.0, 3.0, 3.0], 1, np.log(4), "with four equal logits"),
        ([10_000.0, 0.0], 1, 10_000.0, "with a very large logit"),
        ([10_000.0, 0.0], 0, 0.0, "with a very large logit"),
        ([-10_000.0, -10_003.0], 1, log1p(np.exp(-3)) + 3, "with very small logits"),
        ([40.0, 0.0], 1, 40.0 + tiny, "with a small but not impossible probability"),
    )
    for logits, label, expected, kind in cases:
        with warnings.catch_warnings():  # an overflow shows in the result; the message below explains it
            warnings.simplefilter("ignore")
            found = tried(answer(np.array(logits), label))
        if isinstance(found, np.ndarray) and found.ndim == 0:
            found = found[()]
        where = f"For logits {logits} and label {label} ({kind})"
        number = require_number(found, where)
        require(
            np.isfinite(number),
            f"{where} the loss came out as {number}. Which step left the range of floats?",
        )
        require(
            abs(number + expected) > 1e-6 or expected == 0,
            f"{where} the loss came out as {number:.6g}: the sign is wrong.",
        )
        require(
            abs(number - expected) <= 1e-6 * max(1.0, abs(expected)),
            f"{where} the loss should be {expected:.6g}, found {number:.6g}.",
        )
    return "And stable: no exponential of a positive number, no logarithm of a rounded probability."


@exercise(
    "First the new velocity, from the old one and the gradient. Then the weight, moved by the new velocity.",
    "velocity = momentum * velocity − learning_rate * gradient; the weight is moved by adding that.",
)
def momentum_step(answer: Callable) -> str:
    """A function (weight, velocity, gradient, learning_rate, momentum) that returns both new arrays."""
    weight, velocity = np.array([1.0, -2.0]), np.array([0.5, 0.25])
    for rate, momentum in ((0.1, 0.9), (0.5, 0.0), (0.02, 0.5)):
        gradient = np.array([3.0, -1.0])
        new_velocity = momentum * velocity - rate * gradient
        found = tried(answer(weight.copy(), velocity.copy(), gradient.copy(), rate, momentum))
        require(
            (isinstance(found, tuple | list) or np.ndim(found) == 2) and len(found) == 2,
            f"Return two things, the new weight and the new velocity; found {type(found).__name__}.",
        )
        for part in found:
            tried(part)
        where = f"With learning rate {rate} and momentum {momentum}"
        for mistake in (-new_velocity, momentum * velocity + rate * gradient):
            _require_not(found[1], mistake, f"{where}, a sign of the velocity is wrong: it points downhill.")
        require_array(found[1], new_velocity, f"{where}, the new velocity", tolerance=1e-9)
        _require_not(
            found[0],
            weight + velocity,
            f"{where}, the weight was moved by the old velocity; use the new one.",
            unless=weight + new_velocity,
        )
        require_array(found[0], weight + new_velocity, f"{where}, the new weight", tolerance=1e-9)
    return "With momentum 0 it is plain SGD; with 0.9 a steady gradient ends up with ten times the step."


def _require_not(found: object, mistake: np.ndarray, message: str, *, unless: np.ndarray | None = None) -> None:
    """Raise :class:`Wrong` where the answer equals a known mistake (and that is not the right answer too)."""
    try:
        array = np.asarray(found, dtype=float)
    except (TypeError, ValueError):
        return  # no numbers at all: the next check says so
    same = array.shape == mistake.shape and np.allclose(array, mistake)
    if same and not (unless is not None and np.allclose(mistake, unless)):
        raise Wrong(message)


@exercise(
    "The last two numbers of a shape are inputs and outputs. What are the numbers before them?",
    "One output value reads window · inputs values and one input is read window · outputs times; "
    "the limit is the square root of 6 over their sum.",
)
def limit_of_shape(answer: Callable) -> str:
    """A function (shape) that returns the limit of the Glorot-uniform rule."""
    for shape in ((1960, 100), (3, 3, 1, 10), (5, 3, 16, 8), (100, 10)):
        window, inputs, outputs = prod(shape[:-2]), shape[-2], shape[-1]
        found = require_number(tried(answer(shape)), f"For shape {shape}")
        limit = (6 / (window * (inputs + outputs))) ** 0.5
        close = abs(found - limit) <= 1e-6
        without_window = (6 / (inputs + outputs)) ** 0.5
        require(
            close or abs(found - without_window) > 1e-6,
            f"For shape {shape} found {found:.4f}: a convolution's window counts too, on both sides.",
        )
        normal = (2 / (window * (inputs + outputs))) ** 0.5
        require(
            close or abs(found - normal) > 1e-6,
            f"For shape {shape} found {found:.4f}: that is the standard deviation, not the limit.",
        )
        require(close, f"For shape {shape} found {found:.4f}, which is not Glorot's limit.")
    return "For dense layers and convolutions alike."
