"""Downloads of hundreds of megabytes: what has arrived is kept, and the next try asks for the rest only."""

import hashlib
from pathlib import Path

import requests
from tqdm import tqdm

from helpers import files, paths
from helpers.datasets import clients, places
from helpers.datasets.clients import NotObtained
from helpers.errors import CourseError

PIECE = 1 << 20


def fetch(download: places.Download) -> Path:
    """Download one file into the cache, from the first of its addresses that serves the right bytes.

    What was left by an interrupted download is completed. A finished file is found and not fetched again.

    Returns:
        Path of the verified file.

    Raises:
        NotObtained: if no address serves it; says for each what was wrong.
        CourseError: if the disk is full or closed.
    """
    path = paths.cache() / "downloads" / download.filename
    if path.is_file() and sha256(path) == download.sha256:
        return path
    part = path.with_name(path.name + ".part")
    reasons = []
    for url in download.urls:
        host = url.split("/")[2]
        try:
            part.parent.mkdir(parents=True, exist_ok=True)
            _append(url, part, download)
            if (found := part.stat().st_size) < download.bytes:
                reasons.append(f"{host}: ended after {found:,} of {download.bytes:,} bytes; try again to go on")
                continue
            if sha256(part) != download.sha256:
                part.unlink()
                reasons.append(f"{host}: served other bytes than expected (SHA-256 differs)")
                continue
            part.replace(path)
            return path
        except requests.RequestException as error:  # before OSError, of which it is a kind
            reasons.append(f"{host}: {places.reason(error)}")
        except OSError as error:
            if not files.is_disk_trouble(error):
                reasons.append(f"{host}: {error}")
                continue
            raise CourseError(files.disk_trouble(path, error, download.bytes)) from error
    raise NotObtained("; ".join(reasons))


def _append(url: str, part: Path, download: places.Download) -> None:
    """Ask for what is missing in ``part`` and append it."""
    have = part.stat().st_size if part.exists() else 0
    if have == download.bytes:
        return
    if have > download.bytes:
        part.unlink()
        have = 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with requests.get(url, headers=headers, stream=True, timeout=places.PATIENCE) as answer:
        answer.raise_for_status()
        if have and answer.status_code != requests.codes.partial_content:
            have = 0  # this server sends all of it, whatever was asked
        bar = tqdm(
            desc=download.filename, total=download.bytes, initial=have, unit="B", unit_scale=True, leave=False,
            disable=clients.silent(),
        )  # fmt: skip
        with part.open("ab" if have else "wb") as file, bar:
            for piece in answer.iter_content(PIECE):
                file.write(piece)
                bar.update(len(piece))


def sha256(path: Path) -> str:
    """SHA-256 of a file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
