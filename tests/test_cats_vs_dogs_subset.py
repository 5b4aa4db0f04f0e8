"""The subset on the disk: a bad disk leaves nothing half-made, and what is finished is not made again."""

import contextlib
import errno
import os
import shutil
from pathlib import Path

import pytest
from PIL import Image
from toy_pictures import EXPECTED, contents, everything, put, subset_of

from helpers.datasets import cats_vs_dogs, pictures, subset
from helpers.errors import CourseError

pytestmark = pytest.mark.usefixtures("drawn_set")


@pytest.mark.parametrize(
    ("code", "says"), [(errno.EROFS, "Cannot write"), (errno.ENOSPC, "disk is full"), (errno.EACCES, "Cannot write")]
)
def test_a_disk_that_is_read_only_or_full(code, says, tmp_path, monkeypatch):
    def refuse(self, *args, **options):
        raise OSError(code, os.strerror(code))

    folder = put(tmp_path / "data")
    before = contents(folder)
    monkeypatch.setattr(Path, "symlink_to", refuse)
    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(CourseError, match=f"{says}.*COURSE_CACHE"):
        subset_of(folder, monkeypatch)
    left = [p for p in (tmp_path / "cache" / "datasets").iterdir() if p.suffix != ".lock"]
    assert left == [], "nothing half-made is left"
    assert contents(folder) == before


def test_a_cache_that_is_a_file(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file"))
    with pytest.raises(CourseError, match=r"Cannot write .*file.*COURSE_CACHE"):
        subset_of(put(tmp_path / "data"), monkeypatch)


STATES = ["file gone", "file short", "file altered", "dangling link", "list gone short", "no list, empty"]


@pytest.mark.parametrize("state", STATES)
def test_a_half_made_subset_is_made_again(state, tmp_path, monkeypatch):
    folder = put(tmp_path / "data")
    data = subset_of(folder, monkeypatch)
    victim = data.folder / "test/dog/dog.8.jpg"
    if state == "file gone":
        victim.unlink()
    elif state == "file short":
        victim.unlink()
        victim.write_bytes(b"short")
    elif state == "file altered":
        content = victim.read_bytes()
        victim.unlink()
        victim.write_bytes(content[:-9] + bytes(9))  # as long as before
    elif state == "dangling link":
        victim.unlink()
        victim.symlink_to(tmp_path / "unplugged.jpg")
    elif state == "list gone short":
        text = (data.folder / subset.LIST).read_text("utf-8")
        (data.folder / subset.LIST).write_text(text[: len(text) // 2], "utf-8")
    else:
        shutil.rmtree(data.folder)
        data.folder.mkdir()
    again = cats_vs_dogs.load()
    assert everything(again) == EXPECTED and Image.open(victim).size == (200, 200)
    assert victim.read_bytes() == (folder / "dog.8.jpg").read_bytes()
    assert (folder / "dog.8.jpg").exists(), "the original was behind the link"


def test_an_interrupted_replacement_does_not_block_the_next(tmp_path, monkeypatch):
    folder = put(tmp_path / "data")
    data = subset_of(folder, monkeypatch)
    (data.folder / "test/dog/dog.8.jpg").unlink()
    rename = Path.rename

    def interrupted(self, target):
        if Path(target) == data.folder:  # the old one is away, the new one not yet there
            raise KeyboardInterrupt
        return rename(self, target)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Path, "rename", interrupted)
        cats_vs_dogs.load()
    assert not data.folder.exists() and everything(cats_vs_dogs.load()) == EXPECTED


def test_a_folder_that_somebody_else_made_is_left_alone(tmp_path, monkeypatch):
    folder = put(tmp_path / "data")
    cats_vs_dogs.cached().mkdir(parents=True)
    (cats_vs_dogs.cached() / "diary.txt").write_text("mine")
    with pytest.raises(CourseError, match=r"exists and was not made by the course"):
        subset_of(folder, monkeypatch)
    assert contents(cats_vs_dogs.cached()) == {"diary.txt": b"mine"}


def test_a_finished_subset_is_not_made_again(tmp_path, monkeypatch):
    folder = put(tmp_path / "data")
    first = subset_of(folder, monkeypatch)
    monkeypatch.setattr(pictures, "survey", lambda *args: pytest.fail("it looked at every picture again"))
    assert cats_vs_dogs.load().source == first.source
    monkeypatch.delenv("COURSE_DATA")
    assert everything(cats_vs_dogs.load()) == EXPECTED, "the cache is a place of its own"


def test_another_course_data_is_looked_at(tmp_path, monkeypatch):
    subset_of(put(tmp_path / "a"), monkeypatch)
    with pytest.raises(CourseError, match="holds no dog"):
        put(tmp_path / "b")
        for file in (tmp_path / "b").glob("dog.*"):
            file.unlink()
        subset_of(tmp_path / "b", monkeypatch)


def test_a_stray_file_is_no_picture(tmp_path, monkeypatch):
    data = subset_of(put(tmp_path / "data"), monkeypatch)
    for name in (".DS_Store", "Thumbs.db"):
        (data.folder / "train/cat" / name).write_text("left by a file manager")
    assert everything(cats_vs_dogs.load()) == EXPECTED
    assert all(file.name.startswith(("cat.", "dog.")) for file in data.files("train")[0])


def test_the_sample_does_not_wait_for_the_full_set(tmp_path, monkeypatch):
    locks = []

    @contextlib.contextmanager
    def noted(name):
        locks.append(name)
        yield

    monkeypatch.setattr(cats_vs_dogs.store, "one_at_a_time", noted)
    cats_vs_dogs.load_sample()
    subset_of(put(tmp_path / "data"), monkeypatch)
    assert len(locks) == len(set(locks)) == 2
