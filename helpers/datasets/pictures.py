"""Folders of cat and dog pictures as people have them: which files are pictures, and which are not?

Nothing here changes a file. Every file is opened and decoded to its last pixel, because a download cut
short still has a good beginning.
"""

import hashlib
import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from helpers.datasets import clients
from helpers.datasets.likeness import difference_hash
from helpers.errors import CourseError

CLASSES = ("cat", "dog")
#: Where pictures lie in the copies that go round, from the folder that somebody names.
PLACES = ("", "train", "PetImages", "validation", "test")
MANY = 10_000  # files worth a progress bar
_FLAT = re.compile(r"^(cat|dog)[._ -]?\(?(\d+)\)?\.\w+$", re.IGNORECASE)  # cat.0.jpg
_FOLDER = re.compile(r"^(cat|dog)s?$", re.IGNORECASE)  # Cat/0.jpg
_PLAIN = {("JPEG", "RGB"), ("PNG", "RGB")}  # every library reads these alike


@dataclass(frozen=True)
class Entry:
    """A file that may be a picture.

    Attributes:
        name: its path below the folder or archive.
        label: 0 for a cat, 1 for a dog.
        read: returns its bytes.
        path: where it lies, or None inside an archive.
    """

    name: str
    label: int
    read: Callable[[], bytes]
    path: Path | None = None


@dataclass(frozen=True, repr=False)
class Survey:
    """What is in a folder of pictures.

    Attributes:
        entries: the files that are whole pictures.
        skipped: (name, reason) of each that is not.
        hashes: (N, 16) uint8, see ``likeness.difference_hash``.
        digests: SHA-256 of each picture's pixels.
        sizes: (width, height) of each picture.
        plain: whether each is an RGB picture in JPEG or PNG, as every library reads it.
    """

    entries: tuple[Entry, ...]
    skipped: tuple[tuple[str, str], ...]
    hashes: np.ndarray
    digests: tuple[str, ...]
    sizes: tuple[tuple[int, int], ...]
    plain: tuple[bool, ...]

    @property
    def labels(self) -> np.ndarray:
        return np.array([entry.label for entry in self.entries], np.int64)

    def resolution(self) -> str:
        """The pictures' size in words: ``"200 × 200 pixels"`` or ``"up to 500 × 500 pixels"``."""
        width, height = (max(size[axis] for size in self.sizes) for axis in (0, 1))
        return ("" if len(set(self.sizes)) == 1 else "up to ") + f"{width} × {height} pixels"

    def __repr__(self) -> str:
        counts = ", ".join(f"{(self.labels == k).sum():,} {name}s" for k, name in enumerate(CLASSES))
        lines = [f"{counts}, {self.resolution()}; {len(self.skipped)} files skipped"]
        return "\n".join(lines + [f"  {name}: {reason}" for name, reason in self.skipped])


def _number(name: str) -> tuple:
    """Sorts 2 before 10."""
    return tuple(int(part) if part.isdigit() else part.lower() for part in re.split(r"(\d+)", name))


def in_folder(folder: Path) -> list[Entry]:
    """The files of a folder that are named or placed as a cat or a dog, in any of the usual shapes.

    ``cat.0.jpg`` or ``Cat/0.jpg``, there or in a subfolder ``train``, ``PetImages``, ``validation`` or ``test``.
    """
    found: list[Entry] = []

    def add(path: Path, name: str) -> None:
        if not path.name.startswith(".") and path.is_file():
            below = path.relative_to(folder).as_posix()
            found.append(Entry(below, CLASSES.index(name.lower()), path.read_bytes, path))

    for place in (folder / inner for inner in PLACES):
        for path in sorted(place.iterdir(), key=lambda p: _number(p.name)) if place.is_dir() else ():
            if match := _FLAT.match(path.name):
                add(path, match[1])
            elif (match := _FOLDER.match(path.name)) and path.is_dir():
                for inner in sorted(path.iterdir(), key=lambda p: _number(p.name)):
                    add(inner, match[1])
    return sorted(found, key=lambda entry: entry.label)  # stable: the order within a class stays


def in_archive(archive: zipfile.ZipFile) -> list[Entry]:
    """The same for the members of a zip file; nothing of it is unpacked."""
    found = []
    for name in sorted(archive.namelist(), key=_number):
        *_, above, last = ["", "", *name.split("/")]
        match = _FOLDER.match(above) or _FLAT.match(last)
        if match and last:
            found.append(Entry(name, CLASSES.index(match[1].lower()), lambda name=name: archive.read(name)))
    return sorted(found, key=lambda entry: entry.label)


def decoded(data: bytes) -> Image.Image:
    """A picture decoded to its last pixel.

    Raises:
        ValueError: if these bytes are no whole picture; says why in a few words.
    """
    if not data:
        raise ValueError("an empty file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd metadata; the pixels are what counts
            picture = Image.open(io.BytesIO(data))
            picture.load()
    except Image.UnidentifiedImageError:
        raise ValueError("no picture") from None
    except Image.DecompressionBombError:
        raise ValueError("far too many pixels for a photograph") from None
    except (OSError, SyntaxError, ValueError, IndexError) as error:  # what Pillow's decoders raise
        raise ValueError(f"a damaged picture ({error})") from None
    return picture


def survey(entries: Iterable[Entry] | Path, where: str = "the folder") -> Survey:
    """Open every file, sort out what is no whole picture, and describe the rest.

    About 4 ms for a small picture.

    Args:
        entries: of :func:`in_folder` or :func:`in_archive`; or a folder.
        where: names the place in messages.

    Raises:
        CourseError: if there is no folder, no file, no whole picture, or only cats or only dogs.
    """
    if isinstance(entries, Path):
        if not entries.is_dir():
            raise CourseError(f"{entries} is no folder. Expected a folder with pictures of cats and dogs.")
        entries, where = in_folder(entries), str(entries)
    entries = list(entries)
    if not entries:
        raise CourseError(
            f"{where} holds no pictures of cats and dogs. Found no file named like cat.0.jpg and none in a "
            "folder Cat or Dog; expected one of these shapes, there or in train/ or PetImages/."
        )
    good, skipped, rows = [], [], []
    quick = len(entries) < MANY or clients.silent()
    bar = tqdm(entries, desc="looking at every picture", leave=False, disable=quick)
    for entry in bar:
        try:
            picture = decoded(entry.read())
        except (ValueError, OSError, zipfile.BadZipFile) as reason:
            skipped.append((entry.name, getattr(reason, "strerror", None) or str(reason)))
            continue
        pixels = picture.convert("RGB")
        digest = hashlib.sha256(f"{pixels.size}".encode() + pixels.tobytes()).hexdigest()
        plain = (picture.format, picture.mode) in _PLAIN
        rows.append((difference_hash(pixels), digest, picture.size, plain))
        good.append(entry)
    for label, name in enumerate(CLASSES):
        if not any(entry.label == label for entry in good):
            bad = f" {len(skipped)} files were skipped, the first: {skipped[0][0]}, {skipped[0][1]}." if skipped else ""
            raise CourseError(
                f"{where} holds no {name}. Found {len(good)} whole pictures of the other class;{bad} "
                f"expected both. Copy the pictures of {name}s there too."
            )
    hashes, digests, sizes, plain = zip(*rows, strict=True)
    return Survey(tuple(good), tuple(skipped), np.array(hashes), digests, sizes, plain)


def digest(survey: Survey) -> str:
    """SHA-256 over names and pixels of a folder's pictures, in order."""
    lines = [f"{entry.name} {digest}" for entry, digest in zip(survey.entries, survey.digests, strict=True)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def names(skipped: Sequence[tuple[str, str]], most: int = 5) -> str:
    """The files skipped, in one sentence part: their number and the first few names with reasons."""
    if not skipped:
        return "none"
    first = ", ".join(f"{name} ({reason})" for name, reason in skipped[:most])
    return f"{len(skipped)}: {first}" + (" …" if len(skipped) > most else "")
