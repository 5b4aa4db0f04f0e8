"""Kept features: the same pass is never computed twice, and a changed one never meets an old file."""

import errno
import shutil
from pathlib import Path

import numpy as np
import pytest

from helpers import features
from helpers.backend import keras
from helpers.errors import CourseError

SIDE = 8


def network(seed: int = 0, filters: int = 4, output: str = "second") -> keras.Model:
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((SIDE, SIDE, 3))
    first = keras.layers.Conv2D(filters, 3, name="first")(inputs)
    second = keras.layers.Dropout(0.5)(keras.layers.Conv2D(filters, 3, name="second")(first))
    return keras.Model(inputs, first if output == "first" else second)


def pictures(count: int = 5) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, SIDE, SIDE, 3), np.uint8)


def scaled(batch: np.ndarray) -> np.ndarray:
    return batch / 255


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    return tmp_path


def kept(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file()]


def test_features_are_those_of_the_network_in_use(own_cache):
    net, x = network(), pictures()
    found = features.extracted(net, x, scaled, batch_size=2)
    expected = net.predict(x.astype("float32") / 255, verbose=0)  # no dropout
    assert np.allclose(found.features, expected, atol=1e-6) and found.features.dtype == np.float32
    assert found.fresh and found.seconds > 0 and found.rate == pytest.approx(5 / found.seconds)


def test_the_same_pass_comes_from_the_cache(own_cache):
    first = features.extracted(network(), pictures(), scaled)
    again = features.extracted(network(), pictures(), lambda batch: np.divide(batch, np.float32(255)), batch_size=3)
    assert not again.fresh and len(kept(own_cache)) == 1  # written otherwise, the same to the last bit
    same = features.extracted(network(), pictures(), scaled, batch_size=3)
    assert not same.fresh and same.seconds == first.seconds
    assert np.array_equal(same.features, first.features)


@pytest.mark.parametrize("change", ["one weight", "preparation", "one pixel", "order", "size", "layer", "rounding"])
def test_a_change_never_meets_the_old_features(change, own_cache):
    features.extracted(network(), pictures(), scaled)
    net, x, prepare, options = network(), pictures(), scaled, {}
    if change == "one weight":
        kernel = net.get_layer("second").kernel
        kernel.assign(kernel + np.eye(3)[:, :, None, None] * 1e-6)
    elif change == "preparation":
        prepare = lambda batch: batch / 254  # noqa: E731
    elif change == "one pixel":
        x[4, 7, 7, 2] ^= 1
    elif change == "order":
        x = x[::-1]
    elif change == "size":
        x = x[:4]
    elif change == "layer":
        net = network(output="first")
    else:
        options = {"dtype": "float16"}
    found = features.extracted(net, x, prepare, **options)
    assert found.fresh and len(kept(own_cache)) == 2
    wide = net.predict(prepare(x.astype("float32")), verbose=0)
    assert np.allclose(found.features, wide, atol=2e-3 if options else 1e-6)


@pytest.mark.parametrize("damage", ["truncated", "altered", "empty", "another pass", "no features"])
def test_a_bad_file_is_made_again(damage, own_cache):
    net, x = network(), pictures()
    good = features.extracted(net, x, scaled)
    [path] = kept(own_cache)
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:-200])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "another pass":
        features.extracted(network(seed=1), x, scaled)
        [other] = [p for p in kept(own_cache) if p != path]
        shutil.copy(other, path)
    else:
        with np.load(path) as file:
            parts = dict(file)
        if damage == "altered":
            parts["features"][0, 0, 0, 0] += 1e-6
        else:
            del parts["features"]
        np.savez(path, **parts)
    found = features.extracted(net, x, scaled)
    assert found.fresh and np.array_equal(found.features, good.features)
    assert not features.extracted(net, x, scaled).fresh


def test_a_full_disk_leaves_nothing_and_says_so(own_cache, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(features.np, "savez", full)
    with pytest.raises(CourseError, match=r"disk is full: could not write .*Expected .* MB of room"):
        features.extracted(network(), pictures(), scaled)
    assert kept(own_cache) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (pictures() / 255, r"must be uint8 .* found float64 \(5, 8, 8, 3\).*leave scaling to"),
        (pictures()[0], r"found uint8 \(8, 8, 3\)"),
        (pictures()[..., :1], r"found uint8 \(5, 8, 8, 1\)"),
        (np.zeros((2, 9, 8, 3), np.uint8), r"are 9 × 8 pixels, but the network takes 8 × 8"),
        (pictures(0), "found none"),
        (pictures() // 200, r"found values from 0 to 1, expected 0 to 255.*leave scaling to"),
    ],
)
def test_wrong_pictures_are_named(wrong, said, own_cache):
    with pytest.raises(ValueError, match=said):
        features.extracted(network(), wrong, scaled)
    with pytest.raises(ValueError, match="dtype must be"):
        features.extracted(network(), pictures(), scaled, dtype="float64")
    assert kept(own_cache) == []


def test_features_too_large_for_16_bits_are_not_kept(own_cache):
    net = network()
    kernel = net.get_layer("second").kernel
    kernel.assign(kernel * 1e7)
    with pytest.raises(ValueError, match=r"float16 cannot hold \(float16 ends at 65,504\)\. Keep them as float32"):
        features.extracted(net, pictures(), scaled, dtype="float16")
    assert kept(own_cache) == []
    assert np.isfinite(features.extracted(net, pictures(), scaled).features).all()


def test_answers_are_those_of_predict_in_float32_whatever_the_precision_and_the_block():
    net, x = network(), pictures() / np.float32(255)
    expected = net.predict(x, verbose=0)
    assert np.allclose(features.answers(net, x, batch_size=2), expected, atol=1e-6)
    assert np.allclose(features.answers(net, x.astype(np.float16)), expected, atol=2e-3)
    many = np.tile(x, (6, 1, 1, 1))  # enough blocks to be compiled, the last one filled up
    assert np.allclose(features.answers(net, many, batch_size=3), np.tile(expected, (6, 1, 1, 1)), atol=1e-6)
    assert np.allclose(features.answers(net, many[:29], batch_size=3), np.tile(expected, (6, 1, 1, 1))[:29], atol=1e-6)
    doubled = features.answers(net, x, lambda block: 2 * block, batch_size=2)
    assert np.allclose(doubled, net.predict(2 * x, verbose=0), atol=1e-6)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        short = network()
    finally:
        keras.config.set_dtype_policy("float32")
    found = features.answers(short, x)
    assert found.dtype == np.float32 and np.allclose(found, expected, atol=5e-2)
