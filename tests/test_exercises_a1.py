"""Appendix A1's exercises: plausible wrong answers are rejected, differently written right ones accepted."""

import numpy as np
import pytest

from helpers.backend import keras, tf
from helpers.exercises import appendix1 as exercises

Conv2D = keras.layers.Conv2D


def kernel(row, column, size=3, value=1.0):
    weights = np.zeros((size, size), "float32")
    weights[row, column] = value
    return lambda shape, dtype=None: tf.reshape(weights, shape)


def tried_on_colours(layer):
    layer(np.zeros((1, 6, 6, 3), "float32"))
    return layer


@pytest.mark.parametrize(
    "layer",
    [
        lambda: Conv2D(8, 3, strides=2, padding="same"),
        lambda: Conv2D(filters=8, kernel_size=(3, 3), strides=(2, 2), padding="SAME", activation="relu"),
        lambda: Conv2D(8, 3, 2, "same", use_bias=False),
        lambda: tried_on_colours(Conv2D(8, 3, strides=2, padding="same")),
    ],
)
def test_halving_layer_accepts(layer):
    assert exercises.halving_layer.check(layer())


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (lambda: Conv2D(8, 3, strides=2), "13"),
        (lambda: Conv2D(8, 3, padding="same"), "28"),
        (lambda: Conv2D(8, 15), "3 × 3"),
        (lambda: Conv2D(8, 2, strides=2), "3 × 3"),
        (lambda: Conv2D(4, 3, strides=2, padding="same"), "8 filters"),
        (lambda: Conv2D(8, 3, strides=(2, 1), padding="same"), "expected"),
        (lambda: Conv2D(8, 3, dilation_rate=7, padding="valid"), "expected"),
        (lambda: keras.layers.MaxPooling2D(2), "Conv2D"),
        (lambda: Conv2D, "Conv2D"),
    ],
)
def test_halving_layer_rejects(layer, says):
    feedback = exercises.halving_layer.check(layer())
    assert feedback.status == "wrong" and says in feedback.message


def counted(c, f, k, g, bias):
    return k * k * c * f // g + (f if bias else 0)


def counted_by_keras(c, f, k, g, bias):
    layer = Conv2D(f, k, groups=g, use_bias=bias)
    layer.build((None, 9, 9, c))
    return layer.count_params()


@pytest.mark.parametrize("answer", [counted, counted_by_keras, lambda *a: float(counted(*a))])
def test_grouped_count_accepts(answer):
    assert exercises.grouped_count.check(answer)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda c, f, k, g, b: k * k * c * f + f * b, "own group"),
        (lambda c, f, k, g, b: k * k * (c // g) * (f // g) + f * b, "all groups"),
        (lambda c, f, k, g, b: k * k * (c // g) * f, "bias"),
        (lambda c, f, k, g, b: k * k * (c // g) * f + f, "bias"),
        (lambda c, f, k, g, b: (k * k * (c // g) + 1) * f, "bias"),
        (lambda c, f, k, g, b: k * k * (c // g) * f + b, "not the count"),
        (lambda c, f, k, g, b: k * (c // g) * f + f * b, "not the count"),
        (lambda c, f, k, g, b: k * k * c * f * g + f * b, "not the count"),
    ],
)
def test_grouped_count_rejects(answer, says):
    feedback = exercises.grouped_count.check(answer)
    assert feedback.status == "wrong" and says in feedback.message


@pytest.mark.parametrize(
    "layer",
    [
        lambda: Conv2D(1, 3, padding="same", kernel_initializer=kernel(1, 0)),
        lambda: Conv2D(1, 3, padding="same", use_bias=False, kernel_initializer=kernel(1, 0)),
        lambda: Conv2D(1, 5, padding="same", kernel_initializer=kernel(2, 1, size=5)),
    ],
)
def test_shifting_layer_accepts(layer):
    assert exercises.shifting_layer.check(layer())


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (lambda: Conv2D(1, 3, padding="same", kernel_initializer=kernel(1, 2)), "left"),
        (lambda: Conv2D(1, 3, padding="same", kernel_initializer=kernel(0, 1)), "down"),
        (lambda: Conv2D(1, 3, padding="same", kernel_initializer=kernel(2, 1)), "up"),
        (lambda: Conv2D(1, 3, padding="same", kernel_initializer=kernel(1, 1)), "where it is"),
        (
            lambda: Conv2D(1, 3, padding="same", activation="relu", kernel_initializer=kernel(1, 0)),
            "activation",
        ),
        (lambda: Conv2D(1, 3, kernel_initializer=kernel(1, 0)), "shape"),
        (lambda: Conv2D(2, 1), "shape"),
        (lambda: Conv2D(1, 3, padding="same", kernel_initializer=kernel(1, 0, value=2.0)), "differ"),
        (
            lambda: Conv2D(1, 3, padding="same", bias_initializer="ones", kernel_initializer=kernel(1, 0)),
            "differ",
        ),
        (lambda: Conv2D(1, 3, padding="same", kernel_initializer="ones"), "differ"),
        (lambda: Conv2D(2, 3, groups=2), "does not take"),
    ],
)
def test_shifting_layer_rejects(layer, says):
    feedback = exercises.shifting_layer.check(layer())
    assert feedback.status == "wrong" and says in feedback.message
