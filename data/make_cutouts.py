"""Remake data/animals from Debian's package of Tux Paint's stamps: ``python data/make_cutouts.py [FOLDER] [--check]``.

FOLDER holds the unpacked package, or is ``/`` (the default) where ``apt install tuxpaint-stamps-default`` has put it:
version 2022.06.04-1. To unpack without installing: ``apt-get download tuxpaint-stamps-default`` and
``dpkg-deb -x tuxpaint-stamps-default_*.deb FOLDER``. Files are copied byte for byte. Every stamp was looked at:
drawings, and animals with a piece of ground or a second animal in the mask, were left out.

``--check`` writes nothing and compares with the committed hashes.
"""

import argparse
import hashlib
import sys
from pathlib import Path

from helpers import paths
from helpers.datasets import animals, checksums
from helpers.errors import CourseError
from helpers.files import atomic_write

STAMPS = "usr/share/tuxpaint/stamps/animals"
SOURCES = {
    "elephant": "mammals/elephant",
    "zebra": "mammals/equines/zebra",
    "lion": "mammals/cats/lion-2",
    "tiger": "mammals/cats/tiger",
    "gorilla": "mammals/apes/gorilla",
    "toucan": "birds/tucan",
    "penguin": "birds/penguin",
    "flamingo": "birds/pink_flamingo",
    "husky": "mammals/dogs/dog",
    "chimpanzee": "mammals/apes/chimp",
    "hippopotamus": "mammals/hippopotamus",
    "bison": "mammals/bovines/bison",
    "ram": "mammals/bovines/ram",
    "dromedary": "mammals/camel/dromedary",
    "otter": "mammals/aquatic/otter",
    "badger": "mammals/badger",
    "beaver": "mammals/rodents/beaver",
    "marmot": "mammals/rodents/marmot",
    "rabbit": "mammals/rodents/rabbit-2",
    "bear": "mammals/bears/european-bear",
    "sea_lion": "mammals/aquatic/sea_lion",
    "pelican": "birds/pelican",
    "vulture": "birds/vulture",
    "rooster": "birds/rooster",
}


def main(argv: list[str] | None = None) -> int:
    """Copy or check every cut-out; 0 if each has its committed hash, otherwise 1."""
    parser = argparse.ArgumentParser(description="Remake data/animals.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("/"))
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    options = parser.parse_args(argv)
    assert list(SOURCES) == list(animals.ANIMALS), "the two lists of animals differ"
    good, size = True, 0
    for name, source in SOURCES.items():
        path = options.folder / STAMPS / f"{source}.png"
        if not path.is_file():
            raise CourseError(f"{path} is missing. Expected the unpacked package there; see the top of this script.")
        content = path.read_bytes()
        size += len(content)
        found = hashlib.sha256(content).hexdigest()
        if not options.check:
            with atomic_write(paths.SAMPLES / "animals" / f"{name}.png") as file:
                file.write(content)
        if found != checksums.table()["files"].get(f"animals/{name}.png"):
            good = False
            print(f'"animals/{name}.png" = "{found}"')
    print(f"{len(SOURCES)} cut-outs, {size / 1e6:.2f} MB:", "as committed" if good else "NOT AS COMMITTED")
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CourseError as error:
        sys.exit(str(error))
