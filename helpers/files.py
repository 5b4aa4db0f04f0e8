"""Writing files so that nothing half-written is ever seen under the final name."""

import contextlib
import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from helpers import paths
from helpers.errors import CourseError


@contextlib.contextmanager
def atomic_write(path: Path, needed: int = 0) -> Iterator[IO[bytes]]:
    """A binary file that appears under ``path`` when, and only when, the block ends without an error.

    It is written beside its place under a temporary name, then renamed: a reader in another process sees
    the old file or the new one, never a part of one.

    Args:
        path: the file to write; its folder is made.
        needed: bytes that will be written, for the message when the disk is full.

    Raises:
        CourseError: if the folder cannot be made or written to, or the disk is full.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent.glob(".*.part"))
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=".part", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)  # mkstemp makes it private; a course may be shared
        _replace(temporary, path)
    except OSError as error:
        _remove(temporary)  # first, so that the message counts the room it took as free
        raise CourseError(disk_trouble(path, error, needed)) from error
    finally:
        _remove(temporary)


def _remove(temporary: Path | None) -> None:
    if temporary is not None:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _replace(temporary: Path, path: Path) -> None:
    """``os.replace``, tried for a second: Windows refuses it while another process has the file open."""
    for attempt in range(10):
        try:
            os.replace(temporary, path)  # noqa: PTH105 - named so that the reader sees what is atomic
            return
        except PermissionError:
            if os.name != "nt" or attempt == 9:
                raise
            time.sleep(0.1)


def sweep(leftovers: Iterable[Path]) -> None:
    """Remove what a killed process (power cut, ``kill -9``) left behind more than a day ago."""
    for left in leftovers:
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > 24 * 3600:
                shutil.rmtree(left) if left.is_dir() else left.unlink()


def is_disk_trouble(error: BaseException) -> bool:
    """Whether an error means that the place to write to is full or closed, not that a source is bad."""
    full_or_closed = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS}
    return isinstance(error, OSError) and error.errno in full_or_closed


def disk_trouble(path: Path, error: OSError, needed: int = 0) -> str:
    """The message for a failed write of ``needed`` bytes to ``path``; 0 where their number is not known."""
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        expected = f"Expected {needed / 1e6:,.0f} MB of room, found" if needed else "There are"
        return (
            f"The disk is full: could not write {path} ({reason}). {expected} {_free(path) / 1e6:,.0f} MB. "
            "Free some, or set COURSE_CACHE to a folder elsewhere. Nothing half-written was left."
        )
    elsewhere = "set COURSE_CACHE to such a folder, or " if path.is_relative_to(paths.cache()) else ""
    return (
        f"Cannot write {path} ({reason}). Expected a folder that you may write to; {elsewhere}correct the "
        f"permissions of {path.parent}. Nothing half-written was left."
    )


def _free(path: Path) -> int:
    for folder in path.parents:
        if folder.is_dir():
            return shutil.disk_usage(folder).free
    return 0


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
        raise CourseError(disk_trouble(path, error)) from error
    return path
