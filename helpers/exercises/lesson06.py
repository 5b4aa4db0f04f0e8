"""Exercises of lesson 06: preparing pixels by hand, counting features, and what needs a new pass."""

import numpy as np

from helpers.exercises import exercise, require, require_array, require_number, tried

MEANS = np.array([103.939, 116.779, 123.68])  # of blue, green and red


@exercise(
    "Two steps: another order of the channels, then a subtraction.",
    "The last axis turned round is pictures[..., ::-1].",
    "Subtract (103.939, 116.779, 123.68) after turning the channels round, not before.",
)
def prepared(answer):
    """A function (pictures) → what VGG16 expects, for pictures (N, H, W, 3) from 0 to 255 in red, green, blue."""
    draw = np.random.default_rng(6)
    for shape in ((1, 2, 2, 3), (2, 3, 4, 3)):
        pictures = draw.integers(0, 256, shape).astype(np.uint8)
        expected = pictures[..., ::-1].astype(float) - MEANS
        what = f"For pictures of shape {shape}"
        given = pictures.copy()
        found = tried(answer(given))
        require(np.array_equal(given, pictures), f"{what}: the pictures you were given were changed. Work on a copy.")
        if np.shape(found) == shape:
            values = np.asarray(found, float)
            unturned = pictures - MEANS[::-1]
            require(not np.allclose(values, unturned, atol=0.01), f"{what}: the channels are still red, green, blue.")
            early = (pictures - MEANS)[..., ::-1]
            require(not np.allclose(values, early, atol=0.01), f"{what}: each mean was taken from the wrong channel.")
            require(np.abs(values).max() > 2, f"{what}: the values are still scaled. VGG16 does not divide by 255.")
        require_array(found, expected, what, tolerance=0.01)
    return "This is all that preprocess_input does for VGG16, and half of the puzzle."


@exercise(
    "Each of the five blocks ends with a pooling that halves the side and drops what is left over.",
    "Five halvings: side // 2 // 2 // 2 // 2 // 2, which is side // 32. The channels are 512.",
)
def feature_count(answer):
    """A function (side) → how many features VGG16's base has for a picture of side × side pixels."""
    for side in (150, 180, 224, 64, 33, 95):
        found = require_number(tried(answer(side)), f"feature_count({side})")
        expected, flat, whole = (side // 32) ** 2 * 512, side // 32 * 512, (side / 32) ** 2 * 512
        call = f"feature_count({side})"
        require(found == expected or found != flat, f"{call}: the output has a height and a width.")
        require(found == expected or found != whole, f"{call}: a pooling drops the rest.")
        require(found == expected, f"{call} returned {found:,.0f}, which is not right.")
    return "At 150 pixels 8,192, as published; averaged over space it is always 512."


CHANGES = {
    "other labels": False,
    "another picture": True,
    "another dropout in the head": False,
    "another learning rate": False,
    "another size of the pictures": True,
    "other weights in the base": True,
    "inputs divided by 255": True,
    "another split of the same pictures": False,
}


@exercise(
    "Ask of each change: does the base see anything else, or is it another base?",
    "Labels, head and optimizer come after the features.",
)
def new_pass(answer):
    """Those of the changes that make kept features useless; a set, list or tuple of their names."""
    tried(answer)
    require(
        isinstance(answer, set | frozenset | list | tuple) and all(isinstance(a, str) for a in answer),
        "Expected a set of names.",
    )
    unknown = sorted(set(answer) - set(CHANGES))
    require(not unknown, f"“{unknown[0] if unknown else ''}” is none of the changes.")
    for change, needs in CHANGES.items():
        if needs:
            require(change in answer, f"“{change}” is not in your answer. What does the base compute then?")
        else:
            require(change not in answer, f"“{change}” changes nothing that the base sees or is.")
    return (
        "These change what the base sees or is. The course's key also holds the order of the pictures: to each its own."
    )
