"""The subset of a folder of pictures, as folders: ``train/cat/cat.0.jpg`` and so on. The originals stay as they are.

Pictures that every library reads alike are linked, or copied where the system makes no links; others (grey,
CMYK, with a palette …) are written once more as RGB. A list of all files and their hashes is kept beside them,
so that a subset of which a part is gone or altered is noticed and made again.
"""

import contextlib
import io
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from helpers import files
from helpers.datasets.likeness import twins
from helpers.datasets.pictures import CLASSES, Entry, Survey, decoded
from helpers.datasets.resuming import sha256
from helpers.errors import CourseError

LIST = "subset.json"
Parts = Mapping[str, Sequence[tuple[int, str]]]  # part → (position in the survey, new name without ending)


def check_disjoint(survey: Survey, parts: Parts) -> list[tuple[str, str]]:
    """Check by content that no picture is in two parts.

    Returns:
        Twins, photographs that are in two parts in slightly different copies: pairs of new names.

    Raises:
        CourseError: if two parts hold the same pixels; names the files.
    """
    seen: dict[str, tuple[str, str]] = {}
    for part, members in parts.items():
        for position, name in members:
            other = seen.setdefault(survey.digests[position], (part, name))
            if other[0] != part:
                raise CourseError(
                    f"The parts are not disjoint: {name} in {part} and {other[1]} in {other[0]} are the same "
                    "picture, pixel for pixel. Expected each picture in one part; remove one of the two files."
                )
    where = [(part, position, name) for part, members in parts.items() for position, name in members]
    pairs = twins(survey.hashes[[position for _, position, _ in where]])
    return [
        (f"{where[i][0]}/{where[i][2]}", f"{where[j][0]}/{where[j][2]}") for i, j in pairs if where[i][0] != where[j][0]
    ]


def build(target: Path, survey: Survey, parts: Parts, note: Mapping[str, object]) -> dict:
    """Make the folder ``target`` with a subfolder for each part and class; whole or not at all.

    Args:
        target: the folder to make. One that :func:`build` made before is replaced.
        survey: of the originals.
        parts: which picture goes where.
        note: kept in the list of files.

    Returns:
        The list of files with the note.

    Raises:
        CourseError: if ``target`` holds something else, two parts share a picture, or the disk is full or closed.
    """
    if target.exists() and not (target / LIST).is_file() and (not target.is_dir() or any(target.iterdir())):
        raise CourseError(
            f"{target} exists and was not made by the course. Expected no such folder, an empty one, or a subset "
            "made before; name another folder, or move that one away."
        )
    known = {"twins": check_disjoint(survey, parts)} | dict(note)
    temporary: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        files.sweep(target.parent.glob(f".{target.name}-*.part"))
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}-", suffix=".part", dir=target.parent))
        made = temporary / "made"  # the folder around it is private, this one is not: a course may be shared
        for part, members in parts.items():
            for name in CLASSES:
                (made / part / name).mkdir(parents=True)
            for position, name in members:
                entry = survey.entries[position]
                _put(made / part / CLASSES[entry.label] / name, entry, survey.plain[position])
        hashes = {p.relative_to(made).as_posix(): sha256(p) for p in made.rglob("*") if p.is_file()}
        known["files"] = dict(sorted(hashes.items()))
        (made / LIST).write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        if target.exists():  # away in one step: half a folder would look like somebody else's
            target.rename(temporary / "earlier")
        made.rename(target)
    except OSError as error:
        raise CourseError(files.disk_trouble(target, error)) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)  # removes links, never what they lead to
    return known


def _put(path: Path, entry: Entry, plain: bool) -> None:
    """One picture under a new name: a link if the original lies in a folder, otherwise a file of its own."""
    suffix = Path(entry.name).suffix.lower()
    if not plain:
        out = io.BytesIO()
        decoded(entry.read()).convert("RGB").save(out, "PNG")
        path.with_name(path.name + ".png").write_bytes(out.getvalue())
        return
    path = path.with_name(path.name + suffix)
    if entry.path is not None:
        with contextlib.suppress(OSError, NotImplementedError):  # Windows, some network drives
            path.symlink_to(entry.path.resolve())
            return
    path.write_bytes(entry.read())


def complete(target: Path) -> dict | None:
    """The list of a subset made before, if every file of it is still what it was; otherwise None."""
    try:
        known = json.loads((target / LIST).read_text("utf-8"))
        if all(sha256(target / name) == digest for name, digest in known["files"].items()):
            return known
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        pass
    return None
