"""Remake data/vgg16_8bit.npz from VGG16's float weights: ``python data/make_vgg16.py [--check]``.

The float weights come from wherever the course finds them, see data/README.md. Each kernel becomes whole numbers
from -127 to 127 with one scale for each output channel; biases stay as they are. No random numbers, so everyone
gets the same file. ``--check`` writes nothing and compares with the committed hash.
"""

import argparse
import sys

import numpy as np

from helpers.datasets import checksums, content_hash, weights
from helpers.datasets.layouts import VGG16
from helpers.errors import CourseError
from helpers.files import atomic_write


def main() -> int:
    """Make or check the sample; 0 if it is the committed one."""
    parser = argparse.ArgumentParser(description="Remake data/vgg16_8bit.npz from VGG16's float weights.")
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    options = parser.parse_args()
    try:
        small = weights.to_8_bits(weights.load_full(VGG16).arrays)
        if options.check:
            with np.load(weights.SAMPLE, allow_pickle=False) as file:
                same = all(np.array_equal(file[name], array) for name, array in small.items())
            print("data/vgg16_8bit.npz", "is what this script makes" if same else "differs from what this script makes")
            if not same:
                return 1
        else:
            with atomic_write(weights.SAMPLE) as file:
                np.savez_compressed(file, **small)
    except (CourseError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    digest = content_hash(weights.from_8_bits(small), tuple(VGG16.shapes))
    print(f"content hash {digest}, {weights.SAMPLE.stat().st_size / 1e6:.1f} MB")
    return 0 if digest == checksums.sample(VGG16.name) else 1


if __name__ == "__main__":
    sys.exit(main())
