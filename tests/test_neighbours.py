"""Nearest neighbours: those that a loop finds, by features that see neither brightness nor contrast."""

import numpy as np
import pytest
from toy_network import X

from helpers import neighbours

DRAW = np.random.default_rng(1)


def test_neighbours_are_those_that_a_loop_finds():
    a, b = neighbours.features(X), neighbours.features(X[::-1] + 0.01 * DRAW.random(X.shape))
    positions, similar = neighbours.nearest(a, b, block=7)
    slow = np.array([[float(p @ q) for q in b] for p in a])
    assert np.array_equal(positions, slow.argmax(1)) and np.allclose(similar, slow.max(1), atol=1e-6)
    others, _ = neighbours.nearest(a, a, skip_self=True, block=30)
    np.fill_diagonal(slow := a @ a.T, -9)
    assert np.array_equal(others, slow.argmax(1)) and (others != np.arange(len(a))).all()


def test_features_do_not_see_brightness_and_contrast():
    pictures = DRAW.random((5, 16, 16, 3))
    np.testing.assert_allclose(neighbours.features(pictures), neighbours.features(0.3 * pictures + 0.2), atol=1e-5)
    assert np.allclose(np.linalg.norm(neighbours.features(pictures), axis=1), 1, atol=1e-5)
    assert np.isfinite(neighbours.features(np.zeros((2, 8, 8, 1)))).all()


def test_bad_input_to_neighbours_is_named():
    with pytest.raises(ValueError, match="divisible by 8, found"):
        neighbours.features(np.zeros((2, 10, 8, 1)))
    with pytest.raises(ValueError, match="as many columns"):
        neighbours.nearest(np.zeros((2, 3)), np.zeros((2, 4)))
    with pytest.raises(ValueError, match="different lengths"):
        neighbours.nearest(np.zeros((2, 3)), np.zeros((3, 3)), skip_self=True)
