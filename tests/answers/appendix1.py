"""Answers to the exercises of appendix A1: right ones written differently, plausible wrong ones."""

import numpy as np

from helpers.backend import keras, tf

Conv2D = keras.layers.Conv2D


def kernel(row, column, size=3, value=1.0):
    weights = np.zeros((size, size), "float32")
    weights[row, column] = value
    return lambda shape, dtype=None: tf.reshape(weights, shape)


def tried_on_colours(layer):
    layer(np.zeros((1, 6, 6, 3), "float32"))
    return layer


def counted(c, f, k, g, bias):
    return k * k * c * f // g + (f if bias else 0)


def counted_by_keras(c, f, k, g, bias):
    layer = Conv2D(f, k, groups=g, use_bias=bias)
    layer.build((None, 9, 9, c))
    return layer.count_params()


RIGHT = [
    ("halving_layer", Conv2D(8, 3, strides=2, padding="same")),
    ("halving_layer", Conv2D(filters=8, kernel_size=(3, 3), strides=(2, 2), padding="SAME", activation="relu")),
    ("halving_layer", Conv2D(8, 3, 2, "same", use_bias=False)),
    ("halving_layer", tried_on_colours(Conv2D(8, 3, strides=2, padding="same"))),
    ("grouped_count", counted),
    ("grouped_count", counted_by_keras),
    ("grouped_count", lambda *a: float(counted(*a))),
    ("shifting_layer", Conv2D(1, 3, padding="same", kernel_initializer=kernel(1, 0))),
    ("shifting_layer", Conv2D(1, 3, padding="same", use_bias=False, kernel_initializer=kernel(1, 0))),
    ("shifting_layer", Conv2D(1, 5, padding="same", kernel_initializer=kernel(2, 1, size=5))),
]
WRONG = [
    ("halving_layer", Conv2D(8, 3, strides=2), "13"),
    ("halving_layer", Conv2D(8, 3, padding="same"), "28"),
    ("halving_layer", Conv2D(8, 15), "3 × 3"),
    ("halving_layer", Conv2D(8, 2, strides=2), "3 × 3"),
    ("halving_layer", Conv2D(4, 3, strides=2, padding="same"), "8 filters"),
    ("halving_layer", Conv2D(8, 3, strides=(2, 1), padding="same"), "expected"),
    ("halving_layer", Conv2D(8, 3, dilation_rate=7, padding="valid"), "expected"),
    ("halving_layer", keras.layers.MaxPooling2D(2), "Conv2D"),
    ("halving_layer", Conv2D, "Conv2D"),
    ("grouped_count", lambda c, f, k, g, b: k * k * c * f + f * b, "own group"),
    ("grouped_count", lambda c, f, k, g, b: k * k * (c // g) * (f // g) + f * b, "all groups"),
    ("grouped_count", lambda c, f, k, g, b: k * k * (c // g) * f, "bias"),
    ("grouped_count", lambda c, f, k, g, b: k * k * (c // g) * f + f, "bias"),
    ("grouped_count", lambda c, f, k, g, b: (k * k * (c // g) + 1) * f, "bias"),
    ("grouped_count", lambda c, f, k, g, b: k * k * (c // g) * f + b, "not the count"),
    ("grouped_count", lambda c, f, k, g, b: k * (c // g) * f + f * b, "not the count"),
    ("grouped_count", lambda c, f, k, g, b: k * k * c * f * g + f * b, "not the count"),
    ("shifting_layer", Conv2D(1, 3, padding="same", kernel_initializer=kernel(1, 2)), "left"),
    ("shifting_layer", Conv2D(1, 3, padding="same", kernel_initializer=kernel(0, 1)), "down"),
    ("shifting_layer", Conv2D(1, 3, padding="same", kernel_initializer=kernel(2, 1)), "up"),
    ("shifting_layer", Conv2D(1, 3, padding="same", kernel_initializer=kernel(1, 1)), "where it is"),
    ("shifting_layer", Conv2D(1, 3, padding="same", activation="relu", kernel_initializer=kernel(1, 0)), "activation"),
    ("shifting_layer", Conv2D(1, 3, kernel_initializer=kernel(1, 0)), "shape"),
    ("shifting_layer", Conv2D(2, 1), "shape"),
    ("shifting_layer", Conv2D(1, 3, padding="same", kernel_initializer=kernel(1, 0, value=2.0)), "differ"),
    (
        "shifting_layer",
        Conv2D(1, 3, padding="same", bias_initializer="ones", kernel_initializer=kernel(1, 0)),
        "differ",
    ),
    ("shifting_layer", Conv2D(1, 3, padding="same", kernel_initializer="ones"), "differ"),
    ("shifting_layer", Conv2D(2, 3, groups=2), "does not take"),
]
