"""The weights of a network of three small layers, in every form of file."""

from pathlib import Path

import h5py
import numpy as np

from helpers.datasets import content_hash, layouts, places
from helpers.datasets.layouts import VGG16, Layout

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


def arrays_of(layout: Layout) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(0)
    return {name: draw.normal(size=shape).astype(np.float32) for name, shape in layout.shapes.items()}


def hash_of(arrays: dict[str, np.ndarray], layout: Layout = TINY) -> str:
    return content_hash(arrays, tuple(layout.shapes))


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
