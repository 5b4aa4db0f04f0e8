"""Bad files of a dataset: whatever is wrong with one, and wherever it lies, the error names it and says what to do."""

from pathlib import Path

import numpy as np
import pytest
from toy_datasets import IMAGES, bad_files, idx_bytes, npz, put, tiny_files, tiny_spec

from helpers import paths
from helpers.datasets import raw, search, store
from helpers.errors import CourseError

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize("state", ["missing", "truncated", "altered"])
def test_bad_file_in_course_data_is_an_error_that_names_it(
    state: str, packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_network: None
) -> None:
    monkeypatch.setenv("COURSE_DATA", str(put(tmp_path / "usb", bad_files(state), packed=packed)))
    with pytest.raises(CourseError) as caught:
        search.load(tiny_spec(tiny_files()))
    message = str(caught.value)
    for part in (str(tmp_path / "usb"), IMAGES, f"is {state}", "ound", "xpected", "again"):
        assert part in message, (part, message)


def test_gz_cut_short_by_a_copy_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = put(tmp_path / "usb", tiny_files())
    path = folder / f"{IMAGES}.gz"
    path.write_bytes(path.read_bytes()[:-20])
    monkeypatch.setenv("COURSE_DATA", str(folder))
    with pytest.raises(CourseError, match=rf"{IMAGES}\.gz is damaged or truncated: found \d+ bytes"):
        search.load(tiny_spec(tiny_files()))


@pytest.mark.parametrize("state", ["altered", "truncated", "flipped", "empty", "foreign", "pickled"])
@pytest.mark.parametrize("place", ["cache", "usb", "sample"])
def test_bad_npz_is_an_error_that_names_it(
    place: str, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_network: None
) -> None:
    path = {
        "cache": store.cached("tiny"),
        "usb": tmp_path / "usb/tiny.npz",
        "sample": tmp_path / "data/tiny.npz",
    }[place]
    npz(path, state)
    if place == "usb":
        monkeypatch.setenv("COURSE_DATA", str(path.parent))
    if place == "sample":
        monkeypatch.setattr(paths, "SAMPLES", path.parent)
        monkeypatch.setenv("COURSE_PROFILE", "quick")
    with pytest.raises(CourseError) as caught:
        search.load(tiny_spec(tiny_files()))
    advice = {"cache": "data fetch tiny", "usb": "Copy it again", "sample": "git checkout data/tiny.npz"}
    for part in (str(path), "found", "expected", advice[place]):
        assert part in str(caught.value), str(caught.value)
    assert not (path.parent / "code was run").exists()


def test_missing_sample_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "SAMPLES", tmp_path)
    monkeypatch.setenv("COURSE_PROFILE", "quick")
    with pytest.raises(CourseError, match=r"tiny\.npz is missing.*git checkout.*make_samples\.py tiny"):
        search.load(tiny_spec(tiny_files()))


@pytest.mark.parametrize(
    "data", [b"", b"\x00\x00\x08", b"PK\x03\x04" + bytes(40), idx_bytes(np.zeros((2, 3), np.uint8)) + b"x"]
)
def test_what_is_no_idx_file_is_refused(data: bytes) -> None:
    with pytest.raises(CourseError, match=r"found .* expected"):
        raw.idx(data, "labels")
