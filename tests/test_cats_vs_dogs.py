"""The photographs as files: every shape of folder, every kind of bad file, the subset, and resumable downloads.

Nothing here needs the photographs or a network: the pictures are drawn, and the web is a server on 127.0.0.1.
"""

import errno
import hashlib
import http.server
import os
import shutil
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers import paths
from helpers.course import data as command
from helpers.datasets import cats_vs_dogs, checksums, likeness, pictures, places, resuming, subset
from helpers.datasets.clients import NotObtained
from helpers.errors import CourseError

PARTS = {"train": range(4), "validation": range(4, 6), "test": range(6, 10)}
MANY = 10  # of each class


@cache
def drawn(number: int, size: tuple[int, int] = (200, 200)) -> Image.Image:
    """A smooth picture that is like no other: every number its own."""
    coarse = np.random.default_rng(number).integers(0, 256, (6, 6, 3), np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def put(folder: Path, shape: str = "flat", *, many: int = MANY, **options) -> Path:
    """Write cats 0 … and dogs 0 … in one of the usual shapes."""
    for label, name in enumerate(("cat", "dog")):
        for i in range(many):
            path = {
                "flat": folder / f"{name}.{i}.jpg",
                "train": folder / "train" / f"{name}.{i}.jpg",
                "folders": folder / name.title() / f"{i}.jpg",
                "PetImages": folder / "PetImages" / name.title() / f"{i}.jpg",
                "subset": folder / ("train", "test")[i % 2] / f"{name}s" / f"{name}.{i}.jpg",
            }[shape]
            path.parent.mkdir(parents=True, exist_ok=True)
            drawn(1000 * label + i).save(path, **({"quality": 95} | options))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, no $COURSE_DATA, the full profile, and a set of twenty drawn pictures."""
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.setenv("COURSE_PROFILE", "full")
    hashes = [likeness.difference_hash(drawn(1000 * label + i)) for label in (0, 1) for i in range(MANY)]
    monkeypatch.setattr(cats_vs_dogs, "split", lambda: np.array(hashes))
    monkeypatch.setattr(cats_vs_dogs, "PARTS", PARTS)
    monkeypatch.setattr(cats_vs_dogs, "ARCHIVE", places.Download("pets.zip", 9, "0" * 64, ()))
    return tmp_path


def subset_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> cats_vs_dogs.Photographs:
    monkeypatch.setenv("COURSE_DATA", str(folder))
    return cats_vs_dogs.load()


def everything(data: cats_vs_dogs.Photographs) -> list[str]:
    return sorted(p.relative_to(data.folder).as_posix() for part in PARTS for p in data.files(part)[0])


EXPECTED = sorted(f"{part}/{name}/{name}.{i}.jpg" for part, r in PARTS.items() for name in ("cat", "dog") for i in r)

# --- which picture is this? --------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(500, 375), (64, 64), (33, 90)])
@pytest.mark.parametrize("quality", [95, 40])
def test_a_hash_survives_size_and_quality(size, quality, tmp_path):
    for number in range(20):
        path = tmp_path / "copy.jpg"
        drawn(number).resize(size).save(path, quality=quality)
        far = likeness.distances(
            likeness.difference_hash(Image.open(path))[None], likeness.difference_hash(drawn(number))[None]
        )
        assert far[0, 0] <= likeness.SAME


def test_other_pictures_have_other_hashes():
    hashes = np.array([likeness.difference_hash(drawn(number)) for number in range(60)])
    far = likeness.distances(hashes, hashes)
    assert (np.diagonal(far) == 0).all() and (far == far.T).all()
    assert far[np.triu_indices(60, 1)].min() > likeness.SAME
    assert likeness.twins(np.concatenate([hashes, hashes[[7]]])) == [(7, 60)]


def test_distances_count_bits():
    a, b = np.zeros((1, 16), np.uint8), np.zeros((1, 16), np.uint8)
    b[0, 3], b[0, 15] = 0b101, 255
    assert likeness.distances(a, b).tolist() == [[10]]
    with pytest.raises(ValueError, match=r"others: expected uint8 \(N, 16\), found int64 \(1, 16\)"):
        likeness.distances(a, b.astype(np.int64))


def test_assignment_takes_the_closest_first_and_each_picture_once():
    wanted = np.zeros((3, 16), np.uint8)
    wanted[1, 0], wanted[2, 8:] = 0b11, 255  # 0 and 1 are near twins, 2 is far away
    found = np.zeros((2, 16), np.uint8)
    found[0, 0] = 0b11
    assert likeness.assigned(wanted, found).tolist() == [1, 0, -1]
    assert likeness.assigned(wanted, found[:1]).tolist() == [-1, 0, -1], "one picture cannot be two"
    assert likeness.assigned(wanted, found[:0]).tolist() == [-1, -1, -1]


# --- shapes of folders -------------------------------------------------------------------------------


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


# --- bad input ---------------------------------------------------------------------------------------


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
    with pytest.raises(CourseError, match=rf"holds no {missing}\. Found 10 whole pictures of the other class"):
        subset_of(folder, monkeypatch)


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
    data = subset_of(folder, monkeypatch)
    assert everything(data) == EXPECTED
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


# --- the disk ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_a_disk_that_is_read_only_or_full(code, tmp_path, monkeypatch):
    def refuse(self, *args, **options):
        raise OSError(code, os.strerror(code))

    folder = put(tmp_path / "data")
    monkeypatch.setattr(Path, "symlink_to", refuse)
    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(CourseError, match=r"(Cannot write|disk is full).*COURSE_CACHE"):
        subset_of(folder, monkeypatch)
    left = [p for p in (tmp_path / "cache" / "datasets").iterdir() if p.suffix != ".lock"]
    assert left == [], "nothing half-made is left"


def test_a_cache_that_is_a_file(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file"))
    with pytest.raises(CourseError, match=r"Cannot write .*file.*COURSE_CACHE"):
        subset_of(put(tmp_path / "data"), monkeypatch)


@pytest.mark.parametrize("state", ["file gone", "file short", "dangling link", "list gone short", "no list, empty"])
def test_a_half_made_subset_is_made_again(state, tmp_path, monkeypatch):
    folder = put(tmp_path / "data")
    data = subset_of(folder, monkeypatch)
    victim = data.folder / "test/dog/dog.8.jpg"
    if state == "file gone":
        victim.unlink()
    elif state == "file short":
        victim.unlink()
        victim.write_bytes(b"short")
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
    assert (folder / "dog.8.jpg").exists(), "the original was behind the link"


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


# --- the archive -------------------------------------------------------------------------------------


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, Path, list[str]]]:
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

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", folder, asked
    server.shutdown()
    server.server_close()


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


# --- what is committed -------------------------------------------------------------------------------


def test_the_committed_list_is_whole(monkeypatch):
    monkeypatch.undo()
    hashes = cats_vs_dogs.split()
    assert hashes.shape == (5000, 16) and cats_vs_dogs.PARTS["test"] == range(1500, 2500)
    assert [(i // 2500, i % 2500, j % 2500) for i, j in likeness.twins(hashes)] == [(1, 74, 180), (1, 980, 1273)]
    assert (paths.SAMPLES / "cats_vs_dogs.txt").stat().st_size < 200_000


def test_an_altered_list_is_an_error(tmp_path, monkeypatch):
    monkeypatch.undo()
    cats_vs_dogs.split.cache_clear()
    text = (paths.SAMPLES / "cats_vs_dogs.txt").read_text("utf-8")
    monkeypatch.setattr(paths, "SAMPLES", tmp_path)
    with pytest.raises(CourseError, match=r"cats_vs_dogs\.txt is missing.*git checkout"):
        cats_vs_dogs.split()
    (tmp_path / "cats_vs_dogs.txt").write_text(text[:-3] + "00\n", "utf-8")
    with pytest.raises(CourseError, match=r"cats_vs_dogs\.txt is altered"):
        cats_vs_dogs.split()


def test_the_sample_is_the_committed_one(tmp_path, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    monkeypatch.setenv("COURSE_PROFILE", "quick")
    data = cats_vs_dogs.load()
    assert data.is_sample and "SAMPLE" in repr(data) and data.twins == ()
    assert data.content_hash == checksums.sample("cats_vs_dogs")
    assert [len(data.files(part)[0]) for part in ("train", "validation", "test")] == [400, 200, 400]
    assert str(tmp_path) not in repr(data) + data._repr_html_() + str(data.facts())


def test_a_sample_linked_to_another_copy_of_the_course_is_made_again(tmp_path, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    first = cats_vs_dogs.load_sample().files("train")[0][0]
    shutil.copy(first, tmp_path / "elsewhere.png")
    first.unlink()
    first.symlink_to(tmp_path / "elsewhere.png")
    assert cats_vs_dogs.load_sample().files("train")[0][0].resolve().is_relative_to(paths.SAMPLES.resolve())


def test_an_altered_sample_is_an_error(tmp_path, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    for name in ("Cat", "Dog"):
        (tmp_path / "cats_vs_dogs" / name).mkdir(parents=True)
        drawn(1, (32, 32)).save(tmp_path / "cats_vs_dogs" / name / "0.png")
    shutil.copy(paths.SAMPLES / "checksums.toml", tmp_path)
    monkeypatch.setattr(paths, "SAMPLES", tmp_path)
    with pytest.raises(CourseError, match=r"cats_vs_dogs is altered.*make_cats_vs_dogs\.py"):
        cats_vs_dogs.load_sample()


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


def test_an_unknown_part_is_named(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="part must be one of train, validation, test, found 'valid'"):
        subset_of(put(tmp_path / "data"), monkeypatch).files("valid")
