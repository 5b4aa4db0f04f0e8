"""Logistic regression: against the condition of its minimum, and with bad input."""

import numpy as np
import pytest

from helpers import linear


def clouds(count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(0)
    labels = np.arange(count) % 2
    return draw.normal(size=(count, 3)) + labels[:, None] * (2.0, 0.0, -1.0), labels


def test_it_separates_and_knows_its_own_accuracy():
    x, y = clouds()
    model = linear.logistic(x, y, strength=1.0)
    assert model.accuracy(x, y) == ((x @ model.weights + model.bias > 0) == y).mean() > 0.8


@pytest.mark.parametrize("strength", [1e-2, 1.0])
def test_the_gradient_is_zero_at_the_minimum(strength):
    x, y = clouds()
    model = linear.logistic(x, y, strength=strength)
    error = 1 / (1 + np.exp(-model.logits(x))) - y
    assert np.allclose(x.T @ error + model.weights / strength, 0, atol=2e-2)
    assert abs(error.sum()) < 2e-2


def test_a_small_strength_keeps_the_weights_small():
    x, y = clouds()
    small, large = (np.linalg.norm(linear.logistic(x, y, strength=s).weights) for s in (1e-4, 1.0))
    assert small < large / 10


def test_many_large_features_that_can_be_separated_reach_the_minimum_and_an_early_end_is_told():
    draw = np.random.default_rng(0)
    labels = np.arange(600) % 2
    x = 10 * np.abs(draw.normal(size=(600, 512))) + 3 * labels[:, None] * (draw.random(512) < 0.2)
    model = linear.logistic(x, labels, strength=1.0)
    error = 1 / (1 + np.exp(-model.logits(x))) - labels
    assert model.accuracy(x, labels) == 1 and np.abs(x.T @ error + model.weights).max() < 1e-2
    with pytest.raises(RuntimeError, match="not reached in 200 steps, with strength 1 and features up to"):
        linear.logistic(x, labels, strength=1.0, steps=200)


def test_the_strength_is_chosen_by_the_loss_on_held_out_features():
    x, y = clouds(20)
    held_x, held_y = clouds(400)
    planes = {s: linear.logistic(x, y, strength=s) for s in (1e-4, 1e-1, 1e3)}
    loss = {s: -np.log(1 / (1 + np.exp(-np.where(held_y, 1, -1) * p.logits(held_x)))).mean() for s, p in planes.items()}
    best = planes[min(loss, key=loss.get)]
    assert min(loss, key=loss.get) == 1e-1  # neither the first nor the last
    assert np.array_equal(linear.chosen(x, y, held_x, held_y, list(planes)).weights, best.weights)


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (np.zeros((4, 2)), np.zeros(3), r"found \(4, 2\) and \(3,\)"),
        (np.zeros((4, 2, 2)), np.zeros(4), r"found \(4, 2, 2\)"),
        (np.zeros((4, 2)), np.zeros(4), r"both occur, found \[0\.\]"),
        (np.zeros((4, 2)), np.array([0, 1, 2, 1]), r"must be 0 and 1"),
    ],
)
def test_bad_input_is_named(x, y, said):
    with pytest.raises(ValueError, match=said):
        linear.logistic(x, y)
