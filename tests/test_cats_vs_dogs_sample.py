"""The committed list and sample of the photographs: whole, or an error; and the command that fetches and drops."""

import shutil

import pytest
from toy_pictures import drawn, put

from helpers import paths
from helpers.course import data as command
from helpers.datasets import cats_vs_dogs, checksums, likeness, pictures
from helpers.errors import CourseError


def test_the_committed_list_is_whole():
    hashes = cats_vs_dogs.split()
    assert hashes.shape == (5000, 16) and cats_vs_dogs.PARTS["test"] == range(1500, 2500)
    assert [(i // 2500, i % 2500, j % 2500) for i, j in likeness.twins(hashes)] == [(1, 74, 180), (1, 980, 1273)]
    assert (paths.SAMPLES / "cats_vs_dogs.txt").stat().st_size < 200_000


def test_an_altered_list_is_an_error(tmp_path, monkeypatch):
    cats_vs_dogs.split.cache_clear()
    text = (paths.SAMPLES / "cats_vs_dogs.txt").read_text("utf-8")
    monkeypatch.setattr(paths, "SAMPLES", tmp_path)
    with pytest.raises(CourseError, match=r"cats_vs_dogs\.txt is missing.*git checkout"):
        cats_vs_dogs.split()
    (tmp_path / "cats_vs_dogs.txt").write_text(text[:-3] + "00\n", "utf-8")
    with pytest.raises(CourseError, match=r"cats_vs_dogs\.txt is altered"):
        cats_vs_dogs.split()


def test_the_sample_is_the_committed_one(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    monkeypatch.setenv("COURSE_PROFILE", "quick")
    data = cats_vs_dogs.load()
    assert data.is_sample and "SAMPLE" in repr(data) and data.twins == ()
    assert pictures.digest(cats_vs_dogs.verified_sample()) == data.content_hash == checksums.sample("cats_vs_dogs")
    assert [len(data.files(part)[0]) for part in ("train", "validation", "test")] == [400, 200, 400]
    assert str(tmp_path) not in repr(data) + data._repr_html_() + str(data.facts())


def test_a_sample_linked_to_another_copy_of_the_course_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    first = cats_vs_dogs.load_sample().files("train")[0][0]
    shutil.copy(first, tmp_path / "elsewhere.png")
    first.unlink()
    first.symlink_to(tmp_path / "elsewhere.png")
    assert cats_vs_dogs.load_sample().files("train")[0][0].resolve().is_relative_to(paths.SAMPLES.resolve())


def test_an_altered_sample_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    for name in ("Cat", "Dog"):
        (tmp_path / "cats_vs_dogs" / name).mkdir(parents=True)
        drawn(1, (32, 32)).save(tmp_path / "cats_vs_dogs" / name / "0.png")
    shutil.copy(paths.SAMPLES / "checksums.toml", tmp_path)
    monkeypatch.setattr(paths, "SAMPLES", tmp_path)
    with pytest.raises(CourseError, match=r"cats_vs_dogs is altered.*make_cats_vs_dogs\.py"):
        cats_vs_dogs.load_sample()


@pytest.mark.usefixtures("drawn_set")
def test_the_command_lists_fetches_and_drops(tmp_path, monkeypatch, capsys):
    rows = [row for row in command.overview() if row["data"] == cats_vs_dogs.TITLE]
    assert [row["state"] for row in rows] == ["here", "missing"]
    monkeypatch.setenv("COURSE_DATA", str(put(tmp_path / "data")))
    assert command.main(["fetch", "cats_vs_dogs"]) == 0
    assert "content hash" in capsys.readouterr().out
    [row] = [row for row in command.overview() if (row["data"], row["part"]) == (cats_vs_dogs.TITLE, "complete")]
    assert row["state"] == "here" and "200 × 200 pixels" in row["source"]
    monkeypatch.setattr(paths, "SAMPLES", tmp_path)
    put(tmp_path / "cats_vs_dogs")
    assert command.main(["drop", "cats_vs_dogs"]) == 0
    assert not (tmp_path / "cats_vs_dogs").exists() and "make_cats_vs_dogs.py" in capsys.readouterr().out
