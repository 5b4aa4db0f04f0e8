"""The learning-rate range test: a best rate below the ceiling, and a model left as it was."""

import numpy as np
import pytest
from toy_network import X, Y, network

from helpers import diagnose
from helpers.backend import keras


def test_the_range_test_finds_a_best_rate_below_the_ceiling_and_leaves_the_model_alone():
    model = network()
    before = model.get_weights()
    found = diagnose.rate_range(model, X, Y, low=1e-5, high=100, steps=60, batch_size=20)
    assert found.rates.shape == found.losses.shape == found.smooth.shape == (60,)
    assert 1e-4 < found.best < found.ceiling <= 100 and found.suggested == found.best / 10
    assert all(map(np.array_equal, before, model.get_weights()))


def test_a_range_without_trouble_has_no_ceiling_and_one_that_ends_in_nan_is_cut():
    assert diagnose.rate_range(network(), X, Y, low=1e-6, high=1e-4, steps=10).ceiling is None
    wild = network(last=None)
    wild.compile(keras.optimizers.SGD(1.0), "mse")
    found = diagnose.rate_range(wild, X, np.eye(4, dtype="float32")[Y], low=1e-3, high=1e38, steps=12)
    assert np.isnan(found.losses[-1]) and np.isfinite(found.best)


def test_a_range_test_that_begins_with_no_number_is_refused():
    model = network(last=None, loss="mse")
    with pytest.raises(ValueError, match="not finite in the first step, at a rate of 1e-05"):
        diagnose.rate_range(model, X, np.full((len(X), 4), np.nan, "float32"))


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"low": 0}, "0 < low < high, found low = 0 "),
        ({"low": 2.0, "high": 1.0}, r"found low = 2\.0 and high = 1\.0"),
        ({"steps": 5}, "at least 10 .*found 5"),
    ],
)
def test_a_range_test_without_a_range_is_refused(bad, says):
    with pytest.raises(ValueError, match=says):
        diagnose.rate_range(network(), X, Y, **bad)
