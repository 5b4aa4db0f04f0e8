"""Weights that are lost and come back, and a rank correlation that knows order only."""

import numpy as np
import pytest
from toy_detector import SIDE, bright_detector, spots

from helpers import explain
from helpers.backend import keras


def test_random_weights_come_and_go():
    model, (images, _) = bright_detector(), spots()
    before = model.get_weights()
    assert explain.weighted(model) == ["answer", "copy", "spots"]
    with explain.random_weights(model, ["spots"], seed=3):
        inside = model.get_weights()
        assert not np.array_equal(inside[0], before[0]) and np.array_equal(
            np.sort(inside[0], None), np.sort(before[0], None)
        )
        assert all(np.array_equal(a, b) for a, b in zip(inside[2:], before[2:], strict=True))
        changed = explain.grad_cam(model, images, 1).maps
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), before, strict=True))
    assert not np.allclose(changed, explain.grad_cam(model, images, 1).maps)
    with pytest.raises(ValueError, match="There are: answer"), explain.random_weights(model, ["mean"]):
        pass


def test_a_model_without_weights_has_none_to_lose():
    empty = keras.Sequential([keras.Input((SIDE, SIDE, 3)), keras.layers.Flatten()], name="empty")
    with pytest.raises(ValueError, match="'empty' has no layer with weights"), explain.random_weights(empty):
        pass


def test_rank_correlation_knows_order_only():
    a = np.random.default_rng(0).random((3, 5, 5))
    assert np.allclose(explain.rank_correlation(a, a**3), 1) and np.allclose(explain.rank_correlation(a, -a), -1)
    assert explain.rank_correlation(a, np.ones_like(a)).tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match="one shape"):
        explain.rank_correlation(a, a[:2])
