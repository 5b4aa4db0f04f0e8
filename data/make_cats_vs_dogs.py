"""Remake what the cats-and-dogs lessons need in data/: ``python data/make_cats_vs_dogs.py [sample|split] [--check]``.

``sample``  the pictures in data/cats_vs_dogs, from the complete CIFAR-10: 500 cats and 500 dogs of its training
            part, evenly spaced, none of which is in the sample data/cifar10.npz; PNG, so that no pixel changes
``split``   the list data/cats_vs_dogs.txt, from a folder of 5,000 photographs cat.0.jpg to dog.2499.jpg named by
            COURSE_DATA: their perceptual hashes, numbers and no pictures

``--check`` writes nothing and compares with the committed hashes.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import numpy as np
from make_samples import SIZES, rows
from PIL import Image

from helpers import paths
from helpers.datasets import cats_vs_dogs, checksums, cifar10, pictures, places, search
from helpers.errors import CourseError
from helpers.files import atomic_write

PER_CLASS = 500
FOLDER = paths.SAMPLES / cats_vs_dogs.NAME
HEAD = """\
# The subset of cats versus dogs: perceptual hashes (helpers/datasets/likeness.py) of 5,000 photographs in the
# course's order, cat 0 to 2499, then dog 0 to 2499; 128 bits each. Made by make_cats_vs_dogs.py.
"""


def sample_pictures() -> dict[str, np.ndarray]:
    """``"Cat/0.png"`` → pixels, for every picture of the sample."""
    data = search.load_full(cifar10.SPEC)
    labels = data.y_train.ravel()
    taken = set(rows(labels, SIZES["cifar10"][0]).tolist())
    found, seen = {}, set()
    for name in cats_vs_dogs.CLASSES:
        own = [i for i in np.flatnonzero(labels == data.class_names.index(name)) if i not in taken]
        chosen = [own[i * len(own) // PER_CLASS] for i in range(PER_CLASS)]
        for number, row in enumerate(chosen):
            found[f"{name.title()}/{number}.png"] = data.x_train[row]
            seen.add(data.x_train[row].tobytes())
    assert len(seen) == len(found), "a picture is twice in the sample"
    return found


def make_sample(check: bool) -> bool:
    """Write the sample unless ``check``; whether its pixels are the committed ones."""
    for name, pixels in sample_pictures().items():
        path = FOLDER / name
        if check:
            same = path.is_file() and np.array_equal(np.asarray(Image.open(path)), pixels)
            if not same:
                print(f"{path.name} of {path.parent.name} is missing or altered")
                return False
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path, optimize=True)
    found = pictures.digest(pictures.survey(FOLDER))
    print(f"sample: content hash {found}, {sum(p.stat().st_size for p in FOLDER.rglob('*.png')) / 1e6:.1f} MB")
    return found == checksums.sample(cats_vs_dogs.NAME)


def make_split(check: bool) -> bool:
    """Write the list unless ``check``; whether it is the committed one."""
    folder = places.course_data()
    if folder is None:
        raise CourseError("COURSE_DATA is not set. Expected the folder with the 5,000 photographs.")
    survey = pictures.survey(folder / cats_vs_dogs.NAME)
    names = [Path(entry.name).name for entry in survey.entries]
    if names != [f"{name}.{i}.jpg" for name in cats_vs_dogs.CLASSES for i in range(2500)]:
        raise CourseError(f"Found {len(names)} pictures, expected cat.0.jpg to cat.2499.jpg and the dogs alike.")
    lines = [bytes(row).hex() for row in survey.hashes]
    found = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    if not check:
        with atomic_write(paths.SAMPLES / f"{cats_vs_dogs.NAME}.txt") as file:
            file.write((HEAD + "\n".join(lines) + "\n").encode())
    print(f"split: content hash {found}")
    return found == checksums.full(cats_vs_dogs.NAME)


def main(argv: list[str] | None = None) -> int:
    """Make or check what is named; 0 if every hash is the committed one, otherwise 1."""
    parser = argparse.ArgumentParser(description="Remake what the cats-and-dogs lessons need in data/.")
    parser.add_argument("what", nargs="?", choices=("sample", "split"), default="sample")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    options = parser.parse_args(argv)
    good = {"sample": make_sample, "split": make_split}[options.what](options.check)
    print("as committed" if good else "NOT AS COMMITTED")
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CourseError as error:
        sys.exit(str(error))
