"""A small network and pictures of four classes that it learns in seconds; and the same, broken on purpose."""

import numpy as np

from helpers.backend import keras, tf

layers = keras.layers
SHAPE, CLASSES = (8, 8, 3), 4
DRAW = np.random.default_rng(0)
Y = np.arange(80) % CLASSES
X = (0.15 * DRAW.random((80, *SHAPE)) + 0.25 * Y[:, None, None, None] * (np.arange(8) < 4)[:, None, None]).astype(
    "float32"
)


def network(last="softmax", loss="sparse_categorical_crossentropy", rate=1e-3, extra=(), **conv) -> keras.Model:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input(SHAPE), layers.Conv2D(8, 3, activation="relu", name="conv", **conv)])
    for layer in (*extra, layers.Flatten(), layers.Dropout(0.3), layers.Dense(CLASSES, activation=last, name="answer")):
        model.add(layer)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    return model


def with_value(array, value):
    changed = array.copy()
    changed[7].flat[0] = value
    return changed


@keras.saving.register_keras_serializable(package="tests")
class WrongElsewhere(layers.Layer):
    """A layer that is right on the first processor and a tenth off on every other device."""

    def call(self, x):
        return tf.identity(x) * (1.0 if tf.identity(x).device.endswith("CPU:0") else 1.1)
