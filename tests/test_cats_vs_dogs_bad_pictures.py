"""Bad and unusual pictures: skipped with a reason, made RGB, or refused, and always named."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from toy_pictures import EXPECTED, PARTS, contents, drawn, everything, put, subset_of

from helpers.datasets import cats_vs_dogs, pictures, subset
from helpers.errors import CourseError

pytestmark = pytest.mark.usefixtures("drawn_set")


@pytest.mark.parametrize("folder", ["", "cats_vs_dogs"])
def test_an_empty_folder(folder, tmp_path, monkeypatch):
    (tmp_path / "data" / folder).mkdir(parents=True)
    with pytest.raises(CourseError, match=r"no pictures (of cats and dogs|named like cat\.0\.jpg)"):
        subset_of(tmp_path / "data", monkeypatch)


def test_what_is_no_folder(tmp_path):
    with pytest.raises(CourseError, match="gone is no folder"):
        pictures.survey(tmp_path / "gone")


@pytest.mark.parametrize("missing", ["cat", "dog"])
@pytest.mark.parametrize("state", ["no file", "all damaged"])
def test_one_class_missing(missing, state, tmp_path, monkeypatch):
    folder = put(tmp_path / "data")
    for file in folder.glob(f"{missing}.*"):
        file.unlink() if state == "no file" else file.write_bytes(file.read_bytes()[:300])
    before = contents(folder)
    with pytest.raises(CourseError, match=rf"holds no {missing}\. Found 10 whole pictures of the other class"):
        subset_of(folder, monkeypatch)
    assert contents(folder) == before


def bad_file(path: Path, kind: str) -> str:
    """Write a bad file; returns a word of the reason it has to be skipped with."""
    if kind == "truncated":
        path.write_bytes(path.read_bytes()[:-600])
        return "truncated"
    if kind == "flipped":
        data = bytearray(path.read_bytes())
        data[200:260] = bytes(60)
        path.write_bytes(data[:1500])
        return "damaged"
    path.write_bytes({"empty": b"", "text": b"<html>not found</html>", "database": b"\xd0\xcf\x11\xe0" * 99}[kind])
    return "empty" if kind == "empty" else "no picture"


@pytest.mark.parametrize("kind", ["truncated", "flipped", "empty", "text", "database"])
def test_a_bad_file_is_skipped_with_its_name_and_reason(kind, tmp_path, monkeypatch):
    folder = put(tmp_path / "data")
    shutil.copy(folder / "cat.0.jpg", folder / "cat.77.jpg")
    reason = bad_file(folder / "cat.77.jpg", kind)
    (folder / "Thumbs.db").write_bytes(b"x")  # has no class, so it is not even looked at
    before = contents(folder)
    data = subset_of(folder, monkeypatch)
    assert everything(data) == EXPECTED and contents(folder) == before
    [(name, why)] = data.skipped
    assert name == "cat.77.jpg" and reason in why
    assert "1: cat.77.jpg" in repr(data)


def test_a_bad_file_of_the_subset_itself_is_named(tmp_path, monkeypatch):
    folder = put(tmp_path / "data")
    bad_file(folder / "dog.7.jpg", "truncated")
    with pytest.raises(CourseError, match=r"1 of the 20 photographs.*the first: dog\.7\).*skipped 1: dog\.7\.jpg"):
        subset_of(folder, monkeypatch)


@pytest.mark.parametrize("kind", ["png", "grey", "cmyk", "palette", "alpha"])
def test_pictures_of_other_kinds_become_rgb(kind, tmp_path, monkeypatch):
    folder = put(tmp_path / "data")
    picture, path = drawn(2), folder / "cat.2.jpg"
    if kind == "png":
        picture.save(path, "PNG")  # a PNG named .jpg
    elif kind in ("grey", "cmyk"):
        picture.convert({"grey": "L", "cmyk": "CMYK"}[kind]).save(path, "JPEG", quality=95)
    else:
        picture.convert({"palette": "P", "alpha": "RGBA"}[kind]).save(path, "PNG")
    data = subset_of(folder, monkeypatch)
    assert data.skipped == ()
    [file] = [f for f in data.files("train")[0] if f.name.startswith("cat.2.")]
    found = Image.open(file)
    assert found.mode == "RGB" and found.size == (200, 200)
    expected = picture.convert({"grey": "L", "palette": "P"}.get(kind, "RGB")).convert("RGB")
    assert np.abs(np.asarray(found, float) - np.asarray(expected, float)).mean() < 6


def test_every_reader_reads_them(tmp_path, monkeypatch):
    """TensorFlow decodes what the subset holds: JPEG, a PNG named .jpg, and what was grey or CMYK."""
    from helpers.backend import keras, tf

    folder = put(tmp_path / "data")
    drawn(0).save(folder / "cat.0.jpg", "PNG")
    drawn(1).convert("L").save(folder / "cat.1.jpg", "JPEG")
    drawn(2).convert("CMYK").save(folder / "cat.2.jpg", "JPEG")
    data = subset_of(folder, monkeypatch)
    for file in data.files("train")[0]:
        assert tf.io.decode_image(file.read_bytes(), expand_animations=False).shape == (200, 200, 3)
    read = keras.utils.image_dataset_from_directory(data.folder / "train", image_size=(32, 32), verbose=False)
    assert sum(len(x) for x, _ in read) == 8 and read.class_names == ["cat", "dog"]


def test_a_picture_in_two_parts_is_refused(tmp_path, monkeypatch):
    folder = put(tmp_path / "data")
    shutil.copy(folder / "cat.0.jpg", folder / "cat.9.jpg")
    survey = pictures.survey(folder)
    with pytest.raises(CourseError, match=r"not disjoint: cat\.9 in test and cat\.0 in train are the same picture"):
        subset.build(tmp_path / "made", survey, cats_vs_dogs.by_number(survey, PARTS), {})
    assert not (tmp_path / "made").exists()


def test_twins_in_two_parts_are_named(tmp_path):
    folder = put(tmp_path / "data")
    drawn(0).save(folder / "cat.9.jpg", quality=50)  # the same picture, other pixels
    drawn(2).save(folder / "cat.3.jpg", quality=50)  # twins within one part do no harm
    survey = pictures.survey(folder)
    known = subset.build(tmp_path / "made", survey, cats_vs_dogs.by_number(survey, PARTS), {"source": "x"})
    assert known["twins"] == [("train/cat.0", "test/cat.9")]


def test_too_few_pictures_of_your_own(tmp_path):
    survey = pictures.survey(put(tmp_path / "data", many=7))
    with pytest.raises(CourseError, match=r"Found 7 whole pictures of cats, expected 10"):
        cats_vs_dogs.by_number(survey, PARTS)
