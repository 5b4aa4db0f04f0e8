"""The sample of VGG16 in 8 bits: whole or an error, and as good as the float weights, where they are."""

import numpy as np
import pytest
from toy_weights import hash_of

from helpers import linear, photographs
from helpers.backend import keras
from helpers.datasets import cats_vs_dogs, checksums, photos, weights
from helpers.datasets.layouts import VGG16
from helpers.errors import CourseError


def test_the_sample_is_whole_and_fits_keras():
    found = weights.vgg16_sample()
    assert found.is_sample and found.parameters == 14_714_688
    assert found.content_hash == checksums.sample("vgg16") == hash_of(dict(found.arrays), VGG16)
    model = keras.applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
    assert found.into(model) is model
    assert np.array_equal(model.get_layer("block3_conv2").kernel, found.arrays["block3_conv2/kernel"])


def test_8_bits_round_to_the_nearest_level():
    kernel = np.array([-1.0, 0.3, 0.496, 1.0], np.float32).reshape(1, 1, 4, 1)
    kernel = np.concatenate([kernel, 0 * kernel], axis=-1)  # the second channel is all zero
    small = weights.to_8_bits({"a/kernel": kernel, "a/bias": np.ones(2, np.float32)})
    assert small["a/codes"][0, 0, :, 0].tolist() == [-127, 38, 63, 127] and small["a/codes"].dtype == np.int8
    again = weights.from_8_bits(small)
    assert np.abs(again["a/kernel"] - kernel).max() <= 0.5 / 127 + 1e-7
    assert np.array_equal(again["a/bias"], np.ones(2))


@pytest.mark.parametrize("damage", ["missing", "truncated", "altered", "another file"])
def test_a_bad_sample_is_an_error(damage, tmp_path, monkeypatch):
    path = tmp_path / "vgg16_8bit.npz"
    if damage == "truncated":
        path.write_bytes(weights.SAMPLE.read_bytes()[:1_000_000])
    if damage == "altered":
        with np.load(weights.SAMPLE) as file:
            small = dict(file)
        small["block1_conv1/codes"][0, 0, 0, 0] ^= 1
        np.savez(path, **small)
    if damage == "another file":
        np.savez(path, x_train=np.zeros(3))
    monkeypatch.setattr(weights, "SAMPLE", path)
    said = damage if damage != "another file" else "damaged or truncated|another network"
    with pytest.raises(CourseError, match=rf"vgg16_8bit\.npz.*({said}).*make_vgg16\.py"):
        weights.vgg16_sample()


@pytest.fixture
def float_weights():
    """VGG16's float weights from wherever the machine has them, without any network."""
    found = weights.find_here(VGG16, [])
    if found is None:
        pytest.skip("the float weights of VGG16 are not on this machine")
    return found


def test_features_in_8_bits_agree_with_the_float_ones(float_weights):
    """On the course's own photograph, whole, mirrored and cropped; the lessons compare more pictures."""
    cat = keras.ops.image.resize(photos.cat().astype("float32"), (96, 144))
    pictures = np.stack([cat[:, :96], cat[:, 48:], cat[:, ::-1][:, :96]])
    pictures = keras.applications.vgg16.preprocess_input(pictures)
    base = keras.applications.VGG16(weights=None, include_top=False, pooling="avg", input_shape=(96, 96, 3))
    pair = [w.into(base).predict(pictures, verbose=0) for w in (float_weights, weights.vgg16_sample())]
    norms = [np.linalg.norm(features, axis=1) for features in pair]
    cosine = (pair[0] * pair[1]).sum(1) / (norms[0] * norms[1])
    assert cosine.min() >= 0.997, cosine


def test_features_of_photographs_agree_in_8_bits(float_weights):
    """Sixteen of the test photographs, where they are: 0.999 on average, 0.997 for every one."""
    data = cats_vs_dogs.find_here([])
    if data is None:
        pytest.skip("the photographs are not on this machine")
    pictures = photographs.read(data.files("test")[0][::125], 96).astype("float32")
    base = keras.applications.VGG16(weights=None, include_top=False, pooling="avg", input_shape=(96, 96, 3))
    prepared = keras.applications.vgg16.preprocess_input(pictures)
    pair = [w.into(base).predict_on_batch(prepared) for w in (float_weights, weights.vgg16_sample())]
    norms = [np.linalg.norm(features, axis=1) for features in pair]
    cosine = (pair[0] * pair[1]).sum(1) / (norms[0] * norms[1])
    assert cosine.mean() >= 0.999 and cosine.min() >= 0.997, cosine


def test_a_plane_on_photographs_answers_as_well_in_8_bits(float_weights):
    """Fitted on float features of 200 training photographs, judged on 200 others: within one point, two pictures."""
    data = cats_vs_dogs.find_here([])
    if data is None:
        pytest.skip("the photographs are not on this machine")
    (learn, labels), (judge, truth) = (data.files(part) for part in ("train", "test"))
    pictures = photographs.read([*learn[::10], *judge[::10]], 96).astype("float32")
    prepared = keras.applications.vgg16.preprocess_input(pictures)
    base = keras.applications.VGG16(weights=None, include_top=False, pooling="avg", input_shape=(96, 96, 3))
    pair = [w.into(base).predict(prepared, verbose=0) for w in (float_weights, weights.vgg16_sample())]
    plane = linear.logistic(pair[0][:200], labels[::10])
    right = [((plane.logits(found[200:]) > 0) == truth[::10]).sum() for found in pair]
    assert abs(right[0] - right[1]) <= 2 and min(right) > 160, right
