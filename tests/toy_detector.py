"""A network whose weights are set by hand, in every kind of model, and pictures with spots that it finds."""

import numpy as np

from helpers.backend import keras

layers = keras.layers
SIDE = 12


def bright_detector(end: str = "softmax", kind: str = "functional") -> keras.Model:
    """Class 1 is a bright red spot, class 2 a bright green one; known weights, no training."""
    first = layers.Conv2D(2, 3, padding="same", activation="relu", name="spots")
    second = layers.Conv2D(2, 1, activation="relu", name="copy")
    mean = layers.GlobalAveragePooling2D(name="mean")
    answer = layers.Dense(3, activation="softmax" if end == "softmax" else None, name="answer")
    ends = [layers.Softmax(name="probabilities")] if end == "layer" else []
    chain = [first, second, mean, answer, *ends]
    if kind == "sequential":
        model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), *chain])
    elif kind == "nested":
        base = keras.Sequential([keras.Input((SIDE, SIDE, 3)), first, second], name="base")
        model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), base, *chain[2:]])
    elif kind == "own":
        model = Own(chain)
        model(np.zeros((1, SIDE, SIDE, 3), np.float32))
    else:
        inputs = x = keras.Input((SIDE, SIDE, 3))
        for layer in chain:
            x = layer(x)
        model = keras.Model(inputs, x)
    kernel = np.zeros((3, 3, 3, 2), np.float32)
    kernel[:, :, 0, 0] = kernel[:, :, 1, 1] = 1 / 9
    first.set_weights([kernel, np.zeros(2)])
    second.set_weights([np.eye(2)[None, None], np.zeros(2)])
    answer.set_weights([np.array([[0, 9, 0], [0, 0, 9]]), np.zeros(3)])
    return model


class Own(keras.Model):
    def __init__(self, chain):
        super().__init__()
        self.chain = chain

    def call(self, x):
        for layer in self.chain:
            x = layer(x)
        return x


def flat() -> keras.Model:
    return keras.Sequential([keras.Input((SIDE, SIDE, 3)), layers.Flatten(), layers.Dense(3)], name="flat")


def spots() -> tuple[np.ndarray, np.ndarray]:
    """Two pictures with a red and a green spot at known places, and the red spot's masks."""
    images, red = np.zeros((2, SIDE, SIDE, 3), np.float32), np.zeros((2, SIDE, SIDE), bool)
    for i, (r, g) in enumerate((((1, 2), (8, 7)), ((7, 1), (2, 8)))):
        images[i, r[0] : r[0] + 3, r[1] : r[1] + 3, 0] = 1
        images[i, g[0] : g[0] + 3, g[1] : g[1] + 3, 1] = 1
        red[i, r[0] : r[0] + 3, r[1] : r[1] + 3] = True
    return images, red
