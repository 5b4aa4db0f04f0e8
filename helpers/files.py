"""Writing files so that nothing half-written is ever seen under the final name."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from helpers import paths
from helpers.errors import CourseError


@contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """A binary file that appears under ``path`` when, and only when, the block ends without an error.

    Raises:
        CourseError: if the folder cannot be written to or the disk is full; names the folder.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise CourseError(
            f"Cannot write to the folder {path.parent}: {error.strerror}. "
            "Make it writable, or set COURSE_CACHE to a folder that is."
        ) from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(temporary).chmod(0o644)  # mkstemp makes it private; a course may be shared
        Path(temporary).replace(path)
    except OSError as error:
        raise CourseError(
            f"Could not write {path.name} to {path.parent}: {error.strerror}. Free some space and run it again."
        ) from error
    finally:
        Path(temporary).unlink(missing_ok=True)


def in_cache(name: str) -> Path:
    """Where a file of this name belongs in the course's cache; its folder is made.

    Args:
        name: a relative path, for instance ``"checkpoints/best.keras"``.

    Raises:
        CourseError: if the folder cannot be made; names it.
    """
    path = paths.cache() / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CourseError(
            f"Cannot make the folder {path.parent}: {error.strerror}. "
            "Make its parent writable, or set COURSE_CACHE to a folder that is."
        ) from error
    return path
