"""CIFAR-10 in its own forms: the archive, the unpacked batches, and a registry's PNG sheets."""

import io
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from toy_datasets import expectation, hash_of, put

from helpers.datasets import cifar10, content_hash, search
from helpers.errors import CourseError

pytestmark = pytest.mark.usefixtures("own_cache")


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
    assert hash_of(search.load(spec)) == spec.full_hash
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
