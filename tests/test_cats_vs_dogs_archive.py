"""The official archive: a download that goes on where it stopped, and an archive that is whole or named.

Nothing here needs a network: the web is a server on 127.0.0.1.
"""

import hashlib
import http.server
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from toy_pictures import EXPECTED, everything, put, subset_of

from helpers.datasets import cats_vs_dogs, places, resuming
from helpers.datasets.clients import NotObtained
from helpers.errors import CourseError

pytestmark = pytest.mark.usefixtures("drawn_set")


@pytest.fixture
def web(tmp_path: Path, start_server: Callable[[Callable], str]) -> tuple[str, Path, list[str]]:
    """A server that understands ranges: its address, the folder it serves, and the ranges it was asked for."""
    folder, asked = tmp_path / "web", []
    folder.mkdir()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            asked.append(wanted)
            path = folder / self.path.strip("/").split("/")[-1]
            if not path.exists():
                self.send_error(404)
                return
            body = path.read_bytes()
            ranges = wanted and not self.path.startswith("/whole/")
            begin = int(wanted.removeprefix("bytes=").rstrip("-")) if ranges else 0
            self.send_response(206 if ranges else 200)
            sent = body[begin:][: 4000 if self.path.startswith("/short/") else None]
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

    return start_server(Handler), folder, asked


def served(folder: Path, *urls: str) -> places.Download:
    data = np.random.default_rng(0).bytes(10_000)
    (folder / "big.zip").write_bytes(data)
    return places.Download(
        "big.zip", len(data), hashlib.sha256(data).hexdigest(), tuple(url + "big.zip" for url in urls)
    )


def test_a_download_goes_on_where_it_stopped(web, tmp_path):
    address, folder, asked = web
    download = served(folder, f"{address}short/")
    for tries in range(2):
        with pytest.raises(
            NotObtained, match=rf"ended after {4 * (tries + 1)},000 of 10,000 bytes; try again to go on"
        ):
            resuming.fetch(download)
    path = resuming.fetch(download)
    assert resuming.sha256(path) == download.sha256 and asked == ["", "bytes=4000-", "bytes=8000-"]
    resuming.fetch(download)
    assert len(asked) == 3, "a finished file is not fetched again"


def test_a_server_without_ranges_begins_anew(web):
    address, folder, asked = web
    with pytest.raises(NotObtained):
        resuming.fetch(served(folder, f"{address}short/"))
    download = served(folder, f"{address}whole/")
    assert resuming.sha256(resuming.fetch(download)) == download.sha256 and asked[-1] == "bytes=4000-"


def test_trouble_with_the_connection_is_no_trouble_with_the_disk(web, monkeypatch):
    def without_certificates(*_, **__):
        raise OSError("Could not find a suitable TLS CA certificate bundle")

    address, folder, _ = web
    monkeypatch.setattr(resuming.requests, "get", without_certificates)
    with pytest.raises(NotObtained, match="TLS CA certificate bundle"):
        resuming.fetch(served(folder, f"{address}whole/"))


def test_wrong_bytes_are_not_kept(web, tmp_path):
    address, folder, _ = web
    download = served(folder, f"{address}gone/", address)
    (folder / "big.zip").write_bytes(b"x" * 10_000)
    with pytest.raises(NotObtained, match=r"served other bytes than expected"):
        resuming.fetch(download)
    assert list((tmp_path / "cache" / "downloads").iterdir()) == []


def archive(path: Path, folder: Path) -> places.Download:
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("readme.txt", "terms")
        for file in sorted(folder.rglob("*.jpg")):
            out.write(file, file.relative_to(folder).as_posix())
        out.writestr("PetImages/Cat/Thumbs.db", b"\xd0\xcf\x11\xe0")
    return places.Download(path.name, path.stat().st_size, resuming.sha256(path), ())


@pytest.mark.parametrize("place", ["usb", "web"])
def test_the_official_archive(place, web, tmp_path, monkeypatch):
    address, served_folder, asked = web
    (tmp_path / "usb").mkdir()
    home = {"usb": tmp_path / "usb", "web": served_folder}[place]
    download = replace(archive(home / "pets.zip", put(tmp_path / "data", "PetImages")), urls=(f"{address}pets.zip",))
    monkeypatch.setattr(cats_vs_dogs, "ARCHIVE", download)
    data = subset_of(tmp_path / "usb", monkeypatch) if place == "usb" else cats_vs_dogs.load()
    assert everything(data) == EXPECTED and len(asked) == (place == "web")
    assert data.skipped == (("PetImages/Cat/Thumbs.db", "no picture"),)


def test_a_damaged_archive_is_an_error(tmp_path, monkeypatch):
    folder = put(tmp_path / "data", "PetImages")
    (tmp_path / "usb").mkdir()
    download = archive(tmp_path / "usb" / "pets.zip", folder)
    (tmp_path / "usb" / "pets.zip").write_bytes(b"cut short")
    monkeypatch.setattr(cats_vs_dogs, "ARCHIVE", download)
    with pytest.raises(CourseError, match=r"pets\.zip is damaged or another file: found 9 bytes"):
        subset_of(tmp_path / "usb", monkeypatch)


def test_nowhere_names_every_place_and_the_three_ways_out():
    with pytest.raises(CourseError) as error:
        cats_vs_dogs.load()
    for words in ("$COURSE_DATA: not set", "cache: not there", "official download", "data fetch cats_vs_dogs", "quick"):
        assert words in str(error.value)
