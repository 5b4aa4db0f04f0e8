"""Exercises of appendix A1: choosing a layer's arguments, counting with groups, a kernel with a purpose."""

from collections.abc import Callable

import numpy as np

from helpers.backend import keras
from helpers.exercises import Wrong, exercise, require, require_array, require_number, tried


def _checked_layer(answer: object) -> keras.layers.Conv2D:
    """The answer itself if it is a ``Conv2D`` layer."""
    require(
        isinstance(answer, keras.layers.Conv2D),
        f"Expected a layer, Conv2D(...), got {answer!r:.40} (a {type(answer).__name__}).",
    )
    return answer


def _output(layer: keras.layers.Conv2D, pixels: np.ndarray) -> np.ndarray:
    """What the layer makes of a batch; :class:`Wrong` with Keras' own first line if it cannot take it."""
    try:
        return np.asarray(layer(pixels))
    except ValueError as error:
        reason = str(error).strip().splitlines()[0]
        raise Wrong(f"Your layer does not take a picture of shape {pixels.shape}: {reason}") from None


@exercise(
    "Which argument makes the window jump, and which one keeps the border?",
    "strides=2 halves; padding='same' makes the result exactly half, rounded up.",
)
def halving_layer(answer: object) -> str:
    """A ``Conv2D`` layer with 8 filters 3 × 3 that halves every even size."""
    layer = _checked_layer(answer)
    layer = type(layer).from_config(layer.get_config())  # a fresh one: yours may have met pictures of other sizes
    window = tuple(layer.kernel_size)
    require(window == (3, 3), f"The window should be 3 × 3, yours is {window[0]} × {window[1]}.")
    require(layer.filters == 8, f"There should be 8 filters, yours has {layer.filters}.")
    for size in (28, 64, 10):
        found = _output(layer, np.zeros((1, size, size, 1), "float32")).shape
        expected = (1, size // 2, size // 2, 8)
        require(found == expected, f"A picture of {size} × {size} becomes {found}; expected {expected}.")
    return "A stride can replace a pooling layer, with weights of its own."


@exercise(
    "How many input channels does one filter see when the channels are cut into groups?",
    "kernel · kernel · (channels // groups) weights for each filter, and one bias each where there is one.",
)
def grouped_count(answer: Callable) -> str:
    """A function (channels, filters, kernel, groups, use_bias) that returns the number of parameters."""
    for channels, filters, kernel, groups, use_bias in (
        (3, 8, 3, 1, True),
        (12, 6, 5, 3, True),
        (16, 16, 3, 16, False),
        (8, 4, 1, 2, False),
    ):
        found = tried(answer(channels, filters, kernel, groups, use_bias))
        where = f"With {channels} channels, {filters} filters, kernel={kernel}, groups={groups}, bias {use_bias}"
        number = require_number(found, where)
        weights = kernel**2 * (channels // groups) * filters
        expected = weights + filters * use_bias
        ungrouped = kernel**2 * channels * filters + filters * use_bias
        require(
            number == expected or number != ungrouped,
            f"{where} your function returned {found:,}: a filter sees its own group's channels only.",
        )
        twice = kernel**2 * (channels // groups) * (filters // groups) + filters * use_bias
        require(
            number == expected or number != twice,
            f"{where} your function returned {found:,}: the kernels of all groups count, not of one.",
        )
        require(
            number == expected or number not in (weights, weights + filters),
            f"{where} your function returned {found:,}: look at the bias again.",
        )
        require(number == expected, f"{where} your function returned {found:,}, which is not the count.")
    return "With as many groups as channels, each filter is only one channel deep."


@exercise(
    "Each output pixel should be a copy of its left neighbour. Which of the nine weights is 1, then?",
    "Only the weight in the middle row, left column; no bias, no activation, padding='same'.",
)
def shifting_layer(answer: object) -> str:
    """A ``Conv2D`` layer with one filter that moves a grey picture one pixel to the right."""
    layer = _checked_layer(answer)
    pixels = np.random.default_rng(0).uniform(-1, 1, (2, 6, 7, 1)).astype("float32")
    moved = np.zeros_like(pixels)
    moved[:, :, 1:] = pixels[:, :, :-1]
    found = _output(layer, pixels)
    if found.shape == pixels.shape:
        for axis, step, direction in ((2, -1, "left"), (1, -1, "up"), (1, 1, "down")):
            other = np.roll(pixels, step, axis=axis)
            inside = (slice(None), slice(1, -1), slice(1, -1))
            require(
                not np.allclose(found[inside], other[inside], atol=1e-5),
                f"Your layer moves the picture {direction}. The window slides without being flipped.",
            )
        require(not np.allclose(found, pixels, atol=1e-5), "Your layer leaves the picture where it is.")
        require(
            not np.allclose(found, np.maximum(moved, 0), atol=1e-5),
            "Negative values are lost: leave the activation out.",
        )
    require_array(found, moved, "The moved picture", tolerance=1e-5)
    return "Moving a picture is a convolution too."
