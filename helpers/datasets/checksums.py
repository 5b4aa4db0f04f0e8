"""The committed checksums of all data, ``data/checksums.toml``: what every file and every set must be."""

import tomllib
from functools import cache
from typing import Any

from helpers import paths
from helpers.datasets.raw import RawFile
from helpers.errors import CourseError


@cache
def table() -> dict[str, dict]:
    """The parsed file: ``files`` (SHA-256 of the pictures) and one table per dataset.

    Raises:
        CourseError: if the file is missing or no TOML.
    """
    path = paths.SAMPLES / "checksums.toml"
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CourseError(
            f"Cannot read {path} ({error}). Expected the checksums that come with the course; "
            "get them back with `git checkout data/checksums.toml`."
        ) from error


def file(name: str) -> str:
    """SHA-256 of a picture in ``data/``, by its path from there."""
    return _entry("files", name)


def full(dataset: str) -> str:
    """Content hash of a complete dataset."""
    return _entry(dataset, "full")


def sample(dataset: str) -> str:
    """Content hash of the sample in ``data/``."""
    return _entry(dataset, "sample")


def raw(dataset: str) -> dict[str, RawFile]:
    """What each of the dataset's published files must be, uncompressed."""
    return {name: RawFile(**entry) for name, entry in _entry(dataset, "raw").items()}


def archives(dataset: str) -> dict[str, RawFile]:
    """What each of the dataset's published archives must be, as it is served."""
    return {name: RawFile(**entry) for name, entry in _entry(dataset, "archives").items()}


def _entry(section: str, key: str) -> Any:
    try:
        return table()[section][key]
    except KeyError as error:
        raise CourseError(
            f"data/checksums.toml has no entry {section}.{key}. Found sections {', '.join(table())}; "
            "expected the file that comes with the course: `git checkout data/checksums.toml`."
        ) from error
