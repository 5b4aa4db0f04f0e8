"""Answers to the exercises of lesson 06: right ones written differently, plausible wrong ones."""

import numpy as np

from helpers.backend import keras

MEANS = (103.939, 116.779, 123.68)
NEEDED = ["another picture", "another size of the pictures", "other weights in the base", "inputs divided by 255"]


def by_keras(pictures):
    return keras.applications.vgg16.preprocess_input(pictures.astype("float32"))


def in_place(pictures):
    pictures[:] = pictures[..., ::-1]
    return pictures.astype(float) - MEANS


RIGHT = [
    ("prepared", lambda x: x[..., ::-1] - np.array(MEANS)),
    ("prepared", by_keras),
    ("prepared", lambda x: np.stack([x[..., 2] - 103.939, x[..., 1] - 116.779, x[..., 0] - 123.68], -1).tolist()),
    ("feature_count", lambda side: (side // 32) ** 2 * 512),
    ("feature_count", lambda side: np.int64(512 * (side // 2 // 2 // 2 // 2 // 2) ** 2)),
    ("feature_count", lambda side: 512.0 * int(side / 32) ** 2),
    ("new_pass", set(NEEDED)),
    ("new_pass", tuple(reversed(NEEDED))),
]
WRONG = [
    ("prepared", lambda x: x - np.array(MEANS)[::-1], "still red, green, blue"),
    ("prepared", lambda x: (x - np.array(MEANS))[..., ::-1], "wrong channel"),
    ("prepared", lambda x: x / 255, "does not divide by 255"),
    ("prepared", lambda x: x[..., ::-1] - 117.0, "values differ"),
    ("prepared", lambda x: (x[..., ::-1] - np.array(MEANS))[0], "expected shape"),
    ("prepared", in_place, "Work on a copy"),
    ("prepared", lambda x: "BGR", "expected numbers"),
    ("feature_count", lambda side: side // 32 * 512, "a height and a width"),
    ("feature_count", lambda side: (side / 32) ** 2 * 512, "drops the rest"),
    ("feature_count", lambda side: 8192, "not right"),
    ("feature_count", lambda side: "many", "expected a number"),
    ("feature_count", lambda side: True, "expected a number"),
    ("new_pass", NEEDED[:3], "“inputs divided by 255” is not in your answer"),
    ("new_pass", [*NEEDED, "other labels"], "changes nothing"),
    ("new_pass", [*NEEDED, "more coffee"], "none of the changes"),
    ("new_pass", "another picture", "Expected a set"),
    ("new_pass", 4, "Expected a set"),
]
