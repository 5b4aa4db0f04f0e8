"""The edition without solutions: nothing of a solution is left, everything else is, and it stands on its own."""

import json
import os
from pathlib import Path

import nbformat
import notebook_checks as checks
import pytest

from helpers import paths, staleness
from helpers.course import student
from helpers.errors import CourseError

LESSONS = [pytest.param(path, id=path.stem) for path in paths.lessons()]


@pytest.fixture(scope="module")
def edition(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("student") / "edition"
    assert student.main(["--output", str(folder)]) == 0
    return folder


def is_solution(cell: dict) -> bool:
    return "solution" in cell["metadata"].get("tags", [])


def rest(cell: dict) -> dict:
    """A cell without what a run stores in it."""
    return {key: value for key, value in cell.items() if key not in ("outputs", "execution_count")}


def test_every_lesson_is_there_and_had_solutions(edition):
    assert {p.name for p in (edition / "notebooks").glob("*.ipynb")} == {p.name for p in paths.lessons()}
    for path in paths.lessons():
        assert sum(map(is_solution, checks.load(path)["cells"])) >= 3


@pytest.mark.parametrize("path", LESSONS)
def test_no_solution_is_left(path, edition):
    made = edition / "notebooks" / path.name
    assert not any(is_solution(cell) or cell["id"].endswith("-solution") for cell in checks.load(made)["cells"])
    everything = "\n".join(checks.text(cell) for cell in checks.load(made)["cells"])
    for cell in filter(is_solution, checks.load(path)["cells"]):
        # The body of the solution, without the lines that call the check.
        body = [line for line in checks.text(cell).splitlines() if line.strip() and "feedback" not in line]
        assert body and "\n".join(body) not in everything, cell["id"]


@pytest.mark.parametrize("path", LESSONS)
def test_all_other_cells_and_the_metadata_are_untouched(path, edition):
    original, made = checks.load(path), checks.load(edition / "notebooks" / path.name)
    kept = [rest(cell) for cell in original["cells"] if not is_solution(cell)]
    assert [rest(cell) for cell in made["cells"]] == kept
    assert {k: v for k, v in made.items() if k != "cells"} == {k: v for k, v in original.items() if k != "cells"}


@pytest.mark.parametrize("path", LESSONS)
def test_no_output_is_stored(path, edition):
    for cell in checks.code_cells(checks.load(edition / "notebooks" / path.name)):
        assert cell["outputs"] == [] and cell["execution_count"] is None, cell["id"]


def test_stored_outputs_are_left_out_and_the_given_notebook_stays():
    def code(key: str, **metadata) -> dict:
        shown = {"output_type": "stream", "name": "stdout", "text": ["1\n"]}
        return {"id": key, "cell_type": "code", "metadata": metadata, "source": "1", "execution_count": 3} | {
            "outputs": [shown]
        }

    prose = {"id": "a", "cell_type": "markdown", "metadata": {}, "source": ["a"]}
    given = {"cells": [prose, code("b", tags=["results"]), code("c", tags=["hide-cell", "solution"])], "metadata": {}}
    before = json.dumps(given)
    made = student.without_solutions(given)
    assert made["cells"] == [prose, code("b", tags=["results"]) | {"outputs": [], "execution_count": None}]
    assert json.dumps(given) == before


def test_notebooks_are_valid_with_unique_ids(edition):
    made = {path.stem: checks.load(path) for path in sorted((edition / "notebooks").glob("*.ipynb"))}
    assert checks.id_problems(made) == []
    for notebook in made.values():
        assert checks.format_problems(notebook) == []
        nbformat.validate(nbformat.reads(json.dumps(notebook), as_version=4))


@pytest.mark.parametrize("path", LESSONS)
def test_no_other_cell_needs_a_name_that_only_solutions_define(path):
    """Without running it: the edition's cells find every name that they found in the lesson."""
    notebook = staleness.Notebook(checks.load(path)["cells"])
    solutions = notebook.tagged("solution")
    others = set(range(len(notebook.cells))) - solutions
    only = set().union(*(notebook.defines[i] for i in solutions)) - set().union(*(notebook.defines[i] for i in others))
    assert only
    for i in others:
        assert not only & {m.partition(".")[0] for m in notebook.units[i].mentions}, notebook.cells[i]["id"]


def test_every_link_leads_somewhere(edition):
    found = []
    for path in sorted(edition.rglob("*.md")):
        found += [f"{path.name}: {p}" for p in checks.link_problems(path.read_text("utf-8"), path.parent)]
    for path in sorted((edition / "notebooks").glob("*.ipynb")):
        for cell in checks.load(path)["cells"]:
            if cell["cell_type"] == "markdown":
                found += [f"{cell['id']}: {p}" for p in checks.link_problems(checks.text(cell), path.parent)]
    assert found == []


def test_it_brings_what_set_up_needs_and_no_tests(edition):
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "helpers/__main__.py", "notebooks/claims.toml"):
        assert (edition / name).read_bytes() == (paths.ROOT / name).read_bytes()
    assert not (edition / "tests").exists()
    assert not list(edition.rglob("__pycache__"))


# Folders that must not be written ----------------------------------------------------------------


def test_a_folder_with_other_files_is_refused_and_stays(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    for more in ([], ["--replace"]):
        with pytest.raises(CourseError, match="holds other files"):
            student.main(["--output", str(tmp_path), *more])
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_earlier_edition_is_replaced_only_when_asked(tmp_path):
    folder = tmp_path / "edition"
    folder.mkdir()
    (folder / "README.md").write_text(student.TITLE)
    with pytest.raises(CourseError, match="--replace"):
        student.main(["--output", str(folder)])
    assert len(list(folder.iterdir())) == 1
    student.main(["--output", str(folder), "--replace"])
    assert (folder / "notebooks").is_dir()
    assert [p.name for p in tmp_path.iterdir()] == ["edition"], "nothing else is left beside it"


# The next two ask the check alone, which writes nothing: if it were broken, writing would replace the repository.


@pytest.mark.parametrize("name", ["notebooks/student", "helpers/student", "data"])
def test_a_folder_inside_what_is_copied_is_refused(name):
    with pytest.raises(CourseError, match="which the edition copies"):
        student.check_place(paths.ROOT / name, replace=True)


@pytest.mark.parametrize(
    "folder", [paths.ROOT, paths.ROOT.parent, paths.ROOT / "tests"], ids=["root", "above", "tests"]
)
def test_the_repository_itself_is_refused(folder):
    with pytest.raises(CourseError, match="holds other files"):
        student.check_place(folder, replace=True)


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "edition").write_text("a file")
    with pytest.raises(CourseError, match="is a file"):
        student.main(["--output", str(tmp_path / "edition")])
    with pytest.raises(CourseError, match=r"cannot be written .*--output"):
        student.main(["--output", str(tmp_path / "edition/inside")])


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="here every folder can be written")
def test_an_unwritable_folder_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(CourseError, match=r"cannot be written .*--output"):
        student.main(["--output", str(tmp_path / "edition")])


@pytest.mark.parametrize("earlier", [False, True])
def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch, earlier):
    folder = tmp_path / "edition"
    if earlier:
        folder.mkdir()
        (folder / "README.md").write_text(student.TITLE)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(student.shutil, "copytree", full)
    with pytest.raises(CourseError, match="No space left on device"):
        student.main(["--output", str(folder), "--replace"])
    assert [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")] == (
        ["edition", "edition/README.md"] if earlier else []
    )


def test_a_broken_notebook_is_named(tmp_path, monkeypatch):
    broken = tmp_path / "01_broken.ipynb"
    broken.write_text('{"cells": [{}]}')
    monkeypatch.setattr(paths, "lessons", lambda: [broken])
    with pytest.raises(CourseError, match=r"01_broken\.ipynb is no valid notebook"):
        student.main(["--output", str(tmp_path / "edition")])
    assert not (tmp_path / "edition").exists()
