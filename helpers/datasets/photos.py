"""Photographs that may be shown and stored: files in ``data/photos``, read without any network."""

import hashlib

import numpy as np
from PIL import Image

from helpers import paths
from helpers.datasets import checksums
from helpers.errors import CourseError


def cat() -> np.ndarray:
    """The cat of lesson 01, a CC0 photograph by Stéfan van der Walt from scikit-image ("chelsea").

    Returns:
        uint8, shape (300, 451, 3): height, width, red-green-blue.

    Raises:
        CourseError: if ``data/photos/chelsea.png`` is missing or altered.
    """
    return _photo("photos/chelsea.png")


def _photo(name: str) -> np.ndarray:
    path = paths.SAMPLES / name
    if not path.is_file():
        raise CourseError(
            f"{path} is missing. Expected the photograph that comes with the course; get it back with "
            f"`git checkout data/{name}`."
        )
    expected = checksums.file(name)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected:
        raise CourseError(
            f"{path} is altered: found SHA-256 {found}, expected {expected}. Get it back with "
            f"`git checkout data/{name}`."
        )
    return np.array(Image.open(path).convert("RGB"))
