"""Exercises of lesson 09: Grad-CAM from maps and slopes, energy by area, one step of gradient ascent."""

import numpy as np

from helpers.exercises import exercise, require, require_array, require_number, tried


@exercise(
    "One weight a map: the mean of its slopes over all places.",
    "slopes.mean(axis=(0, 1)) has one number a channel, and multiplies the last axis of maps.",
    "Add over the last axis, cut at 0, and divide by the largest value if there is one above 0.",
)
def cam(answer):
    """A function (maps, slopes) → heat map in 0–1 of one picture; both are (height, width, channels)."""
    draw = np.random.default_rng(2)
    for shape in ((4, 5, 3), (2, 2, 6), (3, 3, 1)):
        maps, slopes = draw.random(shape), draw.normal(size=shape) + np.linspace(-1, 1.5, shape[-1])
        weights = slopes.mean(axis=(0, 1))
        if not ((weights * maps).sum(-1) > 0).any():
            slopes, weights = -slopes, -weights
        raw = np.maximum((weights * maps).sum(axis=-1), 0)
        what = f"For maps of shape {shape}"
        found = tried(answer(maps.copy(), slopes.copy()))
        if np.shape(found) == raw.shape:
            values = np.asarray(found, float)
            require(np.isfinite(values).all(), f"{what}: there are values that are no numbers.")
            require(values.min() >= 0, f"{what}: there is negative heat; keep what is positive.")
            require(not np.allclose(values, raw) or abs(raw.max() - 1) < 1e-6, f"{what}: the largest value must be 1.")
            each = np.maximum((slopes * maps).sum(axis=-1), 0)
            place = (
                each.max() > 0
                and np.allclose(values, each / each.max())
                and not np.allclose(each / each.max(), raw / raw.max())
            )
            require(not place, f"{what}: each place has its own weight here (HiResCAM); Grad-CAM takes the mean slope.")
        require_array(found, raw / raw.max(), what)
    nothing = answer(np.ones((2, 2, 2)), -np.ones((2, 2, 2)))
    require(np.isfinite(np.asarray(nothing, float)).all(), "If nothing speaks for the class, your map is NaN: 0 / 0.")
    require_array(nothing, np.zeros((2, 2)), "If nothing speaks for the class")
    return "These few lines are the whole method."


@exercise(
    "First for each picture the heat inside by all its heat, then the mean.",
    "A map without heat would be 0 / 0: divide by 1 there.",
    "inside.mean() / masks.mean()",
)
def energy(answer):
    """A function (maps, masks) → mean share of heat inside, by the mean share of the area."""
    draw = np.random.default_rng(3)
    for count, side in ((5, 6), (3, 4)):
        maps, masks = draw.random((count, side, side)) ** 3, draw.random((count, side, side)) < 0.3
        maps[1] *= 50
        masks[:, 0, 0] = True
        shares = (maps * masks).sum(axis=(1, 2)) / maps.sum(axis=(1, 2))
        expected = shares.mean() / masks.mean()
        what = f"For {count} pictures"
        found = require_number(tried(answer(maps.copy(), masks.copy())), what)
        pooled = (maps * masks).sum() / maps.sum() / masks.mean()
        require(
            abs(found - pooled) > 1e-9, f"{what}: one picture with much heat decides; take each picture's share first."
        )
        require(abs(found - shares.mean()) > 1e-9, f"{what}: that is the share of heat; divide it by that of the area.")
        require(abs(found - expected) < 1e-6, f"{what} your function returned {found:.4f}, expected {expected:.4f}.")
        maps[0] = 0
        shares[0] = 0
        again = require_number(answer(maps.copy(), masks.copy()), what)
        require(np.isfinite(again), f"{what}, one of them without heat, the result is no number.")
        right = abs(again - shares.mean() / masks.mean()) < 1e-6
        require(right, f"{what}, one of them without heat: it counts as share 0, and still counts.")
    return "1 is what heat spread evenly gets, whatever the size of the animal."


@exercise(
    "Divide each picture's slopes by their length: the root of the sum of their squares.",
    "axis=(1, 2, 3) with keepdims=True gives one length a picture.",
    "np.clip(pictures + rate * slopes / length, 0, 1), with length 1 where it is 0.",
)
def step(answer):
    """A function (pictures, slopes, rate) → pictures after one step of that length each, clipped to 0–1."""
    draw = np.random.default_rng(4)
    for shape, rate in (((3, 4, 4, 3), 0.5), ((2, 2, 5, 1), 2.0)):
        pictures, slopes = draw.uniform(0.2, 0.8, shape), draw.normal(size=shape)
        slopes[0] *= 30
        length = np.sqrt((slopes**2).sum(axis=(1, 2, 3), keepdims=True))
        what = f"For pictures of shape {shape} and rate {rate}"
        given = pictures.copy()
        found = tried(answer(given, slopes.copy(), rate))
        require(np.array_equal(given, pictures), f"{what}: the pictures given were changed. Work on a copy.")
        if np.shape(found) == shape:
            values = np.asarray(found, float)
            require(np.isfinite(values).all(), f"{what}: there are values that are no numbers.")
            require(values.min() >= 0 and values.max() <= 1, f"{what}: pixels leave 0–1; clip them.")
            down = np.clip(pictures - rate * slopes / length, 0, 1)
            require(not np.allclose(values, down), f"{what}: this goes downhill.")
            whole = np.clip(pictures + rate * slopes / np.sqrt((slopes**2).sum()), 0, 1)
            require(not np.allclose(values, whole), f"{what}: each picture has a length of its own.")
        require_array(found, np.clip(pictures + rate * slopes / length, 0, 1), what)
        slopes[1] = 0
        still = np.asarray(answer(pictures.copy(), slopes.copy(), rate), float)
        require(np.isfinite(still).all(), f"{what}: a picture without slopes becomes NaN: 0 / 0.")
        require_array(still[1], pictures[1], f"{what}: a picture without slopes")
    return "Steps of one length climb at one pace, however steep it is."
