"""Which arrays the pretrained networks of lessons 06 to 09 consist of, under the names that Keras gives them.

An array is called ``layer/weight``, for instance ``block1_conv1/kernel``. The order is that of the layers in
``keras.applications``, which decides what Keras' numbered files mean; a test compares both with Keras itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from helpers.datasets.places import Download

KINDS = {"conv2d": ("kernel", "bias"), "dense": ("kernel", "bias")} | {
    "batch_normalization": ("gamma", "beta", "moving_mean", "moving_variance")
}
_KERAS = "https://storage.googleapis.com/tensorflow/keras-applications/"


@dataclass(frozen=True)
class Layout:
    """One pretrained network as a list of arrays.

    Attributes:
        name: section of ``data/checksums.toml`` and file name in the cache.
        title: the name people use.
        layers: layer name → kind and shape of its first array, in Keras' order.
        files: names in ``$COURSE_DATA``, there or in its folder ``weights``; the last is Keras' own.
        download: Keras' own download.
    """

    name: str
    title: str
    layers: Mapping[str, tuple[str, tuple[int, ...]]]
    files: tuple[str, ...]
    download: Download

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Array name → shape: (kh, kw, C_in, C_out) of a convolution's kernel, (C_in, C_out) of a dense one's."""
        return {
            f"{layer}/{weight}": shape if weight == "kernel" else shape[-1:]
            for layer, (kind, shape) in self.layers.items()
            for weight in KINDS[kind]
        }

    @property
    def megabytes(self) -> float:
        """Size of the file that Keras downloads."""
        return self.download.bytes / 1e6


def _vgg16() -> dict[str, tuple[str, tuple[int, ...]]]:
    layers, channels = {}, 3
    for block, (count, width) in enumerate(((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)), 1):
        for number in range(1, count + 1):
            layers[f"block{block}_conv{number}"] = ("conv2d", (3, 3, channels, width))
            channels = width
    return layers


def _resnet50() -> dict[str, tuple[str, tuple[int, ...]]]:
    layers: dict[str, tuple[str, tuple[int, ...]]] = {}

    def add(name: str, shape: tuple[int, ...], *, normalised: bool = True) -> None:
        layers[f"{name}_conv"] = ("conv2d", shape)
        if normalised:
            layers[f"{name}_bn"] = ("batch_normalization", shape[-1:])

    add("conv1", (7, 7, 3, 64))
    channels = 64
    for stage, (blocks, width) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512)), 2):
        for number in range(1, blocks + 1):
            name = f"conv{stage}_block{number}"
            add(f"{name}_1", (1, 1, channels, width))
            add(f"{name}_2", (3, 3, width, width))
            if number == 1:  # the way around has a convolution, which Keras lists before the last one
                add(f"{name}_0", (1, 1, channels, 4 * width), normalised=False)
            add(f"{name}_3", (1, 1, width, 4 * width), normalised=False)
            for branch in (0, 3) if number == 1 else (3,):
                layers[f"{name}_{branch}_bn"] = ("batch_normalization", (4 * width,))
            channels = 4 * width
    layers["predictions"] = ("dense", (2048, 1000))
    return layers


def _download(folder: str, filename: str, size: int, md5: str) -> Download:
    return Download(filename, size, "", (f"{_KERAS}{folder}/{filename}",), md5=md5)


_VGG16_FILE = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
VGG16 = Layout(
    name="vgg16",
    title="VGG16 without its top",
    layers=_vgg16(),
    files=("vgg16.npz", "vgg16_notop.weights.h5", _VGG16_FILE),
    download=_download("vgg16", _VGG16_FILE, 58_889_256, "6d6bbae143d832006294945121d1f1fc"),
)
_RESNET50_FILE = "resnet50_weights_tf_dim_ordering_tf_kernels.h5"
RESNET50 = Layout(
    name="resnet50",
    title="ResNet50 with its top of 1,000 classes",
    layers=_resnet50(),
    files=("resnet50.npz", "resnet50.weights.h5", _RESNET50_FILE),
    download=_download("resnet", _RESNET50_FILE, 102_967_424, "2cb95161c43110f7111970584f804107"),
)
LAYOUTS = (VGG16, RESNET50)
