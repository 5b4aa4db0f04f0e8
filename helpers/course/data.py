"""``python -m helpers data``: which data are here, where from, and how to get the rest.

``data``                 lists the samples, the complete sets, the pretrained weights and the pictures of the course
``data fetch NAME…``     makes sure that complete sets or weights are on this machine (``all`` for every one)
``data drop NAME…``      removes samples from ``data/``, for instance one whose licence is not clear enough
"""

import argparse
import shutil
import sys
import time
from collections.abc import Callable

from helpers import paths
from helpers.datasets import animals, cats_vs_dogs, cifar10, fashion_mnist, mnist, photos, pictures, search, weights
from helpers.datasets.arrays import ArrayDataset
from helpers.datasets.layouts import LAYOUTS, VGG16
from helpers.datasets.search import Spec
from helpers.errors import CourseError
from helpers.tables import Table

SPECS: dict[str, Spec] = {module.SPEC.name: module.SPEC for module in (fashion_mnist, mnist, cifar10)}
WEIGHTS = {layout.name: layout for layout in LAYOUTS}
SAMPLES = (*SPECS, cats_vs_dogs.NAME, VGG16.name)
NAMES = (*SPECS, cats_vs_dogs.NAME, *WEIGHTS)
HERE, MISSING, DAMAGED = "here", "missing", "DAMAGED"


def main(argv: list[str]) -> int:
    """Run one of the commands above.

    Args:
        argv: the words after ``data``.

    Returns:
        0 if all went well, 1 if something is damaged or could not be fetched.

    Raises:
        CourseError: for an unknown dataset.
    """
    parser = argparse.ArgumentParser(prog="python -m helpers data", description="The course's data.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    get = commands.add_parser("fetch", help="make sure that complete sets are on this machine")
    get.add_argument("names", nargs="+", metavar="NAME", help=f"{', '.join(NAMES)} or all")
    drop = commands.add_parser("drop", help="remove samples from data/")
    drop.add_argument("names", nargs="+", metavar="NAME", help=f"{', '.join(SAMPLES)} or all")
    options = parser.parse_args(argv)
    if options.command == "fetch":
        return fetch(chosen(options.names))
    if options.command == "drop":
        return drop_samples(chosen(options.names, SAMPLES))
    return show()


def chosen(names: list[str], known: tuple[str, ...] = NAMES) -> list[Spec | str]:
    """The datasets of these names, photographs and weights by their name alone; ``["all"]`` means every one.

    Raises:
        CourseError: for a name that is none of those known.
    """
    if names == ["all"]:
        names = list(known)
    if unknown := [name for name in names if name not in known]:
        raise CourseError(f"There is no dataset {unknown[0]!r}. Expected {', '.join(known)} or all.")
    return [SPECS.get(name, name) for name in names]


def show() -> int:
    """Print the list; 1 if something is damaged. A complete set that is missing is no fault."""
    rows = overview()
    print(Table(rows, ("data", "part", "state", "source", "MB", "content hash"), formats={"MB": ".1f"}))
    for row in rows:
        if row["state"] == MISSING:
            print(f"\n{row['data']}, {row['part']}, is missing. To get it: {row['to get it']}")
        elif row["state"] == DAMAGED:
            print(f"\n{row['problem']}")
    return 1 if any(row["state"] == DAMAGED for row in rows) else 0


def overview() -> list[dict[str, object]]:
    """One row for each sample, complete set and network's weights, one for the photograph and one for the cut-outs.

    Everything on this machine is read and verified (about 3 s); the network is never touched.

    Returns:
        Rows with ``data``, ``part`` ("sample", "complete", "weights", "photograph"), ``state`` ("here", "missing",
        "DAMAGED"), ``source``, ``MB`` (in memory), ``content hash`` (12 digits), ``to get it``, ``problem``.
    """
    rows = []
    for spec in SPECS.values():
        remake = f"git checkout data/{spec.name}.npz, or python data/make_samples.py {spec.name}"
        fetching = f"python -m helpers data fetch {spec.name} ({spec.megabytes:.0f} MB)"
        rows.append(_row(spec, "sample", lambda spec=spec: _sample(spec), remake))
        rows.append(_row(spec, "complete", lambda spec=spec: search.find_here(spec, []), fetching))
    return [*rows, *_cats_and_dogs(), *_pretrained(), _photograph(), _animals()]


def _sample(spec: Spec) -> ArrayDataset | None:
    return search.load_sample(spec) if spec.sample_path.exists() else None


def _row(spec: Spec, part: str, look: Callable[[], ArrayDataset | None], how: str) -> dict[str, object]:
    row: dict[str, object] = {"data": spec.title, "part": part, "state": MISSING, "to get it": how}
    try:
        data = look()
    except CourseError as problem:
        return row | {"state": DAMAGED, "problem": str(problem)}
    if data is None:
        return row
    arrays = (data.x_train, data.y_train, data.x_test, data.y_test)
    return row | {
        "state": HERE,
        "source": data.source,
        "MB": sum(array.nbytes for array in arrays) / 1e6,
        "content hash": data.content_hash[:12],
    }


def _looked(title: str, part: str, how: str, look: Callable[[], dict | None]) -> dict[str, object]:
    """A row of something that is no set of arrays; ``look`` says what there is, or None."""
    row: dict[str, object] = {"data": title, "part": part, "state": MISSING, "to get it": how}
    try:
        found = look()
    except CourseError as problem:
        return row | {"state": DAMAGED, "problem": str(problem)}
    return row if found is None else row | {"state": HERE} | found


def _pretrained() -> list[dict[str, object]]:
    """The rows of the pretrained networks: VGG16's sample in 8 bits, then the float weights of each."""

    def told(found: weights.Weights | None, size: float = 0.0) -> dict | None:
        if found is None:
            return None
        megabytes = size or 4 * found.parameters / 1e6
        return {"source": found.source, "MB": megabytes, "content hash": found.content_hash[:12]}

    def sample() -> dict | None:
        return told(weights.vgg16_sample(), weights.SAMPLE.stat().st_size / 1e6) if weights.SAMPLE.exists() else None

    remake = f"git checkout data/{weights.SAMPLE.name}, or python data/make_vgg16.py"
    rows = [_looked(VGG16.title, "sample", remake, sample)]
    for layout in LAYOUTS:
        how = f"python -m helpers data fetch {layout.name} ({layout.megabytes:.0f} MB)"
        rows.append(_looked(layout.title, "weights", how, lambda layout=layout: told(weights.find_here(layout, []))))
    return rows


def _cats_and_dogs() -> list[dict[str, object]]:
    """The two rows of the photographs, which are files in folders and not arrays."""

    def sample() -> dict | None:
        folder = paths.SAMPLES / cats_vs_dogs.NAME
        if not folder.exists():
            return None
        survey = cats_vs_dogs.verified_sample()
        size = sum(entry.path.stat().st_size for entry in survey.entries)
        return {"source": f"data/{folder.name}/", "MB": size / 1e6, "content hash": pictures.digest(survey)[:12]}

    def complete() -> dict | None:
        data = cats_vs_dogs.find_here([])
        if data is None:
            return None
        size = sum(file.stat().st_size for part in cats_vs_dogs.PARTS for file in data.files(part)[0])
        return {"source": data.source, "MB": size / 1e6, "content hash": data.content_hash[:12]}

    name, title = cats_vs_dogs.NAME, cats_vs_dogs.TITLE
    return [
        _looked(title, "sample", f"git checkout data/{name}, or python data/make_{name}.py", sample),
        _looked(title, "complete", f"python -m helpers data fetch {name} ({cats_vs_dogs.MEGABYTES:.0f} MB)", complete),
    ]


def _photograph() -> dict[str, object]:
    name = "photos/chelsea.png"

    def look() -> dict | None:
        if not (paths.SAMPLES / name).exists():
            return None
        return {"source": f"data/{name}", "MB": photos.cat().nbytes / 1e6}

    return _looked("Chelsea", "photograph", f"git checkout data/{name}", look)


def _animals() -> dict[str, object]:
    """The cut-outs of lesson 09; damaged if one of them is."""
    files = [paths.SAMPLES / "animals" / f"{name}.png" for name in animals.ANIMALS]

    def look() -> dict | None:
        if not any(file.exists() for file in files):
            return None
        for name in animals.ANIMALS:
            animals.cut_out(name)
        return {"source": "data/animals", "MB": sum(file.stat().st_size for file in files) / 1e6}

    return _looked("Animals", "cut-outs", "git checkout data/animals", look)


def fetch(specs: list[Spec | str]) -> int:
    """Make sure that these complete sets are on this machine; tries them all before it reports failures."""
    failures = []
    for spec in specs:
        start = time.monotonic()
        try:
            if isinstance(spec, Spec):
                data, fetched = search.fetch(spec)
            elif spec in WEIGHTS:
                fetched = weights.find_here(WEIGHTS[spec], []) is None
                data = weights.load_full(WEIGHTS[spec])
            else:
                fetched = cats_vs_dogs.find_here([]) is None
                data = cats_vs_dogs.load_full()
        except CourseError as problem:
            failures.append(str(problem))
            continue
        seconds = f" in {time.monotonic() - start:.0f} s" if fetched else ""
        verb = "fetched from" if fetched else "already here:"
        print(f"{data.title}: {verb} {data.source}{seconds}; content hash {data.content_hash[:12]}… is right.")
    print("\n\n".join(failures), file=sys.stderr, end="\n" if failures else "")
    return 1 if failures else 0


def drop_samples(specs: list[Spec | str]) -> int:
    """Remove samples from ``data/`` and say what that means and how to get them back."""
    for spec in specs:
        if isinstance(spec, Spec):
            path, title, source, script = spec.sample_path, spec.title, spec.name, f"make_samples.py {spec.name}"
        elif spec in WEIGHTS:
            path, title, source, script = weights.SAMPLE, WEIGHTS[spec].title, spec, f"make_{spec}.py"
        else:
            path, title = paths.SAMPLES / spec, cats_vs_dogs.TITLE
            source, script = "cifar10", f"make_{spec}.py"  # its small pictures are CIFAR-10's
        if not path.exists():
            print(f"data/{path.name} is not there; nothing to remove.")
            continue
        try:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        except OSError as error:
            raise CourseError(
                f"Cannot remove {path}: {error.strerror}. Expected a file that you may delete."
            ) from error
        print(
            f"Removed data/{path.name}. Quick lessons that use {title} now say that it is "
            f"missing. To make it again: python -m helpers data fetch {source}, then "
            f"python data/{script}."
        )
    return 0
