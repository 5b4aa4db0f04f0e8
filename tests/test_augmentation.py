"""Augmented batches: right in form, the same again for the same seed, and changed as they say."""

import numpy as np
import pytest

from helpers import augmentation
from helpers.backend import tf

N, SIDE = 24, 8
LABELS = np.arange(N) % 3


def pictures(channels: int = 1) -> np.ndarray:
    """N pictures; all pixels of one have its own value, so that it is known again after any change."""
    values = 10 * (1 + np.arange(N, dtype=np.uint8))
    return np.broadcast_to(values[:, None, None, None], (N, SIDE, SIDE, channels)).copy()


def epoch(data) -> tuple[np.ndarray, np.ndarray]:
    x, y = zip(*((x.numpy(), y.numpy()) for x, y in data), strict=True)
    return np.concatenate(x), np.concatenate(y)


@pytest.mark.parametrize("channels", [1, 3])
def test_shapes_types_and_range(channels):
    data = augmentation.batches(pictures(channels), LABELS, batch_size=5, seed=0, erase=0.5)
    assert len(data) == N // 5  # model.fit and a schedule count steps with it
    for x, y in data:
        assert x.shape == (5, SIDE, SIDE, channels) and x.dtype == tf.float32
        assert y.shape == (5, 3) and y.dtype == tf.float32
        assert x.numpy().min() >= 0 and x.numpy().max() <= 1
        assert set(np.unique(y)) == {0, 1} and (y.numpy().sum(1) == 1).all()


@pytest.mark.parametrize("labels", [LABELS, LABELS[:, None], LABELS.astype(np.uint8), LABELS.tolist()])
def test_labels_stay_with_their_pictures_and_every_picture_comes_once(labels):
    x, y = epoch(augmentation.batches(pictures(), labels, batch_size=4, seed=1))
    values = np.rint(x.max((1, 2, 3)) * 255).astype(int)
    assert sorted(values) == sorted(pictures()[:, 0, 0, 0])
    assert np.array_equal(y.argmax(1), (values // 10 - 1) % 3)


def noisy() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (N, SIDE, SIDE, 1), np.uint8)


def test_the_same_seed_gives_the_same_epochs_and_another_others():
    def two_epochs(seed):
        data = augmentation.batches(noisy(), LABELS, batch_size=6, seed=seed, erase=0.5)
        return [epoch(data)[0] for _ in range(2)]

    first, again, other = two_epochs(3), two_epochs(3), two_epochs(4)
    assert all(map(np.array_equal, first, again))
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("change", [{"flip": True}, {"shift": 2}, {"erase": 1.0}])
def test_each_change_is_drawn_anew_in_every_epoch(change):
    settings = {"flip": False, "shift": 0, "erase": 0.0} | change
    same = np.broadcast_to(noisy()[:1], (N, SIDE, SIDE, 1)).copy()  # one picture: its order cannot tell
    data = augmentation.batches(same, LABELS, batch_size=N, seed=0, **settings)
    assert not np.array_equal(epoch(data)[0], epoch(data)[0])
    calm = augmentation.batches(same, LABELS, batch_size=N, seed=0, flip=False, shift=0)
    assert np.array_equal(epoch(calm)[0], same / np.float32(255))


def test_the_order_is_another_in_every_epoch():
    data = augmentation.batches(pictures(), LABELS, batch_size=N, seed=0, flip=False, shift=0)
    first, second = (epoch(data)[0][:, 0, 0, 0] for _ in range(2))
    assert not np.array_equal(first, second) and np.array_equal(np.sort(first), np.sort(second))


# The changes themselves --------------------------------------------------------------------------


def draw(number: int = 5):
    return augmentation.draws(7, number)


def test_two_epochs_show_every_picture_both_ways_and_about_half_begin_mirrored():
    count = 400
    x = np.zeros((count, 2, 4, 1), np.uint8)
    x[:, 0, 0, 0], x[:, 1, :, 0] = 255, (np.arange(count) % 250)[:, None]  # a mark, and a name
    x[:, 1, 0, 0] = np.arange(count) // 250  # mirrored with the rest, but always in a corner
    data = augmentation.batches(x, np.arange(count) % 2, batch_size=count, seed=5, shift=0)

    def mirrored(pictures):
        whole = np.rint(pictures[..., 0] * 255).astype(int)
        numbers = 250 * np.where(whole[:, 0, 0] > 0, whole[:, 1, 0], whole[:, 1, 3]) + whole[:, 1, 1]
        return whole[np.argsort(numbers), 0, 3] > 0

    first, second, third = (mirrored(epoch(data)[0]) for _ in range(3))
    assert np.array_equal(first, ~second) and np.array_equal(first, third)
    assert 0.4 < first.mean() < 0.6


@pytest.mark.parametrize(("border", "mode"), [("black", "constant"), ("reflect", "reflect")])
@pytest.mark.parametrize("flip", [False, True])
def test_shift_moves_by_whole_pixels_in_all_directions(border, mode, flip):
    count = 400
    x = np.random.default_rng(1).integers(1, 256, (count, SIDE, SIDE, 2), np.uint8)
    data = augmentation.batches(x, np.arange(count), batch_size=count, seed=3, shift=2, border=border, flip=flip)
    found, mirrors = set(), 0
    for picture, target in zip(*epoch(data), strict=True):
        before = x[target.argmax()]
        fits = []
        for mirrored in (False, True):
            padded = np.pad(before[:, ::-1] if mirrored else before, [(2, 2), (2, 2), (0, 0)], mode=mode)
            views = np.lib.stride_tricks.sliding_window_view(padded, (SIDE, SIDE, 2))[:, :, 0]
            same = (views == np.rint(picture * 255)).all((2, 3, 4))
            fits += [(2 - i, 2 - j, mirrored) for i, j in np.argwhere(same)]
        assert len(fits) == 1
        found.add(fits[0][:2])
        mirrors += fits[0][2]
    assert found == {(i, j) for i in range(-2, 3) for j in range(-2, 3)}
    assert (150 < mirrors < 250) if flip else mirrors == 0


def test_erase_turns_one_rectangle_of_the_said_size_into_noise_in_the_said_share():
    side, x = 24, np.full((600, 24, 24, 1), 2.0, np.float32)  # noise lies below 1
    y = augmentation.erased(tf.constant(x), 0.25, draw()).numpy()[..., 0]
    changed = y != 2
    assert 0.19 < changed.any((1, 2)).mean() < 0.31
    for mask in changed[changed.any((1, 2))]:
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        assert mask[np.ix_(rows, columns)].all()  # a filled rectangle, without holes
        assert np.ptp(rows) + 1 == len(rows) and np.ptp(columns) + 1 == len(columns)
        assert mask.sum() <= 0.25 * side * side + 2 * side  # whole pixels round up
    assert y[changed].std() > 0.2 and y[changed].max() < 1
    assert np.array_equal(augmentation.erased(tf.constant(x), 0.0, draw()), x)


def test_the_draws_of_a_batch_differ_from_one_another_and_are_the_same_again():
    first, again = draw(), draw()
    a, b = first((8,)).numpy(), first((8,)).numpy()
    assert not np.array_equal(a, b) and np.array_equal(a, again((8,)).numpy())
    assert not np.array_equal(a, draw(6)((8,)).numpy())


# Bad input ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("images", "labels", "settings", "says"),
    [
        (pictures()[..., 0], LABELS, {}, r"uint8 of shape \(N, H, W, C\), found uint8 of shape \(24, 8, 8\).*newaxis"),
        (pictures() / 255, LABELS, {}, "found float64.*do not scale"),
        (pictures(), LABELS[:-1], {}, "equally many, found 24 and 23"),
        (pictures(), LABELS, {"batch_size": 25}, "from 1 to the number of images, 24, found 25"),
        (pictures(), LABELS, {"batch_size": 0}, "found 0"),
        (pictures(), LABELS, {"border": "white"}, "one of 'black', 'reflect', found 'white'"),
        (pictures(), LABELS, {"seed": -1}, "seed must be a whole number"),
        (pictures(), LABELS, {"seed": "0"}, "seed must be a whole number"),
    ],
)
def test_bad_input_is_named_with_what_was_found(images, labels, settings, says):
    with pytest.raises(ValueError, match=says):
        augmentation.batches(images, labels, **{"batch_size": 4, "seed": 0} | settings)
