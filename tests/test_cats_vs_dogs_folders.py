"""The photographs in folders: every usual shape gives the same subset, and the originals stay as they are."""

import errno
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from toy_pictures import EXPECTED, MANY, PARTS, contents, drawn, everything, put, subset_of

from helpers import photographs

pytestmark = pytest.mark.usefixtures("drawn_set")


@pytest.mark.parametrize("shape", ["flat", "train", "folders", "PetImages", "subset"])
@pytest.mark.parametrize("below", ["", "cats_vs_dogs", "dogs-vs-cats"])
def test_any_usual_shape_gives_the_same_subset(shape, below, tmp_path, monkeypatch):
    put(tmp_path / "data" / below, shape)
    data = subset_of(tmp_path / "data", monkeypatch)
    assert everything(data) == EXPECTED
    for part, numbers in PARTS.items():
        files, labels = data.files(part)
        assert [f.name for f in files] == [f"{n}.{i}.jpg" for n in ("cat", "dog") for i in numbers]
        assert labels.tolist() == [0] * len(numbers) + [1] * len(numbers) and labels.dtype == np.int64
        for file, label in zip(files, labels, strict=True):
            number = int(file.name.split(".")[1])
            far = np.abs(np.asarray(Image.open(file), float) - np.asarray(drawn(1000 * label + number), float))
            assert far.mean() < 5


def test_the_split_does_not_depend_on_numbers_sizes_or_further_pictures(tmp_path, monkeypatch):
    put(tmp_path / "a")
    other = tmp_path / "b" / "PetImages"
    for label, name in enumerate(("Cat", "Dog")):
        (other / name).mkdir(parents=True)
        for i in range(MANY):
            drawn(1000 * label + i, (320, 240)).save(other / name / f"{70 - 3 * i}.jpg", quality=80)
            drawn(5000 + 1000 * label + i).save(other / name / f"{100 + i}.jpg")  # not of the subset
    first = subset_of(tmp_path / "a", monkeypatch)
    one = {f: np.asarray(Image.open(first.folder / f).resize((8, 8)), float) for f in EXPECTED}
    second = subset_of(tmp_path / "b", monkeypatch)
    assert everything(second) == EXPECTED and second.content_hash == first.content_hash
    for name, pixels in one.items():
        assert np.abs(pixels - np.asarray(Image.open(second.folder / name).resize((8, 8)), float)).mean() < 8
    assert "320 × 240" in second.source and "200 × 200" in first.source


def test_pictures_are_linked_and_the_originals_stay_as_they_are(tmp_path, monkeypatch):
    folder = put(tmp_path / "data")
    drawn(3).convert("L").save(folder / "cat.3.jpg", quality=95)
    before = contents(folder)
    data = subset_of(folder, monkeypatch)
    assert sum(f.is_symlink() for part in PARTS for f in data.files(part)[0]) == 2 * MANY - 1
    shutil.rmtree(data.folder)
    subset_of(folder, monkeypatch)
    assert contents(folder) == before


def test_pictures_are_copied_where_there_are_no_links(tmp_path, monkeypatch):
    def no_links(*args, **options):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", no_links)
    data = subset_of(put(tmp_path / "data"), monkeypatch)
    assert everything(data) == EXPECTED
    assert not any(f.is_symlink() for part in PARTS for f in data.files(part)[0])


def test_spaces_and_korean_letters(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "내 캐시"))
    data = subset_of(put(tmp_path / "고양이 와 개 사진"), monkeypatch)
    assert everything(data) == EXPECTED and Image.open(data.files("test")[0][0]).size == (200, 200)
    assert photographs.read(data.files("test")[0], 8).shape == (8, 8, 8, 3)  # TensorFlow opens such names, too


def test_an_empty_folder_does_not_hide_the_pictures_beside_it(tmp_path, monkeypatch):
    folder = put(tmp_path / "data")
    (folder / "PetImages").mkdir()
    assert everything(subset_of(folder, monkeypatch)) == EXPECTED


def test_an_unknown_part_is_named(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="part must be one of train, validation, test, found 'valid'"):
        subset_of(put(tmp_path / "data"), monkeypatch).files("valid")
