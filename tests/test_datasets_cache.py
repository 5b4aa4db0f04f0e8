"""The cache on the disk: read-only, full, and used by two processes at once."""

import errno
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from toy_datasets import arrays, downloads, everything_in, npz, serve, tiny_files, tiny_spec

from helpers import paths
from helpers.datasets import content_hash, search, store
from helpers.errors import CourseError

pytestmark = pytest.mark.usefixtures("own_cache")


def test_cache_that_cannot_be_written_is_an_error(web: tuple, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address, folder, asked = web
    files = tiny_files()
    serve(folder, files)
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file"))
    with pytest.raises(CourseError, match=r"Cannot write .*file.*COURSE_CACHE"):
        search.load(tiny_spec(files, downloads=downloads(files, address)))
    assert asked == [], "it must notice before it downloads"


def test_full_disk_leaves_nothing_half_written(web: tuple, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address, folder, _ = web
    files = tiny_files()
    serve(folder, files)
    spec = tiny_spec(files, downloads=downloads(files, address))
    npz(store.cached("tiny"), "truncated")
    before = store.cached("tiny").read_bytes()

    def half(file: io.BufferedWriter, **arrays: np.ndarray) -> None:
        file.write(b"PK\x03\x04 half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", half)
    with pytest.raises(CourseError, match=r"disk is full: could not write .*tiny\.npz.*Expected .* found .* MB"):
        search.fetch(spec)
    assert everything_in(own_cache) == ["datasets/tiny.npz"]
    assert store.cached("tiny").read_bytes() == before


FETCHING = """
import sys, json
sys.path.insert(0, {tests!r})
import toy_datasets as t
from helpers.datasets import search
files = t.tiny_files()
data = search.load(t.tiny_spec(files, downloads=t.downloads(files, {address!r})))
print(json.dumps([t.hash_of(data), data.source]))
"""


WRITING = """
import sys
sys.path.insert(0, {tests!r})
import toy_datasets as t
from helpers.datasets import content_hash, store
hashed = content_hash(t.arrays())
for i in range(60):
    store.write(store.cached("tiny"), t.arrays(), source="x")
    store.read(store.cached("tiny"), hashed, advice="")
"""


def start(code: str, **values: object) -> subprocess.Popen:
    text = code.format(tests=str(Path(__file__).parent), **values)
    return subprocess.Popen(
        [sys.executable, "-c", text],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=paths.ROOT,
    )


def test_two_processes_that_miss_the_same_dataset(web: tuple, own_cache: Path) -> None:
    address, folder, asked = web
    files = tiny_files()
    serve(folder / "slow", files)
    both = [start(FETCHING, address=f"{address}slow/") for _ in range(2)]
    results = []
    for process in both:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        results.append(json.loads(out))
    assert {hashed for hashed, _ in results} == {content_hash(arrays())}
    if store.fcntl is not None:
        assert len(asked) == 4, "the second waits for the first and reads its cache"
    assert everything_in(own_cache) == ["datasets/tiny.npz"]


def test_two_processes_writing_at_once_never_show_half_a_file(own_cache: Path) -> None:
    both = [start(WRITING) for _ in range(2)]
    for process in both:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert everything_in(own_cache) == ["datasets/tiny.npz"]
