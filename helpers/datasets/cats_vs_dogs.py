"""Cats versus dogs: 5,000 photographs for lessons 05 to 07, 2,000 to train, 1,000 to validate, 2,000 to test.

The complete archive has 25,000 pictures (Elson, Douceur, Howell, Saul: "Asirra", 2007), and copies of it go
round in several sizes and numberings. The subset is therefore a list of 5,000 perceptual hashes,
``data/cats_vs_dogs.txt``: any copy gives the same photographs. They are not the course's to pass on; the
sample that comes with it are cats and dogs of CIFAR-10.
"""

import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from helpers import paths, profiles
from helpers.datasets import checksums, likeness, pictures, places, resuming, store, subset
from helpers.datasets.arrays import Card
from helpers.datasets.clients import NotObtained
from helpers.datasets.pictures import CLASSES, Survey
from helpers.errors import CourseError

NAME, TITLE = "cats_vs_dogs", "Cats versus dogs"
PARTS = {"train": range(1000), "validation": range(1000, 1500), "test": range(1500, 2500)}  # of each class
SAMPLE_PARTS = {"train": range(200), "validation": range(200, 300), "test": range(300, 500)}
FOLDERS = (NAME, "cats-vs-dogs", "dogs-vs-cats", "PetImages")
ARCHIVE = places.downloads(
    NAME, ("https://download.microsoft.com/download/3/E/1/3E1C3F21-ECDB-4869-8368-6DEBA77B919F/",)
)[0]
MEGABYTES = ARCHIVE.bytes / 1e6


@dataclass(frozen=True, eq=False, repr=False)
class Photographs(Card):
    """The subset as folders of files: ``train``, ``validation`` and ``test``, in each ``cat`` and ``dog``.

    Attributes:
        folder: where they are. Do not print it: it is a path of this machine.
        class_names: position is class number, also for Keras, which sorts folders by name.
        source: one sentence part that says where the pictures came from.
        content_hash: of the list of perceptual hashes, the same for every copy; of the pixels for the sample.
        is_sample: True for the sample in ``data/``.
        skipped: (name, reason) of each file that is no whole picture.
        twins: pairs of files in two parts that show the same photograph, as far as perceptual hashes tell.
    """

    folder: Path
    source: str
    content_hash: str
    is_sample: bool
    skipped: tuple[tuple[str, str], ...]
    twins: tuple[tuple[str, str], ...]
    name: str = NAME
    title: str = TITLE
    class_names: tuple[str, ...] = CLASSES

    def files(self, part: str) -> tuple[list[Path], np.ndarray]:
        """The files of a part, cats first, each class by number; and their labels, int64.

        Raises:
            ValueError: for an unknown part.
        """
        if part not in PARTS:
            raise ValueError(f"part must be one of {', '.join(PARTS)}, found {part!r}.")
        cats, dogs = (sorted((self.folder / part / name).glob(f"{name}.*"), key=_number) for name in CLASSES)
        return cats + dogs, np.repeat([0, 1], [len(cats), len(dogs)])

    def _rows(self) -> list[tuple[str, str]]:
        kind = "SAMPLE: small pictures, for the quick profile" if self.is_sample else "the complete subset"
        counts = [f"{part} {len(self.files(part)[0]):,}" for part in PARTS]
        pairs = [f"{a} and {b}" for a, b in self.twins]
        return [
            ("this is", kind),
            ("pictures", ", ".join(counts) + f"; half {CLASSES[0]}s, half {CLASSES[1]}s"),
            ("skipped", pictures.names(self.skipped)),
            ("in two parts", "; ".join(pairs) or "none"),
            ("source", self.source),
            ("content hash", self.content_hash[:12] + "…"),
        ]


def _number(path: Path) -> int:
    return int(path.name.split(".")[1])  # cat.12.jpg


@cache
def split() -> np.ndarray:
    """The perceptual hashes of the 5,000 photographs: cat 0 to 2,499, then dog 0 to 2,499; uint8 (5000, 16).

    Raises:
        CourseError: if ``data/cats_vs_dogs.txt`` is missing or altered.
    """
    path = paths.SAMPLES / f"{NAME}.txt"
    back = "Get it back with `git checkout data/cats_vs_dogs.txt`."
    if not path.is_file():
        raise CourseError(
            f"{path} is missing. Expected the list of perceptual hashes that comes with the course. {back}"
        )
    lines = [line for line in path.read_text("utf-8").split("\n") if line and not line.startswith("#")]
    found = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    if found != checksums.full(NAME):
        raise CourseError(f"{path} is altered: found SHA-256 {found}, expected {checksums.full(NAME)}. {back}")
    return np.frombuffer(bytes.fromhex("".join(lines)), np.uint8).reshape(-1, likeness.BITS // 8)


def load() -> Photographs:
    """The subset in the profile in force: the sample's 1,000 small pictures in ``quick``, 5,000 in ``full``.

    ``full`` accepts in ``$COURSE_DATA``: pictures named ``cat.0.jpg`` … or in folders ``Cat`` and ``Dog``, there
    or in a subfolder such as ``cats_vs_dogs`` or ``train``; or the official archive as a file. Then it
    looks in the course's cache, then downloads that archive.

    Raises:
        CourseError: if the photographs are nowhere to be had, or a place holds something else.
    """
    return profiles.pick(quick=load_sample, full=load_full)()


def load_sample() -> Photographs:
    """The sample in ``data/cats_vs_dogs``, whatever the profile: further cats and dogs of CIFAR-10, 32 × 32."""
    expected, target = checksums.sample(NAME), cached("sample")
    note = {"source": "the sample in data/ (cats and dogs of CIFAR-10, 32 × 32 pixels)", "hash": expected}
    with store.one_at_a_time(target.name):  # not the lock of the full set, which may be held for a long download
        known = subset.complete(target)
        if known is None or known.get("hash") != expected or not _still_there(target):
            survey = verified_sample()
            known = subset.build(target, survey, by_number(survey, SAMPLE_PARTS), note)
    return _opened(target, known, expected, is_sample=True)


def verified_sample() -> Survey:
    """The pictures of the sample, each opened and compared with the committed hash.

    Raises:
        CourseError: if the sample is missing or altered.
    """
    back = f"Get it back with `git checkout data/{NAME}`, or remake it with `python data/make_cats_vs_dogs.py`."
    folder, expected = paths.SAMPLES / NAME, checksums.sample(NAME)
    if not folder.is_dir():
        raise CourseError(f"{folder} is missing. Expected the sample of {TITLE}. {back}")
    survey = pictures.survey(folder)
    if (found := pictures.digest(survey)) != expected:
        raise CourseError(f"{folder} is altered: found content hash {found}, expected {expected}. {back}")
    return survey


def cached(kind: str = "full") -> Path:
    """Where the course keeps the subset's folders."""
    return paths.cache() / "datasets" / (NAME if kind == "full" else f"{NAME}-{kind}")


def load_full() -> Photographs:
    """The 5,000 photographs, whatever the profile; fetched if they are nowhere on this machine."""
    tried: list[str] = []
    with store.one_at_a_time(NAME):
        if (data := _found(tried)) is not None:
            return data
        try:
            archive = resuming.fetch(ARCHIVE)
        except NotObtained as reason:
            tried.append(f"the official download: {reason}")
        else:
            return _from_archive(archive, "the official archive")
    raise CourseError(_nowhere(tried))


def find_here(tried: list[str]) -> Photographs | None:
    """The photographs if they are on this machine, otherwise None; never touches the network.

    Args:
        tried: gets one line for each place that does not have them.
    """
    with store.one_at_a_time(NAME):
        return _found(tried)


def _found(tried: list[str]) -> Photographs | None:
    """The caller holds the lock."""
    for title, look in ((f"the folder ${places.VARIABLE}", _from_course_data), ("the course's cache", _from_cache)):
        try:
            return look()
        except NotObtained as reason:
            tried.append(f"{title}: {reason}")
    return None


def _from_course_data() -> Photographs:
    folder = places.course_data()
    if folder is None:
        raise NotObtained("not set")
    if (known := subset.complete(cached())) and known.get("origin") == str(folder):
        return _opened(cached(), known, checksums.full(NAME), is_sample=False)
    source = f"the folder ${places.VARIABLE}"
    for place in [*(folder / name for name in FOLDERS if (folder / name).is_dir()), folder]:
        if (place / ARCHIVE.filename).is_file():
            return _from_archive(place / ARCHIVE.filename, source, origin=str(folder))
        if entries := pictures.in_folder(place):
            survey = pictures.survey(entries, str(place))
            return _identified(survey, source, str(place), origin=str(folder))
    raise NotObtained("no pictures named like cat.0.jpg, and no folder Cat or Dog, there")


def _from_cache() -> Photographs:
    if (known := subset.complete(cached())) is None:
        raise NotObtained("not there yet, or a part of it is gone")
    return _opened(cached(), known, checksums.full(NAME), is_sample=False)


def _from_archive(path: Path, source: str, origin: str = "") -> Photographs:
    if (found := resuming.sha256(path)) != ARCHIVE.sha256:
        raise CourseError(
            f"{path} is damaged or another file: found {path.stat().st_size:,} bytes with SHA-256 {found}, expected "
            f"{ARCHIVE.bytes:,} bytes with {ARCHIVE.sha256}. Copy it again, or remove it."
        )
    with zipfile.ZipFile(path) as archive:
        return _identified(pictures.survey(pictures.in_archive(archive), str(path)), source, str(path), origin=origin)


def _identified(survey: Survey, source: str, where: str, *, origin: str) -> Photographs:
    """Pick the 5,000 photographs out of a survey, and make their folders in the cache."""
    note = {
        "source": f"{source} ({survey.resolution()})",
        "origin": origin,
        "skipped": survey.skipped,
    }
    known = subset.build(cached(), survey, by_hash(survey, where), note)
    return _opened(cached(), known, checksums.full(NAME), is_sample=False)


def by_hash(survey: Survey, where: str = "the folder") -> dict[str, list[tuple[int, str]]]:
    """Where each of the 5,000 photographs is in a survey, by perceptual hash and class; for ``subset.build``.

    Raises:
        CourseError: if some are not there; says how many and which.
    """
    wanted, found, missing = split(), [], []
    for label, (name, hashes) in enumerate(zip(CLASSES, np.split(wanted, len(CLASSES)), strict=True)):
        own = np.flatnonzero(survey.labels == label)
        among = likeness.assigned(hashes, survey.hashes[own])
        missing += [f"{name}.{i}" for i in np.flatnonzero(among < 0)]
        found.append(own[among])
    if missing:
        raise CourseError(
            f"{where}: {len(missing):,} of the {len(wanted):,} photographs of the subset are not there (the first: "
            f"{', '.join(missing[:3])}). Found {len(survey.entries):,} whole pictures, and skipped "
            f"{pictures.names(survey.skipped)}. Expected a copy of the complete set, in any size; copy it again."
        )
    return _named(found, PARTS)


def by_number(survey: Survey, parts: Mapping[str, range]) -> dict[str, list[tuple[int, str]]]:
    """The same for pictures of your own: of each class, in the order of their names.

    Args:
        survey: of a folder.
        parts: part → which numbers of each class, counted from 0.

    Raises:
        CourseError: if a class has too few pictures.
    """
    needed = max(numbers.stop for numbers in parts.values())
    own = [np.flatnonzero(survey.labels == label) for label in range(len(CLASSES))]
    for name, positions in zip(CLASSES, own, strict=True):
        if len(positions) < needed:
            raise CourseError(f"Found {len(positions)} whole pictures of {name}s, expected {needed}. Add some.")
    return _named(own, parts)


def _named(found: Sequence[np.ndarray], parts: Mapping[str, range]) -> dict[str, list[tuple[int, str]]]:
    """Positions and names by part, from the positions of each class by number."""
    return {
        part: [(int(found[k][i]), f"{name}.{i}") for k, name in enumerate(CLASSES) for i in numbers]
        for part, numbers in parts.items()
    }


def _still_there(target: Path) -> bool:
    """Whether the sample's folder is that of this course and not of one that was moved."""
    first = min((target / "train" / CLASSES[0]).iterdir())
    return not first.is_symlink() or first.resolve().is_relative_to((paths.SAMPLES / NAME).resolve())


def _opened(target: Path, known: Mapping, content_hash: str, *, is_sample: bool) -> Photographs:
    pairs = [tuple(map(tuple, known.get(key, ()))) for key in ("skipped", "twins")]
    return Photographs(target, known["source"], content_hash, is_sample, *pairs)


def _nowhere(tried: list[str]) -> str:
    lines = "\n".join(f"  - {line}" for line in tried)
    return (
        f"The photographs of {TITLE} were not found. Places tried:\n{lines}\n"
        "Three ways out:\n"
        f"  1. copy them to a folder and set {places.VARIABLE} to that folder (data/README.md says how);\n"
        f"  2. get on a network and run `python -m helpers data fetch {NAME}` ({MEGABYTES:.0f} MB; it goes on "
        "where it stopped);\n"
        "  3. stay with the sample: COURSE_PROFILE=quick, which is also what an unset variable means."
    )
