"""Arrays on disk: the samples and the cache. Written whole or not at all, verified at every reading."""

import contextlib
import errno
import os
import shutil
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from helpers import paths
from helpers.datasets.arrays import NAMES, content_hash
from helpers.errors import CourseError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


def cached(name: str) -> Path:
    """Where the course keeps the complete arrays of a dataset."""
    return paths.cache() / "datasets" / f"{name}.npz"


def read(path: Path, expected_hash: str, *, advice: str) -> tuple[dict[str, np.ndarray], str]:
    """The four arrays of an ``.npz`` file and the note about their origin, verified.

    Args:
        path: an existing file.
        expected_hash: the content hash that the arrays must have.
        advice: what to do about a bad file; ends the message.

    Raises:
        CourseError: names the file, what was found and what was expected.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            missing = [name for name in NAMES if name not in file.files]
            if missing:
                raise CourseError(
                    f"{path} is no data file of this course: found {', '.join(file.files) or 'nothing'}, "
                    f"expected {', '.join(NAMES)}. {advice}"
                )
            arrays = {name: file[name] for name in NAMES}
            origin = str(file["source"]) if "source" in file.files else ""
    except PermissionError as error:
        raise CourseError(f"Cannot read {path}: {error.strerror}. {advice}") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, KeyError) as error:
        size = path.stat().st_size if path.exists() else 0
        raise CourseError(
            f"{path} is damaged or truncated: found {size:,} bytes that are no whole .npz file, expected "
            f"arrays with content hash {expected_hash[:12]}…. {advice}"
        ) from error
    found = content_hash(arrays)
    if found != expected_hash:
        raise CourseError(f"{path} is altered: found content hash {found}, expected {expected_hash}. {advice}")
    return arrays, origin


def write(path: Path, arrays: Mapping[str, np.ndarray], *, source: str = "", compress: bool = False) -> None:
    """Write the four arrays to an ``.npz`` file: first beside it under a temporary name, then renamed.

    A reader in another process sees the old file or the new one, never a part of one. If anything goes
    wrong the temporary file is removed.

    Raises:
        CourseError: if the folder cannot be made or written to, or the disk is full.
    """
    needed = sum(array.nbytes for array in arrays.values())
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path.parent.glob(".*.part"))
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=".part", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            save = np.savez_compressed if compress else np.savez
            save(file, **arrays, **({"source": np.array(source)} if source else {}))
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)  # mkstemp makes it private; a cache may be shared
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


def is_disk_trouble(error: BaseException) -> bool:
    """Whether an error means that the place to write to is full or closed, not that a source is bad."""
    full_or_closed = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS}
    return isinstance(error, OSError) and error.errno in full_or_closed


def disk_trouble(path: Path, error: OSError, needed: int) -> str:
    """The message for a failed write of ``needed`` bytes to ``path``."""
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"The disk is full: could not write {path} ({reason}). Expected {needed / 1e6:,.0f} MB of room, "
            f"found {_free(path) / 1e6:,.0f} MB. Free some, or set COURSE_CACHE to a folder elsewhere. "
            "Nothing half-written was left."
        )
    return (
        f"Cannot write {path} ({reason}). Expected a folder that you may write to; set COURSE_CACHE to such "
        f"a folder, or correct the permissions of {path.parent}. Nothing half-written was left."
    )


def _free(path: Path) -> int:
    for folder in path.parents:
        if folder.is_dir():
            return shutil.disk_usage(folder).free
    return 0


def _sweep(leftovers: Iterable[Path]) -> None:
    """Remove what a killed process (power cut, ``kill -9``) left behind more than a day ago."""
    for left in leftovers:
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > 24 * 3600:
                shutil.rmtree(left) if left.is_dir() else left.unlink()


@contextlib.contextmanager
def workspace(name: str) -> Iterator[Path]:
    """A private temporary folder in the cache for one fetch; gone afterwards, whatever happened.

    Raises:
        CourseError: if the cache cannot be written to.
    """
    folder = paths.cache() / "fetching"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder.iterdir())
        temporary = tempfile.mkdtemp(prefix=f"{name}-", dir=folder)
    except OSError as error:
        raise CourseError(disk_trouble(folder / name, error, 0)) from error
    try:
        yield Path(temporary)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Hold a lock, so that two notebooks that miss the same dataset fetch it once.

    The operating system frees it when a process ends, however it ends. Where locks do not exist (Windows,
    some network drives) both fetch and the last rename wins, which is slower and just as safe.
    """
    if fcntl is None:
        yield
        return
    lock = paths.cache() / "datasets" / f".{name}.lock"
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("a")
    except OSError as error:
        raise CourseError(disk_trouble(lock, error, 0)) from error
    with file:
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
