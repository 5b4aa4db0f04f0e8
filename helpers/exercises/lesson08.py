"""Exercises of lesson 08: one value of a map, silent channels, a sheet of maps, a network cut before its ReLU."""

import warnings

import numpy as np

from helpers.backend import keras
from helpers.exercises import Wrong, exercise, require, require_array, require_number, tried


@exercise(
    "Put a ring of zeros around the picture; then every place has nine neighbours.",
    "After padding, the window of (row, column) begins at exactly [row, column].",
    "max(0, (window * kernel).sum() + bias); the kernel is not flipped.",
)
def value(answer):
    """A function (picture, kernel, bias, row, column) → one value of a map, padding same, behind a ReLU."""
    draw = np.random.default_rng(3)
    for shape, places in (((5, 6), ((2, 3), (0, 0), (4, 5), (0, 4))), ((3, 3), ((1, 1), (2, 0)))):
        picture = draw.random(shape)
        for row, column in places:
            kernel, bias = draw.normal(size=(3, 3)), float(draw.normal())
            window = np.pad(picture, 1)[row : row + 3, column : column + 3]
            total = float((window * kernel).sum() + bias)
            if total < 0:  # asked once with a positive sum, once with a negative one
                kernel, bias, total = -kernel, -bias, -total
            call = f"value(picture of {shape[0]} × {shape[1]}, …, {row}, {column})"
            found = require_number(tried(answer(picture.copy(), kernel.copy(), bias, row, column)), call)
            close = lambda other, found=found: abs(found - other) < 1e-6  # noqa: E731
            flipped = float((window * kernel[::-1, ::-1]).sum() + bias)
            require(not close(max(0, flipped)), f"{call}: the kernel is flipped. Networks do not flip it.")
            require(not close(max(0, total - bias)), f"{call}: the bias is missing.")
            require(close(total), f"{call} returned {found:.4f}, expected {total:.4f}.")
            below = require_number(answer(picture.copy(), -kernel, -bias, row, column), call)
            require(abs(below) < 1e-9, f"{call}: a sum of {-total:.3f} goes through ReLU, found {below:.3f}.")
    return "At every place the same nine weights: that is all a map is."


@exercise(
    "A channel is silent in a picture if its largest value there is not above 0.",
    "maps.max(axis=(1, 2)) is an array of pictures × channels.",
    "The mean of all its Trues is the share; all(axis=0) says which channels are silent for every picture.",
)
def quiet(answer):
    """A function (maps) → (mean share of silent channels per picture, number of channels silent for every picture)."""
    draw = np.random.default_rng(4)
    for shape, dead in (((6, 3, 4, 5), 1), ((4, 5, 5, 8), 0), ((3, 2, 2, 4), 4)):
        maps = np.maximum(draw.normal(size=shape), 0) * (draw.random((shape[0], 1, 1, shape[3])) < 0.6)
        maps[0, 0, 0] = 0.1
        maps[..., :dead] = 0
        silent = maps.max(axis=(1, 2)) <= 0
        what = f"For maps of shape {shape}"
        found = tried(answer(maps.copy()))
        require(isinstance(found, list | tuple | np.ndarray) and len(found) == 2, f"{what}: expected (share, dead).")
        share = require_number(found[0], f"{what}, the share")
        count = require_number(found[1], f"{what}, the dead")
        zeros = float((maps == 0).mean())
        close = abs(share - zeros) < 1e-9 and abs(zeros - silent.mean()) > 1e-6
        require(not close, f"{what}: that is the share of zero values; a channel is silent if *all* its values are.")
        expected = float(silent.mean())
        require(abs(share - expected) < 1e-6, f"{what}: the share is {share:.3f}, which is not right.")
        any_silent = int(silent.any(axis=0).sum())
        mixed = count == any_silent != silent.all(axis=0).sum()
        require(not mixed, f"{what}: these are silent for *some* picture; dead ones are for every picture.")
        require(count == silent.all(axis=0).sum(), f"{what}: {count:.0f} dead channels is not right.")
    return "A silent channel may speak in the next picture; a dead one never does."


@exercise(
    "Channel k goes to row k // columns and column k % columns of the sheet.",
    "The sheet has ceil(channels / columns) rows of maps: -(-channels // columns).",
    "sheet[top:top + height, left:left + width] = maps[..., k]",
)
def tiles(answer):
    """A function (maps, columns) → all maps side by side, row by row, without gaps."""
    draw = np.random.default_rng(5)
    for (height, width, channels), columns in (((2, 3, 6), 3), ((3, 2, 5), 2), ((4, 4, 1), 1), ((2, 2, 7), 4)):
        maps = draw.random((height, width, channels))
        expected = np.zeros((-(-channels // columns) * height, columns * width))
        for k in range(channels):
            top, left = k // columns * height, k % columns * width
            expected[top : top + height, left : left + width] = maps[..., k]
        what = f"{channels} maps of {height} × {width} in {columns} columns"
        found = tried(answer(maps.copy(), columns))
        if np.shape(found) == expected.shape:
            simple = maps.reshape(-1)
            wrong = np.size(found) == simple.size and np.array_equal(np.ravel(found), simple) and channels > 1
            require(not wrong, f"{what}: reshaping alone cuts the maps into pieces; the channel axis comes last.")
        require_array(found, expected, what)
    return "With NaN instead of 0 between them, the gaps stay white in any colour map."


@exercise(
    "layer.input is what the layer gets; a new layer can be called on it.",
    "Make a Conv2D with as many filters and the same kernel size, but without activation, and call it on layer.input.",
    "Give it the weights with set_weights(layer.get_weights()), then keras.Model(model.inputs, outputs).",
)
def cut(answer):
    """A function (model, name) → a model that ends in that convolution before its ReLU."""
    layers = keras.layers
    picture = np.random.default_rng(6).normal(size=(2, 6, 6, 1)).astype("float32")
    for filters, name in ((3, "first"), (4, "second")):
        model = keras.Sequential(
            [
                keras.Input((6, 6, 1)),
                layers.Conv2D(3, 3, padding="same", activation="relu", name="first"),
                layers.Conv2D(4, 3, padding="same", activation="relu", name="second", bias_initializer="normal"),
                layers.Flatten(),
                layers.Dense(2),
            ]
        )
        behind = keras.Model(model.inputs[0], model.get_layer(name).output)
        expected, before = behind(picture).numpy(), model(picture).numpy()  # predict would be traced for each model
        found = tried(answer(model, name))
        require(isinstance(found, keras.Model), f"Expected a keras.Model, got a {type(found).__name__}.")
        same = np.allclose(model(picture).numpy(), before, atol=1e-5)
        require(same and model.get_layer(name).activation is keras.activations.relu, "The given model was changed.")
        try:
            with warnings.catch_warnings(action="ignore"):  # a model made from a list of inputs prefers a list
                values = np.asarray(found(picture))
        except Exception as error:
            raise Wrong(f"Your model for “{name}” fails on a picture: {type(error).__name__}.") from None
        require(np.shape(values) == (2, 6, 6, filters), f"“{name}” has {filters} maps, got shape {np.shape(values)}.")
        require(np.min(values) < 0, f"“{name}”: no value is below 0, so this is still behind the ReLU.")
        close = np.allclose(np.maximum(values, 0), expected, atol=1e-5)
        require(close, f"“{name}”: behind a ReLU your values are not those of the layer. Has it the layer's weights?")
    return "With the values before the ReLU one sees how far from speaking a silent channel is."
