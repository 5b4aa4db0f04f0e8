"""Fashion-MNIST: 70,000 grey pictures of clothes in ten classes, 28 × 28 pixels.

Xiao, Rasul, Vollgraf (2017), "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
Algorithms", arXiv:1708.07747. Licence: MIT, © 2017 Zalando SE.
"""

from pathlib import Path

from helpers.datasets import checksums, places, search
from helpers.datasets.arrays import ArrayDataset
from helpers.datasets.raw import decode_idx

_OFFICIAL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
_MIRROR = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"

SPEC = search.Spec(
    name="fashion_mnist",
    title="Fashion-MNIST",
    class_names=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    raw=checksums.raw("fashion_mnist"),
    decode=decode_idx,
    full_hash=checksums.full("fashion_mnist"),
    sample_hash=checksums.sample("fashion_mnist"),
    total=70_000,
    downloads=places.downloads("fashion_mnist", (_OFFICIAL, _MIRROR)),
    packages=(
        places.from_debian("dataset-fashion-mnist", "usr/share/datasets/fashion-mnist", checksums.raw("fashion_mnist")),
    ),
    folders=("fashion_mnist", "fashion-mnist"),
    system_folder=Path("/usr/share/datasets/fashion-mnist"),
    system_title="Debian package dataset-fashion-mnist",
    others={"MNIST": checksums.raw("mnist")},
)


def load() -> ArrayDataset:
    """Fashion-MNIST in the profile in force: 6,000 + 1,000 images in ``quick``, 60,000 + 10,000 in ``full``.

    Returns:
        ``x_*`` uint8 (N, 28, 28), 0 is background; ``y_*`` int64 (N,) from 0 to 9.

    ``full`` accepts in ``$COURSE_DATA``: the four ``…-ubyte`` files, plain or ``.gz``, there or in a
    subfolder ``fashion_mnist`` or ``fashion-mnist``; or ``fashion_mnist.npz``, a copy of the course's cache.

    Raises:
        CourseError: if the data are nowhere to be had, or a file is missing, truncated or altered.
    """
    return search.load(SPEC)
