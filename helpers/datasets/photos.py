"""Photographs that may be shown and stored: files in ``data/photos``, read without any network."""

import hashlib
from pathlib import Path

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
    return np.array(Image.open(verified("photos/chelsea.png", "photograph")).convert("RGB"))


def verified(name: str, what: str, remake: str = "") -> Path:
    """Where a picture of ``data/`` lies, after its bytes were checked.

    Args:
        name: path below ``data/``, as in ``data/checksums.toml``.
        what: what it is, for the message.
        remake: the command that makes it again, where there is one.

    Raises:
        CourseError: if it is missing or altered.
    """
    path, expected = paths.SAMPLES / name, checksums.file(name)
    back = f"Get it back with `git checkout data/{name}`" + (f", or remake it with `{remake}`." if remake else ".")
    if not path.is_file():
        raise CourseError(f"{path} is missing. Expected the {what} that comes with the course. {back}")
    if (found := hashlib.sha256(path.read_bytes()).hexdigest()) != expected:
        raise CourseError(f"{path} is altered: found SHA-256 {found}, expected {expected}. {back}")
    return path
