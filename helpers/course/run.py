"""Run lessons from the first cell to the last, keep what they showed, and say which of their claims held."""

import argparse
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from helpers import paths, profiles
from helpers.claims import MIME
from helpers.course import html, recording, store
from helpers.course.progress import Progress
from helpers.errors import CourseError
from helpers.tables import Table

#: Called after each finished cell with (cells done, cells in all).
Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Outcome:
    """What became of one lesson.

    Attributes:
        lesson: the notebook's file name without ending.
        notebook: the executed notebook; after a failure as far as it got.
        seconds: wall-clock time, the kernel's start included.
        claims: the claims it stated, as dicts with name, value, unit, low, high, profile.
        status: ``"passed"`` or ``"failed"``.
        message: after a failure, which cell failed and what it said.
        page: the notebook as a page, where one was written.
    """

    lesson: str
    notebook: Path
    seconds: float
    claims: list[dict] = field(default_factory=list)
    status: str = "passed"
    message: str = ""
    page: Path | None = None

    @property
    def claims_passed(self) -> int:
        """How many of the claims lie in their range."""
        return sum(claim["low"] <= claim["value"] <= claim["high"] for claim in self.claims)


def main(argv: Sequence[str]) -> int:
    """Run lessons; notebooks and pages go to build/. Exit code 1 if a lesson failed."""
    asked = _arguments(argv)
    notebooks = select(asked.lessons)
    if asked.store and asked.profile == "full":
        reworded = [path for path in notebooks if store.reworded(path)]
        if reworded:
            print(f"Only words changed, so stored outputs stay: {', '.join(path.stem for path in reworded)}.")
        notebooks = [path for path in notebooks if path not in reworded]
        if not notebooks:
            return 0
    output = prepare(paths.from_root(asked.output))
    gflops = store.measured_gflops() if asked.store else 0.0
    outcomes = []
    with Progress([path.stem for path in notebooks]) as progress:
        for path in notebooks:
            progress.begin(path.stem)
            variables = store.prepared(path, asked.profile, asked.seed) if asked.store else None
            outcome = run_lesson(path, asked.profile, asked.seed, output, variables, report=progress.cells)
            outcomes.append(with_page(outcome))
            if asked.store and outcome.status == "passed":
                store.store(path, outcome.notebook, profile=asked.profile, seconds=outcome.seconds, gflops=gflops)
            progress.end(outcome.status, outcome.seconds)
    print(summary(outcomes, asked.profile, output))
    return int(any(outcome.status == "failed" for outcome in outcomes))


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m helpers run", description=main.__doc__)
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="01, A1, or a file name; all by default")
    parser.add_argument("--profile", help="quick (default) or full")
    parser.add_argument("--seed", default="0", help="a whole number, 0 by default")
    parser.add_argument(
        "--store", action="store_true", help="write the record, and in the full profile the outputs, to notebooks/"
    )
    parser.add_argument("--output", default="build", help="folder for the results, build by default")
    asked = parser.parse_args(argv)
    try:
        asked.profile = profiles.checked(asked.profile) if asked.profile else profiles.current()
    except ValueError as error:
        raise CourseError(str(error)) from None
    if not asked.seed.isdecimal() or int(asked.seed) >= 2**32:
        raise CourseError(f"--seed: expected a whole number from 0 to {2**32 - 1}, found {asked.seed!r}.")
    asked.seed = int(asked.seed)
    return asked


def select(names: Sequence[str]) -> list[Path]:
    """The notebooks meant by ``01``, ``A1``, a file's stem, name or path; all of them for no names.

    Raises:
        CourseError: for a name that fits no lesson, or if there are no lessons.
    """
    lessons = paths.lessons()
    if not lessons:
        raise CourseError(f"There are no lessons in {paths.NOTEBOOKS}. Is the course complete?")
    chosen = []
    for name in names:
        wanted = Path(name).name.removesuffix(".ipynb").lower()
        found = [p for p in lessons if wanted in (p.stem.lower(), p.stem.split("_")[0].lower())]
        if not found:
            known = ", ".join(p.stem for p in lessons)
            raise CourseError(f"There is no lesson {name!r}. Expected a number or a name of: {known}.")
        chosen += found
    return [p for p in lessons if p in chosen] if names else lessons


def prepare(folder: Path) -> Path:
    """Make the output folder and MathJax in it.

    Raises:
        CourseError: if it cannot be written, or holds the lessons themselves.
    """
    if folder.resolve() == paths.NOTEBOOKS.resolve():
        raise CourseError(f"--output {folder} would overwrite the lessons, with your answers in them. Choose another.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        html.copy_mathjax(folder)
    except OSError as error:
        raise CourseError(
            f"The results cannot be written to {folder}: {error.strerror}. Choose a folder with --output."
        ) from None
    return folder


def run_lesson(
    path: Path,
    profile: str,
    seed: int,
    output: Path,
    extra_env: Mapping[str, str] | None = None,
    report: Report | None = None,
) -> Outcome:
    """Run one notebook through papermill, in its own folder, with a kernel of this interpreter.

    Args:
        path: the notebook; it is only read.
        profile: ``"quick"`` or ``"full"``; reaches the notebook as parameter and as environment variable.
        seed: passed as parameter.
        output: folder of the executed notebook, which is written as it grows.
        extra_env: environment variables for the kernel, on top of this process's own.
        report: called after each cell.

    Returns:
        The outcome; a failing cell is an outcome, not an exception.
    """
    executed = output / path.name
    executed.unlink(missing_ok=True)
    began = time.perf_counter()
    problem = ""
    with _environment({profiles.VARIABLE: profile, **(extra_env or {})}):
        try:
            papermill.execute_notebook(
                path,
                executed,
                parameters={"profile": profile, "seed": seed},
                engine_name=_ENGINE,
                kernel_name="python3",
                language="python",
                cwd=path.parent,
                progress_bar=False,
                report=report,
                config=_ENCRYPTED,
            )
        except PapermillExecutionError:
            pass  # the notebook tells it, with the cell
        except DeadKernelError:
            problem = "The kernel died. Usually the memory was exhausted: close other programs and try again."
        except RuntimeError as error:
            problem = f"The kernel did not start: {error}. Close other programs and try again."
        except (nbformat.ValidationError, nbformat.reader.NotJSONError) as error:
            problem = f"This is no valid notebook: {error}"
    seconds = time.perf_counter() - began
    if not executed.exists():
        return Outcome(path.stem, executed, seconds, status="failed", message=problem)
    node = nbformat.read(executed, as_version=4)
    problem = failure(node, original=path) or problem
    claims = list(recording.displayed(node, MIME))
    return Outcome(path.stem, executed, seconds, claims, "failed" if problem else "passed", problem)


def failure(node: nbformat.NotebookNode, original: Path) -> str:
    """Which cell of an executed notebook failed and what it said, or "" if none did."""
    ids = [cell.get("id") for cell in nbformat.read(original, as_version=4).cells]
    for cell in node.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                place = f", number {ids.index(cell.id) + 1} of {len(ids)}" if cell.id in ids else ""
                return f"cell {cell.id}{place}: {output.ename}: {output.evalue}"
    return ""


def with_page(outcome: Outcome) -> Outcome:
    """The outcome with its page written, where there is a notebook to show."""
    if not outcome.notebook.exists():
        return outcome
    page = html.write_page(outcome.notebook, title=outcome.lesson)
    return Outcome(**{**vars(outcome), "page": page})


def summary(outcomes: Sequence[Outcome], profile: str, output: Path) -> str:
    """The closing table, what failed, and where to look."""
    table = Table(
        [
            {
                "lesson": outcome.lesson,
                "seconds": round(outcome.seconds, 1),
                "claims": f"{outcome.claims_passed} of {len(outcome.claims)} passed",
                "status": outcome.status,
            }
            for outcome in outcomes
        ],
        formats={"seconds": ".1f"},
    )
    failed = [f"{outcome.lesson} failed: {outcome.message}" for outcome in outcomes if outcome.message]
    shown = output.relative_to(paths.ROOT) if output.is_relative_to(paths.ROOT) else output
    total = sum(outcome.seconds for outcome in outcomes)
    count = "1 lesson" if len(outcomes) == 1 else f"{len(outcomes)} lessons"
    done = f"{count}, {profile} profile, {total:.0f} s. To look: {shown}/{outcomes[0].lesson}.html"
    return "\n".join(["", str(table), "", *failed, done])


_ENGINE = "course"
# On a shared machine nobody else can listen to the kernel, and it does not warn that somebody could.
_ENCRYPTED = Config({"KernelManager": {"transport_encryption": "auto"}})


class _Engine(NBClientEngine):
    """Papermill's own engine, which also reports each finished cell."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, report=None, **options):
        total = len(nb_man.nb.cells)
        completed = nb_man.cell_complete

        def cell_complete(cell, cell_index=None, **more):
            completed(cell, cell_index, **more)
            if report:
                report((cell_index or 0) + 1, total)

        nb_man.cell_complete = cell_complete
        return super().execute_managed_notebook(nb_man, kernel_name, **options)


papermill_engines.register(_ENGINE, _Engine)


@contextmanager
def _environment(extra: Mapping[str, str]) -> Iterator[None]:
    """These environment variables for as long as the context lasts; a kernel inherits them."""
    before = {name: os.environ.get(name) for name in extra}
    os.environ.update(extra)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
