"""``python -m helpers student``: the edition without solutions, a folder that a teacher can hand out.

The folder is a whole course: the lessons without solution cells and stored outputs, the helpers, the data and
what set-up needs. It stands on its own, so every link of a lesson (``../helpers``, ``../data``,
``records/studies``) leads where it did, wherever the folder lies; that is also why it can lie in ``build/``. The
tests are left out, because they hold right answers.
"""

import argparse
import copy
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from helpers import paths
from helpers.errors import CourseError

SOLUTION = "solution"
#: What is copied as it is, seen from the repository.
FOLDERS = ("helpers", "data", "notebooks/records")
FILES = (
    "Makefile",
    "environment.yml",
    "postBuild",
    "pyproject.toml",
    "requirements.in",
    "requirements.lock",
    ".gitignore",
    "LICENSE",
    "LICENSE-TEXT.md",
    "CITATION.cff",
    "book/bibliography.md",  # lessons link to this and the next
    "book/glossary.md",
    "notebooks/claims.toml",
    "notebooks/published.toml",
    "notebooks/studies.toml",
)
TITLE = "# A course on convolutional neural networks: the edition without solutions"
README = f"""{TITLE}

The lessons are in [notebooks](notebooks), to be opened with one command, which also sets the course up (once):

    make lab                    or, without make:   python -m helpers lab

On Windows `py` takes the place of `python`. `python -m helpers doctor` says what to do when something does not
work; `python -m helpers` lists the other commands.

Each exercise has an empty cell, a check that says what is wrong with an answer, and a hint. Where a lesson speaks
of a solution below, this edition has none: your teacher has it. The checks know what a right answer does, so please
do not look for answers in `helpers/exercises`.

The code is under the [Apache License 2.0](LICENSE), the text under [CC BY 4.0](LICENSE-TEXT.md); the
[data](data/README.md) have licences of their own.
"""


def main(argv: Sequence[str]) -> int:
    """Write the edition without solutions: a complete course folder to hand out."""
    parser = argparse.ArgumentParser(prog="python -m helpers student", description=main.__doc__)
    parser.add_argument("--output", default="build/student", help="folder to make, build/student by default")
    parser.add_argument("--replace", action="store_true", help="replace an earlier edition, with all work in it")
    asked = parser.parse_args(argv)
    output = paths.from_root(asked.output)
    removed = write(output, replace=asked.replace)
    shown = output.relative_to(paths.ROOT) if output.is_relative_to(paths.ROOT) else output
    print(f"Wrote {len(removed)} lessons to {shown}, without their {sum(removed.values())} solutions.")
    print("To hand it out, copy the folder; `make lab` in it is all that a student types.")
    return 0


def without_solutions(notebook: dict) -> dict:
    """A copy of a notebook without its solution cells and stored outputs; everything else is untouched.

    Args:
        notebook: the parsed JSON of a notebook in format 4.5.
    """
    made = copy.deepcopy(notebook)
    made["cells"] = [cell for cell in made["cells"] if SOLUTION not in cell["metadata"].get("tags", [])]
    for cell in made["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return made


def write(output: Path, *, replace: bool = False) -> dict[str, int]:
    """Write the edition to a folder, whole or not at all.

    Args:
        output: the folder to make. It may exist if it is empty, or with ``replace`` if it is an earlier edition.
        replace: remove an earlier edition, and whatever was done in it.

    Returns:
        Lesson → how many solution cells were left out.

    Raises:
        CourseError: if the folder is in use or cannot be written, or if a lesson is no valid notebook.
    """
    output = output.resolve()
    check_place(output, replace=replace)
    workshop = None
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        # Beside the folder, hence on the same disk: the last step is one renaming.
        workshop = Path(tempfile.mkdtemp(dir=output.parent, prefix=f".{output.name}-"))
        edition = workshop / "edition"
        removed = _fill(edition)
        _move_in(edition, output, aside=workshop / "earlier")
    except (OSError, shutil.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise CourseError(
            f"The edition cannot be written to {output}: {reason}. "
            "Make that place writable and free some space, or choose a folder with --output."
        ) from error
    finally:
        if workshop is not None:
            shutil.rmtree(workshop, ignore_errors=True)
    return removed


def _move_in(edition: Path, output: Path, aside: Path) -> None:
    if output.exists():
        output.replace(aside)
    try:
        edition.replace(output)
    except OSError:
        if aside.exists():
            aside.replace(output)
        raise


def check_place(output: Path, *, replace: bool) -> None:
    """Refuse a folder whose contents would be lost, or that lies in what is copied; writes nothing.

    Raises:
        CourseError: says what lies there and what to do.
    """
    for name in (*FOLDERS, "notebooks"):
        if output.is_relative_to(paths.ROOT / name):
            raise CourseError(f"{output} lies in {name}/, which the edition copies. Choose another with --output.")
    if output.exists() and not output.is_dir():
        raise CourseError(f"{output} is a file; the edition is a folder. Choose another name with --output.")
    if not output.exists() or not any(output.iterdir()):
        return
    readme = output / "README.md"
    if not (readme.is_file() and readme.read_text("utf-8", errors="replace").startswith(TITLE)):
        raise CourseError(f"{output} holds other files, which would be lost. Choose an empty folder with --output.")
    if not replace:
        raise CourseError(
            f"{output} holds an earlier edition, perhaps with somebody's work. "
            "Choose another folder with --output, or replace it with --replace."
        )


def _fill(edition: Path) -> dict[str, int]:
    (edition / "notebooks").mkdir(parents=True)
    (edition / "README.md").write_text(README, "utf-8")
    for name in FILES:
        if not (paths.ROOT / name).is_file():
            raise CourseError(f"The course lacks the file {name}, which the edition needs. Is it complete?")
        (edition / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(paths.ROOT / name, edition / name)
    generated = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "*.egg-info")
    for name in FOLDERS:
        if (paths.ROOT / name).is_dir():
            shutil.copytree(paths.ROOT / name, edition / name, ignore=generated)
    removed = {}
    for path in paths.lessons():
        try:
            notebook = json.loads(path.read_text("utf-8"))
            made = without_solutions(notebook)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CourseError(f"{path.name} is no valid notebook ({error!r}). Run it to see what is wrong.") from error
        text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
        (edition / "notebooks" / path.name).write_text(text, "utf-8")
        removed[path.stem] = len(notebook["cells"]) - len(made["cells"])
    return removed
