"""Lesson 02's exercises: plausible wrong answers are rejected, differently written right ones accepted."""

import math

import numpy as np
import pytest

from helpers.backend import tf
from helpers.exercises import lesson02 as exercises


def counted(filters, kernel, hidden):
    return (kernel**2 + 1) * filters + (196 * filters + 1) * hidden + (hidden + 1) * 10


def counted_by_shapes(filters, kernel, hidden):
    shapes = [
        (kernel, kernel, 1, filters),
        (filters,),
        (196 * filters, hidden),
        (hidden,),
        (hidden, 10),
        (10,),
    ]
    return np.sum([np.prod(shape) for shape in shapes])


@pytest.mark.parametrize("answer", [counted, counted_by_shapes, lambda f, k, h: float(counted(f, k, h))])
def test_parameter_count_accepts(answer):
    assert exercises.parameter_count.check(answer)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda f, k, h: counted(f, k, h) - f - h - 10, "biases"),
        (lambda f, k, h: (k**2 + 1) * f + (784 * f + 1) * h + (h + 1) * 10, "pooling"),
        (lambda f, k, h: (k**2 + 1) * f + (((29 - k) // 2) ** 2 * f + 1) * h + (h + 1) * 10, "SAME"),
        (lambda f, k, h: (k * k + 1) * f, "three layers"),
        (lambda f, k, h: counted(f, 3, h), "apart"),
        (lambda f, k, h: 197_210, "apart"),
        (lambda f, k, h: counted(f, k, h) + 1, "apart"),
        (lambda f, k, h: (k + 1) * f + (196 * f + 1) * h + (h + 1) * 10, "apart"),
    ],
)
def test_parameter_count_rejects(answer, says):
    feedback = exercises.parameter_count.check(answer)
    assert feedback.status == "wrong" and says in feedback.message


def stable(z, k):
    return np.log(np.sum(np.exp(z - z.max()))) - z[k] + z.max()


def stable_by_margins(z, k):
    return np.logaddexp.reduce(z - z[k])


def stable_in_python(z, k):
    largest = max(z)
    return math.log(math.fsum(math.exp(v - largest) for v in z)) + largest - float(z[k])


@pytest.mark.parametrize("answer", [stable, stable_by_margins, stable_in_python, lambda z, k: np.array(stable(z, k))])
def test_stable_cross_entropy_accepts(answer):
    assert exercises.stable_cross_entropy.check(answer)


def shifted_softmax(z):
    return np.exp(z - z.max()) / np.exp(z - z.max()).sum()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda z, k: -np.log(np.exp(z) / np.exp(z).sum())[k], "range of floats"),
        (lambda z, k: -np.log(shifted_softmax(z)[k]), "range of floats"),
        (lambda z, k: -np.log(shifted_softmax(z)[k] + 1e-12), "should be"),
        (lambda z, k: -np.log(np.clip(shifted_softmax(z)[k], 1e-7, 1)), "should be"),
        (lambda z, k: -stable(z, k), "sign"),
        (lambda z, k: shifted_softmax(z)[k], "should be"),
        (lambda z, k: stable(z, k) / np.log(2), "should be"),
        (lambda z, k: stable(z, k) / len(z), "should be"),
        (lambda z, k: stable(z, np.argmax(z)), "should be"),
        (lambda z, k: stable(z, k) * np.ones(2), "expected a number"),
    ],
)
def test_stable_cross_entropy_rejects(answer, says):
    feedback = exercises.stable_cross_entropy.check(answer)
    assert feedback.status == "wrong" and says in feedback.message


def momentum(w, u, g, rate, mu):
    u = mu * u - rate * g
    return w + u, u


def momentum_in_place(w, u, g, rate, mu):
    u *= mu
    u -= rate * g
    w += u
    return [w, u]


@pytest.mark.parametrize(
    "answer",
    [
        momentum,
        momentum_in_place,
        lambda w, u, g, r, m: (w + m * u - r * g, [m * a - r * b for a, b in zip(u, g, strict=True)]),
        lambda *a: np.stack(momentum(*a)),
    ],
)
def test_momentum_step_accepts(answer):
    assert exercises.momentum_step.check(answer)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda w, u, g, r, m: (w - m * u - r * g, m * u + r * g), "sign"),
        (lambda w, u, g, r, m: (w + m * u - r * g, r * g - m * u), "sign"),
        (lambda w, u, g, r, m: (w + u, m * u - r * g), "old velocity"),
        (lambda w, u, g, r, m: (w - r * g, m * u - r * g), "new weight"),
        (lambda w, u, g, r, m: (w - m * u + r * g, m * u - r * g), "new weight"),
        (lambda w, u, g, r, m: (w + m * u - (1 - m) * g, m * u - (1 - m) * g), "new velocity"),
        (lambda w, u, g, r, m: (w + u - r * g, u - r * g), "new velocity"),
        (lambda w, u, g, r, m: momentum(w, u, g, r, m)[0], "two things"),
        (lambda w, u, g, r, m: momentum(w, u, g, r, m)[::-1], "new velocity"),
        (lambda w, u, g, r, m: (w[0], u[0]), "shape"),
        (lambda w, u, g, r, m: ("w", "u"), "numbers"),
    ],
)
def test_momentum_step_rejects(answer, says):
    feedback = exercises.momentum_step.check(answer)
    assert feedback.status == "wrong" and says in feedback.message


def limit(shape):
    window = math.prod(shape[:-2])
    return math.sqrt(6 / (window * shape[-2] + window * shape[-1]))


def limit_from_total(shape):
    total = np.prod(shape)
    return np.sqrt(6 / (total / shape[-1] + total / shape[-2]))


@pytest.mark.parametrize(
    "answer", [limit, limit_from_total, lambda shape: tf.sqrt(6 / (math.prod(shape[:-2]) * sum(shape[-2:])))]
)
def test_limit_of_shape_accepts(answer):
    assert exercises.limit_of_shape.check(answer)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda s: math.sqrt(6 / (s[-2] + s[-1])), "window"),
        (lambda s: math.sqrt(2 / (math.prod(s[:-2]) * (s[-2] + s[-1]))), "standard deviation"),
        (lambda s: math.sqrt(6 / (math.prod(s[:-2]) * s[-2])), "not Glorot"),
        (lambda s: math.sqrt(6 / (s[0] + s[1])), "not Glorot"),
        (lambda s: 6 / (math.prod(s[:-2]) * (s[-2] + s[-1])), "not Glorot"),
        (lambda s: math.sqrt(6 / math.prod(s)), "not Glorot"),
        (lambda s: math.sqrt(6 / (math.prod(s[:-2]) * s[-2] + s[-1])), "not Glorot"),
    ],
)
def test_limit_of_shape_rejects(answer, says):
    feedback = exercises.limit_of_shape.check(answer)
    assert feedback.status == "wrong" and says in feedback.message
