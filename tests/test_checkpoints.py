"""Weights kept in the cache: trained once, found again, and never taken for another training."""

import numpy as np
import pytest

from helpers import checkpoints, paths
from helpers.backend import keras


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))


def network(seed: int = 0, units: int = 2) -> keras.Model:
    keras.utils.set_random_seed(seed)
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(units)])


def trained(model: keras.Model, recipe: dict, value: float = 7.0) -> bool:
    """Whether ``kept`` had to train; training sets every weight to the value."""
    asked = []

    def train():
        asked.append(True)
        model.set_weights([np.full_like(w, value) for w in model.get_weights()])

    found = checkpoints.kept("toy", model, recipe, train)
    assert found is not bool(asked)
    assert all((w == 7).all() for w in model.get_weights())
    return bool(asked)


def test_the_same_training_is_not_done_twice():
    assert trained(network(), {"epochs": 3})
    assert not trained(network(), {"epochs": 3})


@pytest.mark.parametrize(
    ("model", "recipe"), [((1, 2), {"epochs": 3}), ((0, 4), {"epochs": 3}), ((0, 2), {"epochs": 4}), ((0, 2), {})]
)
def test_another_seed_network_or_recipe_is_another_training(model, recipe):
    assert trained(network(), {"epochs": 3})
    assert trained(network(*model), recipe)


def test_a_file_that_was_cut_short_is_made_again():
    assert trained(network(), {})
    (file,) = (paths.cache() / "checkpoints").iterdir()
    file.write_bytes(file.read_bytes()[:100])
    assert trained(network(), {})
    assert not trained(network(), {})


def test_a_training_that_fails_leaves_nothing():
    def fail():
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        checkpoints.kept("toy", network(), {}, fail)
    assert not (paths.cache() / "checkpoints").exists()
