"""Remake the samples in data/ from the complete sets: ``python data/make_samples.py [NAME…] [--check]``.

Of each class the same number of images is taken, evenly spaced over the official order, and the official
order is kept. No random numbers are involved, so anyone gets the same sample. (Evenly spaced, because the
second half of MNIST's test part is known to be harder than the first.)

``--check`` writes nothing and compares with the committed content hashes.
"""

import argparse
import sys

import numpy as np

from helpers.course.data import SPECS
from helpers.datasets import content_hash, search, store
from helpers.errors import CourseError

SIZES = {  # images per class: training, test
    "fashion_mnist": (600, 100),
    "mnist": (300, 50),
    "cifar10": (200, 50),
}


def rows(labels: np.ndarray, per_class: int) -> np.ndarray:
    """Ascending row numbers of a sample with ``per_class`` rows of each class, evenly spaced within it."""
    labels = labels.ravel()
    chosen = []
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        chosen.append(places[np.arange(per_class) * len(places) // per_class])
    return np.sort(np.concatenate(chosen))


def sample(name: str) -> dict[str, np.ndarray]:
    """The four arrays of a dataset's sample, cut from the complete set."""
    data = search.load_full(SPECS[name])
    train, test = (rows(labels, n) for labels, n in zip((data.y_train, data.y_test), SIZES[name], strict=True))
    return {
        "x_train": data.x_train[train],
        "y_train": data.y_train[train],
        "x_test": data.x_test[test],
        "y_test": data.y_test[test],
    }


def main(argv: list[str] | None = None) -> int:
    """Make or check the samples named; 0 if every content hash is the committed one, otherwise 1."""
    parser = argparse.ArgumentParser(description="Remake the samples in data/ from the complete sets.")
    parser.add_argument("names", nargs="*", choices=[*SIZES, []], help="all of them if none is named")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    options = parser.parse_args(argv)
    wrong = 0
    for name in options.names or SIZES:
        spec = SPECS[name]
        arrays = sample(name)
        found = content_hash(arrays)
        if not options.check:
            store.write(spec.sample_path, arrays, compress=True)
        good = found == spec.sample_hash
        wrong += not good
        size = f", {spec.sample_path.stat().st_size / 1e6:.1f} MB" if spec.sample_path.exists() else ""
        print(f"{name}: content hash {found}, {'as committed' if good else 'NOT AS COMMITTED'}{size}")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CourseError as error:
        sys.exit(str(error))
