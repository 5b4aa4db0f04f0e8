"""Photographs in memory: reading, and each change on pictures whose pixels say where they came from."""

import numpy as np
import pytest
from PIL import Image

from helpers import augmentation, photographs
from helpers.backend import keras, tf

COUNT, SIDE = 64, 24


def draws(number: int = 0):
    return augmentation.draws(0, number)


def places(count: int = COUNT, side: int = SIDE) -> np.ndarray:
    """Pictures whose red is the column and whose green is the row, from 0 to 1; blue is the picture's number."""
    along = np.linspace(0, 1, side, dtype=np.float32)
    batch = np.zeros((count, side, side, 3), np.float32)
    batch[..., 0], batch[..., 1] = along[None, None, :], along[None, :, None]
    batch[..., 2] = np.arange(count)[:, None, None] / count
    return batch


def test_reading_keeps_order_size_and_values(tmp_path):
    files = []
    for i, (mode, name) in enumerate((("RGB", "a b.png"), ("L", "고양이.jpg"), ("RGB", "c.jpg"))):
        files.append(tmp_path / name)
        Image.new("RGB", (40 + i, 30), (10 + 60 * i, 90, 200)).convert(mode).save(files[-1])
    found = photographs.read(files, 20)
    assert found.shape == (3, 20, 20, 3) and found.dtype == np.uint8
    for i, colour in ((0, (10, 90, 200)), (2, (130, 90, 200))):
        assert np.abs(found[i].astype(int) - colour).max() <= 2
    assert (found[1][..., 0] == found[1][..., 2]).all(), "a grey picture has three equal channels"


@pytest.mark.parametrize(("files", "side", "words"), [([], 8, "found none"), (["x"], 0, "at least 1, found 0")])
def test_reading_refuses(files, side, words):
    with pytest.raises(ValueError, match=words):
        photographs.read(files, side)


@pytest.mark.parametrize("bad", ["missing", "short", "text"])
def test_reading_names_the_file_that_cannot_be_read(bad, tmp_path):
    files = [tmp_path / f"{i}.jpg" for i in range(5)]
    for file in files:
        Image.effect_noise((60, 60), 50).save(file)
    if bad == "missing":
        files[3].unlink()
    else:
        files[3].write_bytes(files[3].read_bytes()[:300] if bad == "short" else b"no picture")
    with pytest.raises(ValueError, match=r"3\.jpg is missing, or damaged, or of another format.*Remove it"):
        photographs.read(files, 8)


def test_resizing_is_that_of_tensorflow_and_keeps_whole_numbers():
    images = np.random.default_rng(0).integers(0, 256, (5, 12, 12, 3), np.uint8)
    found = photographs.resized(images, 6, block=2)
    assert found.dtype == np.uint8 and found.shape == (5, 6, 6, 3)
    assert np.abs(found - tf.image.resize(images, (6, 6), antialias=True).numpy()).max() <= 0.5
    with pytest.raises(ValueError, match="uint8"):
        photographs.resized(images / 255, 6)


@pytest.mark.parametrize("area", [(0.3, 1.0), (0.25, 0.25)])
def test_crops_keep_to_their_areas_and_proportions(area):
    found = photographs.cropped(places(400), 16, draws(), area).numpy()
    assert found.shape == (400, 16, 16, 3)
    width = found[:, 0, -1, 0] - found[:, 0, 0, 0]
    height = found[:, -1, 0, 1] - found[:, 0, 0, 1]
    assert (found[..., 0] == found[:, :1, :, 0]).all(), "columns stay columns"
    assert (width <= 1 + 1e-5).all() and (height <= 1 + 1e-5).all()
    assert (width * height <= area[1] + 1e-4).all() and (width * height >= 0.75 * area[0]).all()
    ratio = width / height
    assert 0.74 < ratio.min() < 0.8 and 1.25 < ratio.max() < 1.35
    assert width.std() > 0.02 and found[:, 0, 0, 0].std() > 0.05, "every picture has its own"


def test_the_chosen_parts_are_mirrored_from_left_to_right():
    chosen = np.arange(COUNT) % 3 == 0
    plain, turned = (photographs.cropped(places(), 16, draws(), mirrored=m).numpy() for m in (None, chosen))
    assert np.allclose(turned[chosen], plain[chosen][:, :, ::-1], atol=1e-5)
    assert np.array_equal(turned[~chosen], plain[~chosen])


def test_all_of_the_picture_is_all_of_it():
    batch = places(8)
    found = photographs.cropped(batch, SIDE, draws(), (1.0, 1.0), ratio=1.0).numpy()
    assert np.abs(found - batch).max() < 1e-5


def test_colours_stay_within_their_bounds():
    batch = np.full((300, 4, 4, 3), (0.5, 0.4, 0.3), np.float32)
    found = photographs.coloured(batch, 0.4, draws()).numpy()
    assert found.min() >= 0 and found.max() <= 1
    grey = (found * photographs.GREY).sum(-1).mean((1, 2)) / (batch * photographs.GREY).sum(-1).mean((1, 2))
    assert 0.6 <= grey.min() < 0.65 and 1.35 < grey.max() <= 1.4, "of a flat picture, brightness alone is seen"
    spread = (found.max(-1) - found.min(-1)).mean((1, 2)) / grey / 0.2
    assert 0.3 < spread.min() < 0.6 and 1.4 < spread.max() < 2.0, "saturation and contrast"
    assert np.allclose(photographs.coloured(batch, 0.0, draws()), batch, atol=1e-6)


def test_mixing_pastes_the_next_picture_and_counts_its_area():
    batch, targets = places(200), np.eye(200, dtype=np.float32)
    pictures, mixed = (part.numpy() for part in photographs.mixed(batch, targets, 0.5, draws()))
    assert np.allclose(mixed.sum(1), 1, atol=1e-6)
    number = np.round(200 * pictures[..., 2]).astype(int)
    share = (number != np.arange(200)[:, None, None]).mean((1, 2))
    others = np.roll(np.arange(200), 1)
    assert all(set(np.unique(number[i])) <= {i, others[i]} for i in range(200))
    assert np.allclose(mixed[np.arange(200), others], share, atol=1e-6)
    assert np.array_equal(pictures[..., :2], batch[..., :2]), "it is pasted at its own place"
    assert 0.35 < (share > 0).mean() < 0.6 and share.max() > 0.3
    untouched, same = photographs.mixed(batch, targets, 0.0, draws())
    assert np.array_equal(untouched, batch) and np.array_equal(same, targets)


def whole(count: int = 40) -> tuple[np.ndarray, np.ndarray]:
    return (255 * places(count)).astype(np.uint8), np.arange(count) % 2


def test_unchanged_pictures_come_once_with_their_labels_in_an_order_of_each_epoch():
    images, labels = np.arange(7, dtype=np.uint8)[:, None] * 10, np.arange(7)
    keras.utils.set_random_seed(3)
    in_order, drawn = (photographs.unchanged(images, labels, batch_size=3, shuffled=s) for s in (False, True))
    assert [len(x) for x, _ in in_order] == [3, 3, 1]
    orders = []
    for batches in (in_order, drawn, drawn):
        pairs = [(x.numpy()[:, 0], y.numpy()) for x, y in batches]
        pictures, answers = (np.concatenate(part) for part in zip(*pairs, strict=True))
        assert pictures.dtype == np.uint8 and np.array_equal(pictures, answers * 10)
        orders.append(answers.tolist())
    assert orders[0] == list(range(7)) and all(sorted(order) == orders[0] for order in orders)
    assert len({tuple(order) for order in orders}) == 3
    keras.utils.set_random_seed(3)
    again = photographs.unchanged(images, labels, batch_size=3, shuffled=True)
    assert np.concatenate([y for _, y in again]).tolist() == orders[1]
    assert drawn.options().autotune.enabled is False and in_order.options().autotune.enabled is False


@pytest.mark.parametrize(
    ("labels", "size", "words"),
    [(np.arange(3), 2, "equally many, found 4 and 3"), (np.arange(4), 0, "batch_size must be at least 1, found 0")],
)
def test_unchanged_refuses(labels, size, words):
    with pytest.raises(ValueError, match=words):
        photographs.unchanged(np.zeros((4, 2, 2, 3), np.uint8), labels, batch_size=size)


def test_a_seed_gives_the_same_epochs_and_every_epoch_is_new():
    images, labels = whole()
    options = {"batch_size": 8, "seed": 3, "side": 12}
    one, two = (photographs.batches(images, labels, **options) for _ in range(2))
    first = [x.numpy() for x, _ in one]
    assert len(one) == 5 == len(first) and all((x == y.numpy()).all() for x, (y, _) in zip(first, two, strict=True))
    second = [x.numpy() for x, _ in one]
    assert not any((x == y).all() for x, y in zip(first, second, strict=True))
    other = photographs.batches(images, labels, **(options | {"seed": 4}))
    assert not (next(iter(other))[0].numpy() == first[0]).all()


def test_every_picture_comes_once_with_its_label_and_is_mirrored_in_turns():
    images, labels = whole()
    plain = photographs.batches(images, labels, batch_size=10, seed=0, side=24, area=(1, 1), colour=0, mix=0)
    sides = []
    for _ in range(2):
        x, y = (np.concatenate(part) for part in zip(*((a.numpy(), b.numpy()) for a, b in plain), strict=True))
        number = np.round(40 * x[:, 0, 0, 2]).astype(int)
        assert sorted(number) == list(range(40)) and (y.argmax(1) == labels[number]).all() and y.shape == (40, 2)
        assert x.min() >= 0 and x.max() <= 1 and x.dtype == np.float32
        sides.append((x[:, 0, 0, 0] > 0.5)[np.argsort(number)])
    assert (sides[0] != sides[1]).all() and 0.2 < sides[0].mean() < 0.8


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"images": np.zeros((40, 8, 8, 3), np.float32)}, r"uint8 of shape \(N, H, W, 3\), found float32"),
        ({"images": np.zeros((40, 8, 8, 1), np.uint8)}, r"found uint8 \(40, 8, 8, 1\)"),
        ({"labels": np.zeros((40, 1), int)}, r"shape \(40,\), found \(40, 1\)"),
        ({"labels": np.zeros(39, int)}, r"found \(39,\)"),
        ({"batch_size": 41}, "from 1 to the number of images, 40, found 41"),
        ({"area": (0.0, 1.0)}, "area"),
        ({"area": (0.9, 0.3)}, "area"),
        ({"colour": 1.0}, "colour and mix"),
        ({"mix": 1.5}, "colour and mix"),
        ({"seed": -1}, "seed must be"),
    ],
)
def test_wrong_arguments_are_named(change, words):
    images, labels = whole()
    arguments = {"images": images, "labels": labels, "batch_size": 8, "seed": 0, "side": 8} | change
    with pytest.raises(ValueError, match=words):
        photographs.batches(**arguments)


def test_a_network_learns_from_the_batches():
    from helpers.backend import keras

    images = np.zeros((64, 16, 16, 3), np.uint8)
    labels = np.arange(64) % 2
    images[labels == 1, :, :, 0] = 255
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.GlobalAveragePooling2D(), layers.Dense(2, "softmax")])
    model.compile(keras.optimizers.Adam(0.1), "categorical_crossentropy")
    batches = photographs.batches(images, labels, batch_size=16, seed=0, side=8)
    history = model.fit(batches, epochs=6, verbose=0, shuffle=False).history["loss"]
    assert history[-1] < history[0] - 0.2


def test_repeated_tells_kept_changes_from_fresh_ones():
    images, labels = whole()
    plain = tf.data.Dataset.from_tensor_slices((images, labels))
    noise = tf.random.Generator.from_seed(0)

    def changed(x, y):
        return tf.cast(x, tf.float32) + noise.normal(tf.shape(x)), y

    assert photographs.repeated(plain.shuffle(40, seed=1).batch(8)) == 1, "the order does not matter"
    assert photographs.repeated(plain.map(changed).batch(8)) == 0
    assert photographs.repeated(plain.map(changed).cache().batch(8)) == 1
    assert photographs.repeated(photographs.batches(images, labels, batch_size=8, seed=0, side=12)) == 0
