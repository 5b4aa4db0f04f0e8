"""Which picture is this? A hash that survives size and quality, and tells other pictures apart."""

import numpy as np
import pytest
from PIL import Image
from toy_pictures import drawn

from helpers.datasets import likeness


@pytest.mark.parametrize("size", [(500, 375), (64, 64), (33, 90)])
@pytest.mark.parametrize("quality", [95, 40])
def test_a_hash_survives_size_and_quality(size, quality, tmp_path):
    for number in range(20):
        path = tmp_path / "copy.jpg"
        drawn(number).resize(size).save(path, quality=quality)
        far = likeness.distances(
            likeness.difference_hash(Image.open(path))[None], likeness.difference_hash(drawn(number))[None]
        )
        assert far[0, 0] <= likeness.SAME


def test_other_pictures_have_other_hashes():
    hashes = np.array([likeness.difference_hash(drawn(number)) for number in range(60)])
    far = likeness.distances(hashes, hashes)
    assert (np.diagonal(far) == 0).all() and (far == far.T).all()
    assert far[np.triu_indices(60, 1)].min() > likeness.SAME
    assert likeness.twins(np.concatenate([hashes, hashes[[7]]])) == [(7, 60)]


def test_distances_count_bits():
    a, b = np.zeros((1, 16), np.uint8), np.zeros((1, 16), np.uint8)
    b[0, 3], b[0, 15] = 0b101, 255
    assert likeness.distances(a, b).tolist() == [[10]]
    with pytest.raises(ValueError, match=r"others: expected uint8 \(N, 16\), found int64 \(1, 16\)"):
        likeness.distances(a, b.astype(np.int64))


def test_assignment_takes_the_closest_first_and_each_picture_once():
    wanted = np.zeros((3, 16), np.uint8)
    wanted[1, 0], wanted[2, 8:] = 0b11, 255  # 0 and 1 are near twins, 2 is far away
    found = np.zeros((2, 16), np.uint8)
    found[0, 0] = 0b11
    assert likeness.assigned(wanted, found).tolist() == [1, 0, -1]
    assert likeness.assigned(wanted, found[:1]).tolist() == [-1, 0, -1], "one picture cannot be two"
    assert likeness.assigned(wanted, found[:0]).tolist() == [-1, -1, -1]
