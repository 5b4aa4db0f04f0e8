"""Scores of heat maps against masks: maps whose scores are known, and maps that know nothing."""

import numpy as np
import pytest

from helpers import explain


def masks() -> np.ndarray:
    found = np.zeros((3, 4, 4), bool)
    found[:, :2, :2] = True
    return found


def test_scores_of_maps_whose_scores_are_known():
    maps = np.zeros((3, 4, 4))
    maps[0, 0, 0], maps[0, 3, 3] = 3, 1  # hit, three quarters inside
    maps[1, 0, 1] = maps[1, 3, 3] = 1  # two hottest pixels, one inside
    assert explain.pointing_game(maps, masks()).tolist() == [1, 0.5, 0]
    assert explain.energy_inside(maps, masks()).tolist() == [0.75, 0.5, 0]
    assert explain.area_share(masks()).tolist() == [0.25] * 3
    found = explain.scores(maps, masks())
    assert found["hit_rate"] == 0.5 and found["pictures"] == 3 and found["zero"] == 1
    assert found["energy_ratio"] == pytest.approx((1.25 / 3) / 0.25)
    assert found["hit_low"] < 0.5 < found["hit_high"] and found["energy_low"] <= found["energy"] <= found["energy_high"]


def test_even_heat_has_the_ratio_one_and_the_gaussian_sits_in_the_middle():
    assert explain.scores(np.ones((3, 4, 4)), masks())["energy_ratio"] == pytest.approx(1)
    middle = explain.centred_gaussian((2, 5, 7))
    assert middle.shape == (2, 5, 7) and np.unravel_index(middle[0].argmax(), (5, 7)) == (2, 3)
    assert np.allclose(middle[0], middle[0][::-1, ::-1])
    with pytest.raises(ValueError, match="spread"):
        explain.centred_gaussian((1, 2, 2), 0)


@pytest.mark.parametrize(
    ("maps", "mask", "words"),
    [
        (np.ones((3, 4, 5)), masks(), "both have the shape"),
        (np.ones((3, 4, 4)), np.zeros((3, 4, 4)), "3 masks are empty, the first is number 0"),
        (-np.ones((3, 4, 4)), masks(), "not negative, found values from -1 to -1"),
        (np.full((3, 4, 4), np.nan), masks(), "finite"),
        (np.ones((0, 4, 4)), masks()[:0], "at least one picture"),
    ],
)
def test_scores_refuse(maps, mask, words):
    for score in (explain.pointing_game, explain.energy_inside, explain.scores):
        with pytest.raises(ValueError, match=words):
            score(maps, mask)
