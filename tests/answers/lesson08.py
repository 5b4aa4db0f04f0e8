"""Answers to the exercises of lesson 08: right ones written differently, plausible wrong ones."""

import numpy as np
from scipy.signal import correlate2d

from helpers.backend import keras

layers = keras.layers


def value(picture, kernel, bias, row, column):
    return max(0, (np.pad(picture, 1)[row : row + 3, column : column + 3] * kernel).sum() + bias)


def value_by_scipy(picture, kernel, bias, row, column):
    return np.maximum(correlate2d(picture, kernel, mode="same") + bias, 0)[row, column]


def quiet(maps):
    silent = maps.max(axis=(1, 2)) <= 0
    return silent.mean(), int(silent.all(axis=0).sum())


def quiet_by_sums(maps):
    silent = np.array([[picture[..., k].sum() == 0 for k in range(maps.shape[-1])] for picture in maps])
    return [float(np.mean(silent)), np.int64((silent.sum(0) == len(maps)).sum())]


def tiles(maps, columns):
    height, width, channels = maps.shape
    sheet = np.zeros((-(-channels // columns) * height, columns * width))
    for k in range(channels):
        sheet[k // columns * height :, k % columns * width :][:height, :width] = maps[..., k]
    return sheet


def tiles_by_blocks(maps, columns):
    empty = np.zeros((*maps.shape[:2], -maps.shape[-1] % columns))
    planes = list(np.moveaxis(np.concatenate([maps, empty], axis=-1), -1, 0))
    return np.block([planes[i : i + columns] for i in range(0, len(planes), columns)]).tolist()


def cut(model, name):
    layer = model.get_layer(name)
    linear = layers.Conv2D(layer.filters, layer.kernel_size, padding="same")
    outputs = linear(layer.input)
    linear.set_weights(layer.get_weights())
    return keras.Model(model.inputs, outputs)


def cut_by_config(model, name):
    layer = model.get_layer(name)
    copy = layers.Conv2D.from_config(layer.get_config() | {"activation": None, "name": "before"})
    result = keras.Model(model.inputs, copy(layer.input))
    copy.set_weights(layer.get_weights())
    return result


def cut_changed(model, name):
    model.get_layer(name).activation = keras.activations.linear
    return keras.Model(model.inputs, model.get_layer(name).output)


def cut_without_weights(model, name):
    layer = model.get_layer(name)
    return keras.Model(model.inputs, layers.Conv2D(layer.filters, 3, padding="same")(layer.input))


RIGHT = [
    ("value", value),
    ("value", value_by_scipy),
    ("quiet", quiet),
    ("quiet", quiet_by_sums),
    ("tiles", tiles),
    ("tiles", tiles_by_blocks),
    ("cut", cut),
    ("cut", cut_by_config),
]
WRONG = [
    ("value", lambda p, k, b, r, c: value(p, k[::-1, ::-1], b, r, c), "flipped"),
    ("value", lambda p, k, b, r, c: value(p, k, 0, r, c), "bias is missing"),
    ("value", lambda p, k, b, r, c: (np.pad(p, 1)[r : r + 3, c : c + 3] * k).sum() + b, "ReLU"),
    ("value", lambda p, k, b, r, c: value(p, k, b, c, r), "returned|raised"),
    ("value", lambda p, k, b, r, c: np.maximum(correlate2d(p, k, mode="same") + b, 0), "expected a number"),
    ("value", lambda p, k, b, r, c: max(0, (p[r - 1 : r + 2, c - 1 : c + 2] * k).sum() + b), "raised|returned"),
    ("quiet", lambda m: ((m == 0).mean(), quiet(m)[1]), "zero values"),
    ("quiet", lambda m: (quiet(m)[0], int((m.max(axis=(1, 2)) <= 0).any(axis=0).sum())), r"for \*some\*"),
    ("quiet", lambda m: quiet(m)[0], r"expected \(share, dead\)"),
    ("quiet", lambda m: (1 - quiet(m)[0], quiet(m)[1]), "not right"),
    ("quiet", lambda m: ("half", 1), "expected a number"),
    ("quiet", lambda m: (quiet(m)[0], 99), "99 dead"),
    ("tiles", lambda m, c: np.concatenate(list(np.moveaxis(m, -1, 0)), axis=1), "expected shape"),
    ("tiles", lambda m, c: np.resize(m, (-(-m.shape[-1] // c) * m.shape[0], c * m.shape[1])), "differ|reshaping"),
    ("tiles", lambda m, c: tiles(m.transpose(1, 0, 2), c), "expected shape"),
    ("tiles", lambda m, c: "a sheet", "expected numbers"),
    ("cut", lambda m, n: keras.Model(m.inputs, m.get_layer(n).output), "still behind the ReLU"),
    ("cut", cut_without_weights, "the layer's weights"),
    ("cut", cut_changed, "was changed"),
    ("cut", lambda m, n: m.get_layer(n), r"Expected a keras\.Model"),
    ("cut", lambda m, n: cut(m, "first"), "has 4 maps"),
]
