"""Drawn pictures of cats and dogs, in folders of every usual shape: a set of twenty for the tests."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.datasets import cats_vs_dogs, likeness, places

PARTS = {"train": range(4), "validation": range(4, 6), "test": range(6, 10)}
MANY = 10  # of each class
EXPECTED = sorted(f"{part}/{name}/{name}.{i}.jpg" for part, r in PARTS.items() for name in ("cat", "dog") for i in r)


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


def subset_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> cats_vs_dogs.Photographs:
    monkeypatch.setenv("COURSE_DATA", str(folder))
    return cats_vs_dogs.load()


def everything(data: cats_vs_dogs.Photographs) -> list[str]:
    return sorted(p.relative_to(data.folder).as_posix() for part in PARTS for p in data.files(part)[0])


def replace_photographs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the course expect the drawn pictures, and an archive that no server has."""
    hashes = [likeness.difference_hash(drawn(1000 * label + i)) for label in (0, 1) for i in range(MANY)]
    monkeypatch.setattr(cats_vs_dogs, "split", lambda: np.array(hashes))
    monkeypatch.setattr(cats_vs_dogs, "PARTS", PARTS)
    monkeypatch.setattr(cats_vs_dogs, "ARCHIVE", places.Download("pets.zip", 9, "0" * 64, ()))
