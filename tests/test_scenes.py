"""Animals and composed pictures: files as committed, exact masks, random places, and a cell that is known."""

import numpy as np
import pytest

from helpers import paths
from helpers.course import data
from helpers.datasets import animals
from helpers.errors import CourseError
from helpers.explain import scenes


def square(colour: int, side: int = 8) -> np.ndarray:
    """An opaque square of one colour."""
    return np.concatenate([np.full((side, side, 3), colour), np.full((side, side, 1), 255)], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("name", animals.ANIMALS)
def test_every_animal_is_a_cut_out(name):
    pixels = animals.cut_out(name)
    share = (pixels[..., 3] >= 128).mean()
    assert (
        pixels.dtype == np.uint8
        and pixels.shape[-1] == 4
        and 75 <= min(pixels.shape[:2]) <= max(pixels.shape[:2]) <= 357
    )
    assert 0.15 < share < 0.9 and pixels[pixels[..., 3] >= 128][:, :3].std() > 10
    assert all(0 <= number < 1000 for number in animals.ANIMALS[name])


def test_a_missing_or_altered_animal_is_named(tmp_path, monkeypatch):
    whole = (paths.SAMPLES / "animals/zebra.png").read_bytes()
    assert data._animals()["state"] == data.HERE
    monkeypatch.setattr(paths, "SAMPLES", tmp_path)
    assert data._animals()["state"] == data.MISSING
    with pytest.raises(CourseError, match=r"zebra\.png is missing.*make_cutouts"):
        animals.cut_out("zebra")
    (tmp_path / "animals").mkdir()
    (tmp_path / "animals/zebra.png").write_bytes(whole[:-1] + b"?")
    with pytest.raises(CourseError, match=r"zebra\.png is altered"):
        animals.cut_out("zebra")
    assert data._animals()["state"] == data.DAMAGED
    with pytest.raises(ValueError, match="no animal 'unicorn'"):
        animals.cut_out("unicorn")


@pytest.mark.parametrize("kind", scenes.BACKGROUNDS)
def test_backgrounds_are_colours_and_take_one(kind):
    found = scenes.background(kind, 16, np.random.default_rng(0), (0.9, 0.5, 0.1))
    assert found.shape == (16, 16, 3) and found.min() >= 0 and found.max() <= 1
    assert found[..., 0].mean() > found[..., 2].mean() + 0.2
    with pytest.raises(ValueError, match="no background"):
        scenes.background("forest", 16, np.random.default_rng(0))


def test_the_mask_is_where_the_cut_out_is():
    ground = np.zeros((20, 20, 3))
    picture, mask = scenes.compose(square(255), ground, 0.4, (0.5, 0.25))
    assert mask.sum() == 64 and mask[6:14, 1:9].all() and np.array_equal(picture[..., 0] == 1, mask)
    assert not ground.any(), "the background is left as it was"
    _, corner = scenes.compose(square(255), ground, 0.4, (0, 1))
    assert corner[:8, 12:].all() and corner.sum() == 64, "moved inside, not cut off"


def test_mirror_and_half_alpha():
    cut = square(255)
    cut[:, :4, 3] = 0
    cut[:, 4, 3] = 127
    ground = np.zeros((8, 8, 3))
    _, mask = scenes.compose(cut, ground, 1, (0.5, 0.5))
    mirrored = scenes.compose(cut, ground, 1, (0.5, 0.5), mirror=True)[1]
    assert np.array_equal(mask[0], [0, 0, 0, 0, 0, 1, 1, 1]) and np.array_equal(mask[:, ::-1], mirrored)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: scenes.compose(square(1)[..., :3], np.zeros((8, 8, 3)), 0.5, (0, 0)), "with alpha"),
        (lambda: scenes.compose(square(1), np.zeros((8, 8, 3)), 0, (0, 0)), "height is a share"),
        (lambda: scenes.scenes([], 3, 8, 0), "at least one"),
        (lambda: scenes.scenes([square(1)], 0, 8, 0), "at least one"),
        (lambda: scenes.scenes([square(1)] * 2, 4, 8, 0, colours={0: (1, 0, 0)}), r"no colour for \[1\].*0 to 1"),
        (lambda: scenes.grids(scenes.scenes([square(1)] * 3, 4, 8, 0), 0), "a class twice"),
        (lambda: scenes.grids(scenes.scenes([square(1)] * 3, 3, 8, 0), 0), "four pictures, found 3"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_scenes_repeat_with_their_seed_and_spread_over_the_picture():
    cuts = [square(255), square(0)]
    one, two, other = (scenes.scenes(cuts, 200, 24, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.pictures, two.pictures) and not np.array_equal(one.pictures, other.pictures)
    assert np.bincount(one.labels).tolist() == [100, 100] and one.masks.any(axis=(1, 2)).all()
    assert one.pictures.min() >= 0 and one.pictures.max() <= 1
    rows = [np.argwhere(mask).mean(axis=0) for mask in one.masks]
    assert np.std(rows, axis=0).min() > 2.5, "places differ"
    assert one.masks.mean(axis=(1, 2)).std() > 0.05, "sizes differ"


def test_colours_can_be_tied_to_the_class():
    found = scenes.scenes([square(128)] * 2, 100, 16, 0, colours={0: (0.9, 0.2, 0.2), 1: (0.2, 0.2, 0.9)})
    ground = np.where(found.masks[..., None], np.nan, found.pictures)
    means = np.nanmean(ground, axis=(1, 2))
    assert (means[found.labels == 0, 0] > means[found.labels == 0, 2]).all()
    assert (means[found.labels == 1, 2] > means[found.labels == 1, 0]).all()


def test_a_grid_has_one_right_cell_and_any_class_may_be_asked_for_in_any_of_them():
    many = scenes.scenes([square(c) for c in range(0, 256, 32)], 8 * 40, 16, 0)
    pictures, masks, labels = scenes.grids(many, 0)
    assert pictures.shape == (80, 32, 32, 3) and (masks.mean(axis=(1, 2)) == 0.25).all()
    seen = set()
    for i, label in enumerate(labels):
        row, column = np.argwhere(masks[i])[0]
        cell = pictures[i, row : row + 16, column : column + 16]
        (own,) = [j for j in range(4 * i, 4 * i + 4) if np.array_equal(cell, many.pictures[j])]
        assert masks[i, row : row + 16, column : column + 16].all() and many.labels[own] == label
        seen.add((int(label), row // 16, column // 16))
    assert len(seen) > 20, "of 32 pairs of class and cell"
    assert np.array_equal(masks, scenes.grids(many, 0)[1]) and not np.array_equal(masks, scenes.grids(many, 1)[1])
