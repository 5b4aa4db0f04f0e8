"""Arrays on disk: the samples and the cache. Written whole or not at all, verified at every reading."""

import contextlib
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from helpers import files, paths
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
    """Write the four arrays to an ``.npz`` file, whole or not at all.

    Raises:
        CourseError: if the folder cannot be made or written to, or the disk is full.
    """
    save = np.savez_compressed if compress else np.savez
    with files.atomic_write(path, needed=sum(array.nbytes for array in arrays.values())) as file:
        save(file, **arrays, **({"source": np.array(source)} if source else {}))


@contextlib.contextmanager
def workspace(name: str) -> Iterator[Path]:
    """A private temporary folder in the cache for one fetch; gone afterwards, whatever happened.

    Raises:
        CourseError: if the cache cannot be written to.
    """
    folder = paths.cache() / "fetching"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files.sweep(folder.iterdir())
        temporary = tempfile.mkdtemp(prefix=f"{name}-", dir=folder)
    except OSError as error:
        raise CourseError(files.disk_trouble(folder / name, error)) from error
    try:
        yield Path(temporary)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Hold a lock, so that two notebooks that miss the same dataset fetch it once.

    The operating system frees it when a process ends, however it ends. Where locks do not exist (Windows,
    some network drives) both fetch: arrays twice, and the last rename wins; the photographs' archive, which grows
    in one file, may have to be fetched again.
    """
    if fcntl is None:
        yield
        return
    lock = paths.cache() / "datasets" / f".{name}.lock"
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("a")
    except OSError as error:
        raise CourseError(files.disk_trouble(lock, error)) from error
    with file:
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
