"""Where a dataset is looked for on this machine: every layout of $COURSE_DATA, and the system's own folder."""

from pathlib import Path

import numpy as np
import pytest
from toy_datasets import arrays, everything_in, expectation, hash_of, npz, put, tiny_files, tiny_spec

from helpers import paths
from helpers.datasets import ArrayDataset, search
from helpers.errors import CourseError

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.mark.parametrize("layout", ["direct", "subfolder", "plain", "npz", "npz in subfolder"])
def test_course_data_layouts(layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_network: None) -> None:
    files, usb = tiny_files(), tmp_path / "usb"
    if layout == "npz":
        npz(usb / "tiny.npz", "good")
    elif layout == "npz in subfolder":
        npz(usb / "tiny/tiny.npz", "good")
    else:
        put(usb / "tiny" if layout == "subfolder" else usb, files, packed=layout != "plain")
    monkeypatch.setenv("COURSE_DATA", str(usb))
    data = search.load(tiny_spec(files))
    assert isinstance(data, ArrayDataset) and not data.is_sample
    assert data.source == "the folder $COURSE_DATA"
    assert np.array_equal(data.x_train, arrays()["x_train"]) and data.y_train.dtype == np.int64
    assert everything_in(tmp_path / "cache") == []


def test_relative_course_data_starts_at_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "ROOT", put(tmp_path / "repository/usb", tiny_files()).parent)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_DATA", "usb")
    assert search.load(tiny_spec(tiny_files())).source == "the folder $COURSE_DATA"


def test_course_data_that_is_no_folder_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "not there"))
    with pytest.raises(CourseError, match=r"COURSE_DATA is set to .*not there.* is no folder"):
        search.load(tiny_spec(tiny_files()))


def test_files_of_another_dataset_with_the_same_names_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tiny_files(seed=1)
    usb = put(tmp_path / "usb", other)
    monkeypatch.setenv("COURSE_DATA", str(usb))
    spec = tiny_spec(tiny_files(), others={"Other": expectation(other)})
    with pytest.raises(CourseError, match=r"usb holds Other"):
        search.load(spec)
    put(usb / "tiny", tiny_files())
    assert hash_of(search.load(spec)) == spec.full_hash


def test_right_files_and_a_wrong_decoder_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_DATA", str(put(tmp_path / "usb", tiny_files())))
    with pytest.raises(CourseError, match=r"decoded arrays of Tiny .*The files are right"):
        search.load(tiny_spec(tiny_files(), full_hash="0" * 64))


def test_system_folder_is_read_in_place(tmp_path: Path, no_network: None) -> None:
    folder = put(tmp_path / "usr/share/tiny", tiny_files())
    spec = tiny_spec(tiny_files(), system_folder=folder, system_title="Debian package tiny")
    assert search.load(spec).source == "Debian package tiny"
