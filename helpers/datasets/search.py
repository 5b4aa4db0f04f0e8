"""The search for a dataset: the sample in the quick profile, otherwise every place in turn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from helpers import files, paths, profiles
from helpers.datasets import places, raw, store
from helpers.datasets.arrays import ArrayDataset, content_hash
from helpers.datasets.clients import NotObtained
from helpers.datasets.places import Download, Package
from helpers.datasets.raw import RawFile
from helpers.errors import CourseError

_CACHE = "the course's cache"
Arrays = dict[str, np.ndarray]
Found = tuple[Arrays, str]  # the arrays, and where they came from


@dataclass(frozen=True)
class Spec:
    """Everything the course knows about one dataset.

    Attributes:
        name: module name and file name, ``"fashion_mnist"``.
        title: the name people use.
        class_names: position is class number.
        raw: what each published file must be, uncompressed.
        decode: raw files → the four arrays.
        full_hash, sample_hash: content hashes of the complete set and of the sample.
        total: number of images of the complete set, training and test.
        downloads: the official files and their mirrors.
        packages: the registries' packages that carry the data.
        folders: names of subfolders in ``$COURSE_DATA``.
        archive: name of the tar archive that holds all raw files, if there is one.
        system_folder: where a system package puts the files, if there is one.
        system_title: what to call that place.
        others: raw files of datasets that use the same file names.
    """

    name: str
    title: str
    class_names: tuple[str, ...]
    raw: Mapping[str, RawFile]
    decode: raw.Decoder
    full_hash: str
    sample_hash: str
    total: int
    downloads: tuple[Download, ...] = ()
    packages: tuple[Package, ...] = ()
    folders: tuple[str, ...] = ()
    archive: str | None = None
    system_folder: Path | None = None
    system_title: str = ""
    others: Mapping[str, Mapping[str, RawFile]] = field(default_factory=dict)

    @property
    def sample_path(self) -> Path:
        return paths.SAMPLES / f"{self.name}.npz"

    @property
    def megabytes(self) -> float:
        """Size of the complete set in memory and in the cache, in MB."""
        return sum(file.bytes for file in self.raw.values()) / 1e6


def load(spec: Spec) -> ArrayDataset:
    """The dataset in the profile in force: the sample in ``quick``, everything in ``full``.

    ``quick`` reads one file in ``data/`` and never touches the network. ``full`` looks in
    ``$COURSE_DATA``, in the course's cache, where a system package puts the files, on the web and in package
    registries; it never falls back to the sample.

    Raises:
        CourseError: if the data are nowhere to be had, or a file is damaged.
    """
    return profiles.pick(quick=load_sample, full=load_full)(spec)


def load_sample(spec: Spec) -> ArrayDataset:
    """The sample in ``data/``, whatever the profile."""
    path = spec.sample_path
    back = (
        f"Get it back with `git checkout data/{path.name}`, or remake it from the complete set with "
        f"`python data/make_samples.py {spec.name}`."
    )
    if not path.is_file():
        raise CourseError(f"{path} is missing. Expected the sample of {spec.title}. {back}")
    arrays, _ = store.read(path, spec.sample_hash, advice=back)
    n = len(arrays["x_train"]) + len(arrays["x_test"])
    return _dataset(spec, arrays, f"the sample in data/ ({n:,} of {spec.total:,} images)", is_sample=True)


def load_full(spec: Spec) -> ArrayDataset:
    """The complete set, whatever the profile; fetched into the cache if it is nowhere on this machine."""
    tried: list[str] = []
    if (data := find_here(spec, tried)) is not None:
        return data
    with store.one_at_a_time(spec.name):
        if store.cached(spec.name).is_file():  # another process fetched it while this one waited
            return _dataset(spec, *_from_cache(spec), is_sample=False)
        return _dataset(spec, *_fetch(spec, tried), is_sample=False)


def find_here(spec: Spec, tried: list[str], *, mend: bool = False) -> ArrayDataset | None:
    """The complete set if it is on this machine, otherwise None; never touches the network.

    Args:
        spec: which dataset.
        tried: gets one line for each place that does not have it.
        mend: pass over a damaged file in the cache, which a fetch will replace.

    Raises:
        CourseError: if a place has it, but damaged.
    """
    for title, look in _local_places(spec):
        try:
            return _dataset(spec, *look(), is_sample=False)
        except NotObtained as reason:
            tried.append(f"{title}: {reason}")
        except CourseError as damage:
            if not (mend and title == _CACHE):
                raise
            tried.append(f"{title}: {damage}")
    return None


def fetch(spec: Spec) -> tuple[ArrayDataset, bool]:
    """Make sure that the complete set is on this machine; a damaged file in the cache is replaced.

    Returns:
        The dataset, and whether it had to be fetched.
    """
    tried: list[str] = []
    if (data := find_here(spec, tried, mend=True)) is not None:
        return data, False
    with store.one_at_a_time(spec.name):
        return _dataset(spec, *_fetch(spec, tried), is_sample=False), True


def _dataset(spec: Spec, arrays: dict[str, np.ndarray], source: str, *, is_sample: bool) -> ArrayDataset:
    return ArrayDataset(
        **arrays,
        class_names=spec.class_names,
        name=spec.name,
        title=spec.title,
        source=source,
        content_hash=spec.sample_hash if is_sample else spec.full_hash,
        is_sample=is_sample,
    )


def _decoded(spec: Spec, files: Mapping[str, bytes], where: str) -> dict[str, np.ndarray]:
    """Check the raw files, decode them, and check the arrays: two independent locks on the same door."""
    raw.check(files, spec.raw, where)
    arrays = spec.decode(files)
    found = content_hash(arrays)
    if found != spec.full_hash:
        raise CourseError(
            f"{where}: the decoded arrays of {spec.title} have content hash {found}, expected "
            f"{spec.full_hash}. The files are right, so the decoder or data/checksums.toml is not; "
            "`git status` may tell which."
        )
    return arrays


# --- places on this machine -------------------------------------------------------------------------


def _local_places(spec: Spec) -> list[tuple[str, Callable[[], Found]]]:
    looks: list[tuple[str, Callable[[], Found]]] = [
        (f"the folder ${places.VARIABLE}", lambda: _from_course_data(spec)),
        (_CACHE, lambda: _from_cache(spec)),
    ]
    if spec.system_folder is not None:
        looks.append((spec.system_title, lambda: _from_system(spec)))
    return looks


def _from_course_data(spec: Spec) -> Found:
    folder = places.course_data()
    if folder is None:
        raise NotObtained("not set")
    for place in (folder / spec.name, folder):
        file = place / f"{spec.name}.npz"
        if file.is_file():
            advice = "Copy it again, or remove it to look elsewhere."
            return store.read(file, spec.full_hash, advice=advice)[0], f"the folder ${places.VARIABLE}"
    files = places.from_folder(folder, spec.folders, spec.raw, spec.archive, spec.others)
    return _decoded(spec, files, f"${places.VARIABLE}"), f"the folder ${places.VARIABLE}"


def _from_cache(spec: Spec) -> Found:
    path = store.cached(spec.name)
    if not path.is_file():
        raise NotObtained("not there yet")
    again = f"Get a fresh one with `python -m helpers data fetch {spec.name}`."
    arrays, origin = store.read(path, spec.full_hash, advice=again)
    return arrays, f"{origin}, kept in {_CACHE}" if origin else _CACHE


def _from_system(spec: Spec) -> Found:
    if not spec.system_folder.is_dir():
        raise NotObtained("not installed")
    files = places.from_folder(spec.system_folder, (), spec.raw)
    return _decoded(spec, files, str(spec.system_folder)), spec.system_title


# --- places elsewhere -------------------------------------------------------------------------------


def _fetch(spec: Spec, tried: list[str]) -> Found:
    """Try the web, then each package; keep what is found in the cache. The caller holds the lock."""
    attempts: list[tuple[str, Callable[[Path], places.Files]]] = []
    if spec.downloads:
        attempts.append(("the official download", lambda folder: places.downloaded(spec.downloads, spec.raw, folder)))
    attempts += [(package.title, package.fetch) for package in spec.packages]
    looks = [
        (title, lambda folder, title=title, get=get: _decoded(spec, get(folder), title)) for title, get in attempts
    ]
    if (found := first_found(spec.name, looks, tried)) is None:
        raise CourseError(nowhere(f"The complete {spec.title} ({spec.megabytes:.0f} MB) was", spec.name, tried))
    arrays, title = found
    store.write(store.cached(spec.name), arrays, source=title)
    return found


def first_found(name: str, looks: Sequence[tuple[str, Callable[[Path], Arrays]]], tried: list[str]) -> Found | None:
    """What the first of some places elsewhere holds, and the place's title; None if no place has it.

    Args:
        name: what is looked for; names the working folder.
        looks: title of a place, and a function that fetches into a folder and returns verified arrays.
        tried: gets one line for each place that does not have them.

    Raises:
        CourseError: if the disk is full or closed.
    """
    for title, look in looks:
        with store.workspace(name) as folder:
            try:
                return look(folder), title
            except NotObtained as reason:
                tried.append(f"{title}: {reason}")
            except CourseError as bad:  # reached, but what it holds is not the data
                if isinstance(bad.__cause__, OSError) and files.is_disk_trouble(bad.__cause__):
                    raise
                tried.append(f"{title}: {bad}")
    return None


def nowhere(what: str, name: str, tried: Sequence[str]) -> str:
    """The message for data that are nowhere to be had, for instance ``nowhere("MNIST was", "mnist", […])``."""
    lines = "\n".join(f"  - {line}" for line in tried)
    return (
        f"{what} not found. Places tried:\n{lines}\n"
        "Three ways out:\n"
        f"  1. copy it to a folder and set {places.VARIABLE} to that folder (data/README.md says how);\n"
        f"  2. get on a network and run `python -m helpers data fetch {name}`;\n"
        "  3. stay with the sample: COURSE_PROFILE=quick, which is also what an unset variable means."
    )
