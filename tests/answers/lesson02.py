"""Answers to the exercises of lesson 02: right ones written differently, plausible wrong ones."""

import math

import numpy as np

from helpers.backend import tf


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


def stable(z, k):
    return np.log(np.sum(np.exp(z - z.max()))) - z[k] + z.max()


def stable_by_margins(z, k):
    return np.logaddexp.reduce(z - z[k])


def stable_in_python(z, k):
    largest = max(z)
    return math.log(math.fsum(math.exp(v - largest) for v in z)) + largest - float(z[k])


def shifted_softmax(z):
    return np.exp(z - z.max()) / np.exp(z - z.max()).sum()


def momentum(w, u, g, rate, mu):
    u = mu * u - rate * g
    return w + u, u


def momentum_in_place(w, u, g, rate, mu):
    u *= mu
    u -= rate * g
    w += u
    return [w, u]


def limit(shape):
    window = math.prod(shape[:-2])
    return math.sqrt(6 / (window * shape[-2] + window * shape[-1]))


def limit_from_total(shape):
    total = np.prod(shape)
    return np.sqrt(6 / (total / shape[-1] + total / shape[-2]))


RIGHT = [
    ("parameter_count", counted),
    ("parameter_count", counted_by_shapes),
    ("parameter_count", lambda f, k, h: float(counted(f, k, h))),
    ("stable_cross_entropy", stable),
    ("stable_cross_entropy", stable_by_margins),
    ("stable_cross_entropy", stable_in_python),
    ("stable_cross_entropy", lambda z, k: np.array(stable(z, k))),
    ("momentum_step", momentum),
    ("momentum_step", momentum_in_place),
    ("momentum_step", lambda w, u, g, r, m: (w + m * u - r * g, [m * a - r * b for a, b in zip(u, g, strict=True)])),
    ("momentum_step", lambda *a: np.stack(momentum(*a))),
    ("limit_of_shape", limit),
    ("limit_of_shape", limit_from_total),
    ("limit_of_shape", lambda shape: tf.sqrt(6 / (math.prod(shape[:-2]) * sum(shape[-2:])))),
]
WRONG = [
    ("parameter_count", lambda f, k, h: counted(f, k, h) - f - h - 10, "biases"),
    ("parameter_count", lambda f, k, h: (k**2 + 1) * f + (784 * f + 1) * h + (h + 1) * 10, "pooling"),
    ("parameter_count", lambda f, k, h: (k**2 + 1) * f + (((29 - k) // 2) ** 2 * f + 1) * h + (h + 1) * 10, "SAME"),
    ("parameter_count", lambda f, k, h: (k * k + 1) * f, "three layers"),
    ("parameter_count", lambda f, k, h: counted(f, 3, h), "apart"),
    ("parameter_count", lambda f, k, h: 197_210, "apart"),
    ("parameter_count", lambda f, k, h: counted(f, k, h) + 1, "apart"),
    ("parameter_count", lambda f, k, h: (k + 1) * f + (196 * f + 1) * h + (h + 1) * 10, "apart"),
    ("stable_cross_entropy", lambda z, k: -np.log(np.exp(z) / np.exp(z).sum())[k], "range of floats"),
    ("stable_cross_entropy", lambda z, k: -np.log(shifted_softmax(z)[k]), "range of floats"),
    ("stable_cross_entropy", lambda z, k: -np.log(shifted_softmax(z)[k] + 1e-12), "should be"),
    ("stable_cross_entropy", lambda z, k: -np.log(np.clip(shifted_softmax(z)[k], 1e-7, 1)), "should be"),
    ("stable_cross_entropy", lambda z, k: -stable(z, k), "sign"),
    ("stable_cross_entropy", lambda z, k: shifted_softmax(z)[k], "should be"),
    ("stable_cross_entropy", lambda z, k: stable(z, k) / np.log(2), "should be"),
    ("stable_cross_entropy", lambda z, k: stable(z, k) / len(z), "should be"),
    ("stable_cross_entropy", lambda z, k: stable(z, np.argmax(z)), "should be"),
    ("stable_cross_entropy", lambda z, k: stable(z, k) * np.ones(2), "expected a number"),
    ("momentum_step", lambda w, u, g, r, m: (w - m * u - r * g, m * u + r * g), "sign"),
    ("momentum_step", lambda w, u, g, r, m: (w + m * u - r * g, r * g - m * u), "sign"),
    ("momentum_step", lambda w, u, g, r, m: (w + u, m * u - r * g), "old velocity"),
    ("momentum_step", lambda w, u, g, r, m: (w - r * g, m * u - r * g), "new weight"),
    ("momentum_step", lambda w, u, g, r, m: (w - m * u + r * g, m * u - r * g), "new weight"),
    ("momentum_step", lambda w, u, g, r, m: (w + m * u - (1 - m) * g, m * u - (1 - m) * g), "new velocity"),
    ("momentum_step", lambda w, u, g, r, m: (w + u - r * g, u - r * g), "new velocity"),
    ("momentum_step", lambda w, u, g, r, m: momentum(w, u, g, r, m)[0], "two things"),
    ("momentum_step", lambda w, u, g, r, m: momentum(w, u, g, r, m)[::-1], "new velocity"),
    ("momentum_step", lambda w, u, g, r, m: (w[0], u[0]), "shape"),
    ("momentum_step", lambda w, u, g, r, m: ("w", "u"), "numbers"),
    ("limit_of_shape", lambda s: math.sqrt(6 / (s[-2] + s[-1])), "window"),
    ("limit_of_shape", lambda s: math.sqrt(2 / (math.prod(s[:-2]) * (s[-2] + s[-1]))), "standard deviation"),
    ("limit_of_shape", lambda s: math.sqrt(6 / (math.prod(s[:-2]) * s[-2])), "not Glorot"),
    ("limit_of_shape", lambda s: math.sqrt(6 / (s[0] + s[1])), "not Glorot"),
    ("limit_of_shape", lambda s: 6 / (math.prod(s[:-2]) * (s[-2] + s[-1])), "not Glorot"),
    ("limit_of_shape", lambda s: math.sqrt(6 / math.prod(s)), "not Glorot"),
    ("limit_of_shape", lambda s: math.sqrt(6 / (math.prod(s[:-2]) * s[-2] + s[-1])), "not Glorot"),
]
