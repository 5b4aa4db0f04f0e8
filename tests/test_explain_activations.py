"""Activations: those of a model cut there, which are silent, what they are like, and all of them in one picture."""

import numpy as np
import pytest
from toy_detector import bright_detector, flat, spots

from helpers import explain
from helpers.backend import keras


@pytest.mark.parametrize("kind", ["functional", "sequential", "nested", "own"])
def test_activations_are_those_of_a_model_cut_there(kind):
    model, (images, _) = bright_detector(kind=kind), spots()
    found = explain.activations(model, images, batch_size=1)
    assert list(found) == ["spots", "copy"]
    functional = bright_detector()
    cut = keras.Model(functional.inputs, functional.get_layer("spots").output)
    assert np.allclose(found["spots"], cut.predict(images, verbose=0), atol=1e-6)


def test_activations_refuse_what_has_no_maps():
    with pytest.raises(ValueError, match="no layer named"):
        explain.activations(bright_detector(), spots()[0], ["x"])
    with pytest.raises(ValueError, match="expected maps"):
        explain.activations(bright_detector(), spots()[0], ["answer"])
    with pytest.raises(ValueError, match="no 2-D convolution"):
        explain.activations(flat(), spots()[0])
    with pytest.raises(ValueError, match=r"picture\[None\]"):
        explain.activations(bright_detector(), spots()[0][0])


def test_activations_refuse_two_answers_under_one_name():
    inputs, shared = keras.Input((8, 8, 3)), keras.layers.Conv2D(3, 1, name="shared")
    part = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(3, 1, name="conv")], name="a")
    other = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(3, 1, name="conv")], name="b")
    images = np.zeros((3, 8, 8, 3))
    for outputs, name in ((shared(shared(inputs)), "shared"), (other(part(inputs)), "conv")):
        with pytest.raises(ValueError, match=f"'{name}' answers twice in one pass"):
            explain.activations(keras.Model(inputs, outputs), images, batch_size=2)


def test_silent_channels():
    maps = np.zeros((2, 3, 3, 3))
    maps[0, 1, 2, 0] = 0.1
    maps[1, :, :, 1] = -1
    assert explain.silent(maps).tolist() == [[False, True, True], [True, True, True]]
    with pytest.raises(ValueError, match=r"\(N, h, w, C\)"):
        explain.silent(maps[0])


def test_likeness_is_a_correlation_over_places():
    pattern = np.arange(16.0).reshape(4, 4)
    maps = np.stack([pattern, -2 * pattern + 3, np.ones((4, 4)), pattern.T], axis=-1)
    found = explain.likeness(maps, pattern)
    assert np.allclose(found[:3], [1, -1, 0]) and found[3] == pytest.approx(
        np.corrcoef(maps[..., 3].ravel(), pattern.ravel())[0, 1]
    )
    big = np.kron(pattern, np.ones((2, 2)))
    assert np.allclose(explain.likeness(maps, big)[:2], [1, -1])
    with pytest.raises(ValueError, match="pattern"):
        explain.likeness(maps, pattern[0])


def test_a_mosaic_has_every_map_once():
    maps = np.random.default_rng(0).random((2, 3, 5))
    found = explain.mosaic(maps, columns=2, gap=1)
    assert found.shape == (3 * 3 - 1, 2 * 4 - 1)
    assert np.array_equal(found[3:5, 4:7], maps[..., 3]) and np.isnan(found[2]).all() and np.isnan(found[6:, 4:]).all()
    assert explain.mosaic(maps, columns=99).shape == (2, 5 * 4 - 1)
    with pytest.raises(ValueError, match="columns"):
        explain.mosaic(maps, columns=0)
