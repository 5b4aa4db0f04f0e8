"""Profiles, places and how a lesson starts; files appear whole under their final name or not at all."""

import errno
import os
import time
from pathlib import Path

import numpy as np
import pytest

from helpers import files, lesson, paths, profiles
from helpers.errors import CourseError
from helpers.opening import MIME


@pytest.mark.parametrize(("value", "profile"), [(None, "quick"), ("", "quick"), ("quick", "quick"), ("full", "full")])
def test_the_variable_chooses_the_profile_and_nothing_means_quick(monkeypatch, value, profile):
    monkeypatch.setenv(profiles.VARIABLE, "full")
    monkeypatch.delenv(profiles.VARIABLE) if value is None else monkeypatch.setenv(profiles.VARIABLE, value)
    assert profiles.current() == profile
    assert profiles.pick(quick=1, full=[2]) == {"quick": 1, "full": [2]}[profile]


@pytest.mark.parametrize("wrong", ["fast", "Quick", " full", "0"])
def test_an_unknown_profile_is_named_with_what_is_expected(monkeypatch, wrong):
    monkeypatch.setenv(profiles.VARIABLE, wrong)
    for call in (profiles.current, lambda: profiles.pick(quick=1, full=2), lambda: profiles.checked(wrong)):
        with pytest.raises(ValueError, match="quick, full") as error:
            call()
        assert repr(wrong) in str(error.value) and profiles.VARIABLE in str(error.value)


def test_use_reaches_processes_started_later_and_refuses_an_unknown_one(monkeypatch):
    monkeypatch.setenv(profiles.VARIABLE, "quick")
    profiles.use("full")
    assert os.environ[profiles.VARIABLE] == "full"
    with pytest.raises(ValueError):
        profiles.use("slow")
    assert os.environ[profiles.VARIABLE] == "full"


def test_pick_takes_no_positional_values():
    with pytest.raises(TypeError):
        profiles.pick(1, 2)


# Places ------------------------------------------------------------------------------------------


def test_relative_paths_start_at_the_repository_and_absolute_ones_stay(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert paths.from_root("data/x") == paths.ROOT / "data/x"
    assert paths.from_root(tmp_path) == tmp_path
    assert paths.from_root("~/x") == tmp_path / "x"
    assert (paths.ROOT / "pyproject.toml").exists()


@pytest.mark.parametrize("value", [None, "", "here", "absolute"])
def test_the_cache_is_where_the_variable_says(tmp_path, monkeypatch, value):
    given = str(tmp_path) if value == "absolute" else value
    monkeypatch.delenv("COURSE_CACHE", raising=False)
    if given is not None:
        monkeypatch.setenv("COURSE_CACHE", given)
    expected = {None: ".course-cache", "": ".course-cache", "here": "here", "absolute": tmp_path}[value]
    assert paths.cache() == paths.ROOT / expected


def test_lessons_come_in_reading_order_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path)
    for name in ("A1_a.ipynb", "02_b.ipynb", "01_c.ipynb", "draft.ipynb", "claims.toml", "03.ipynb"):
        (tmp_path / name).touch()
    assert [path.name for path in paths.lessons()] == ["01_c.ipynb", "02_b.ipynb", "A1_a.ipynb"]


# Files -------------------------------------------------------------------------------------------


def everything(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_file_appears_when_the_block_ends(tmp_path):
    path = tmp_path / "new" / "a.bin"
    with files.atomic_write(path) as file:
        file.write(b"one")
        assert not path.exists()
    assert path.read_bytes() == b"one" and everything(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt])
def test_after_a_failed_block_the_old_file_stands_and_no_piece_remains(tmp_path, stop):
    (tmp_path / "a.bin").write_bytes(b"old")
    with pytest.raises(stop), files.atomic_write(tmp_path / "a.bin") as file:
        file.write(b"half")
        raise stop
    assert (tmp_path / "a.bin").read_bytes() == b"old" and everything(tmp_path) == ["a.bin"]


def test_a_full_disk_is_told_in_one_sentence_and_leaves_nothing(tmp_path):
    with pytest.raises(CourseError, match="No space left") as error, files.atomic_write(tmp_path / "a.bin") as file:
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert str(tmp_path) in str(error.value) and everything(tmp_path) == []


@pytest.fixture
def in_the_way(tmp_path, monkeypatch) -> Path:
    """A cache that cannot be made, whoever runs the test: its parent is a file."""
    (tmp_path / "taken").write_bytes(b"a file")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "taken" / "cache"))
    return tmp_path / "taken" / "cache"


def test_an_unwritable_cache_is_named(in_the_way):
    for attempt in (lambda: files.in_cache("checkpoints/a.keras"), lambda: write(in_the_way / "checkpoints/a.keras")):
        with pytest.raises(CourseError, match="COURSE_CACHE") as error:
            attempt()
        assert str(in_the_way / "checkpoints") in str(error.value)
    assert everything(in_the_way.parent.parent) == ["taken"]


def write(path: Path) -> None:
    with files.atomic_write(path) as file:
        file.write(b"never")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the administrator may write anywhere")
def test_a_folder_without_permission_is_named(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(CourseError, match="Make it writable") as error:
            write(tmp_path / "a.bin")
        assert str(tmp_path) in str(error.value)
    finally:
        tmp_path.chmod(0o700)


def test_in_cache_makes_the_folder_but_not_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    path = files.in_cache("checkpoints/a.keras")
    assert path == tmp_path / "checkpoints/a.keras" and path.parent.is_dir() and not path.exists()


def test_pieces_of_a_killed_process_go_after_a_day(tmp_path):
    for name, hours in ((".a-old.part", 25), (".a-new.part", 23)):
        (tmp_path / name).write_bytes(b"half")
        os.utime(tmp_path / name, 2 * (time.time() - 3600 * hours,))
    write(tmp_path / "a.bin")
    assert everything(tmp_path) == [".a-new.part", "a.bin"]


# The start of a lesson ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, np.int64(3)])
def test_good_seeds(seed):
    assert lesson.checked_seed(seed) == seed and type(lesson.checked_seed(seed)) is int


@pytest.mark.parametrize("seed", [-1, 2**32, "0", 1.0, None, True, [0], np.float32(1)])
def test_bad_seeds_are_shown_with_what_is_expected(seed):
    with pytest.raises(ValueError, match="whole number from 0 to 4294967295") as error:
        lesson.start("03_fashion_mnist", profile="quick", seed=seed)
    assert repr(seed) in str(error.value)


def test_start_puts_profile_and_seed_in_force_and_shows_recorded_times(tmp_path, monkeypatch):
    monkeypatch.setenv(profiles.VARIABLE, "full")
    monkeypatch.setattr(paths, "RECORDS", tmp_path)
    (tmp_path / "quick").mkdir()
    (tmp_path / "quick/03_a.json").write_text('{"seconds": 40}')
    draws = []
    for _ in range(2):
        opening = lesson.start("03_a", profile="quick", seed=7)
        draws.append(np.random.random())
    assert draws[0] == draws[1] and profiles.current() == "quick"
    assert repr(opening) == ("Lesson 03_a, quick profile, seed 7. Measured time: quick 40 s, full not measured yet.")
    assert opening._repr_mimebundle_()[MIME] == {"profile": "quick", "seed": 7}


def test_start_refuses_an_unknown_profile():
    with pytest.raises(ValueError, match="'fast'"):
        lesson.start("03_a", profile="fast", seed=0)
