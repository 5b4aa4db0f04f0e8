"""Hygiene of the lessons' notebooks, and of the checks themselves on notebooks broken on purpose."""

import copy
import subprocess
import sys

import notebook_checks as checks
import pytest

from helpers import paths
from helpers.paths import ROOT

LESSONS = paths.lessons()
# Lessons whose full run has not been stored yet; until then nbval compares nothing in them. Must get shorter.
AWAITING_FULL_RUN = {
    "05_cats_vs_dogs",
}
CHECKS = (
    checks.format_problems,
    checks.output_problems,
    checks.privacy_problems,
    checks.tag_problems,
    checks.compared_problems,
    checks.exercise_problems,
    checks.length_problems,
    checks.helper_problems,
)


def test_there_are_lessons():
    assert len(LESSONS) >= 4


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removesuffix("_problems"))
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lesson(path, check):
    notebook = checks.load(path)
    problems = check(notebook)
    if check is checks.compared_problems and path.stem in AWAITING_FULL_RUN:
        assert not any(cell["outputs"] for cell in checks.code_cells(notebook)), "it is stored: take it off the list"
        problems = [p for p in problems if "stores no output" not in p]
    assert problems == []


def test_ids_are_unique_over_all_lessons():
    assert checks.id_problems({path.stem: checks.load(path) for path in LESSONS}) == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_size(path):
    assert checks.size_problems(path) == []


def written() -> list[tuple[str, str]]:
    """Every text with links: (where, Markdown); notebooks and Markdown files of the repository."""
    texts = [
        (path.relative_to(ROOT).as_posix(), checks.text(cell))
        for path in LESSONS
        for cell in checks.load(path)["cells"]
        if cell["cell_type"] == "markdown"
    ]
    for pattern in ("*.md", "data/**/*.md", "notebooks/**/*.md", "book/*.md", ".github/**/*.md"):
        texts += [(path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in sorted(ROOT.glob(pattern))]
    return texts


def test_links_between_files_lead_somewhere():
    found = [f"{name}: {p}" for name, text in written() for p in checks.link_problems(text, (ROOT / name).parent)]
    assert found == []


def test_code_and_notebooks_are_clean_for_ruff():
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run([sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:]


# The checks themselves ---------------------------------------------------------------------------


def cell(key: str, source: str, *, kind: str = "code", **metadata) -> dict:
    made = {"cell_type": kind, "id": f"01-{key}", "metadata": metadata, "source": source}
    return made if kind == "markdown" else made | {"execution_count": None, "outputs": []}


def good() -> dict:
    """A small notebook in which no check finds anything."""
    cells = [
        cell("title", "# Title\n\n" + "many words of prose " * 60, kind="markdown"),
        cell("parameters", "profile = 'quick'\nseed = 0", tags=["parameters"]),
        cell("figure", "from helpers import plots, profiles\n\nplots.show()"),
    ]
    for number in range(10):
        cells.append(cell(f"compared-{number}", "print(1)", tags=[checks.COMPARED]))
        cells[-1] |= {"execution_count": 1}
        cells[-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["1\n"]}]
    picture = {"data": {"image/png": "iVBOR/home/x="}, "metadata": {"image/png": {"alt": "A line."}}}
    cells[2]["outputs"] = [{"output_type": "display_data", **picture}]
    for name in ("a", "b-c", "d"):
        cells += [
            cell(f"exercise-{name}", "Do it.", kind="markdown"),
            cell(f"exercise-{name}-answer", "answer = ...\nexercises.a.check(answer)"),
            cell(f"exercise-{name}-hint", "# exercises.a.hint()  # remove the first #"),
            cell(
                f"exercise-{name}-solution",
                "# Solution\nassert (feedback := exercises.a.check(1)), feedback",
                tags=["solution", "hide-cell"],
                jupyter={"source_hidden": True},
            ),
        ]
    cells.append(cell("links", "Used here: [`plots`](../helpers/plots.py).", kind="markdown"))
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def find(notebook: dict, key: str) -> dict:
    return next(c for c in notebook["cells"] if c["id"] == f"01-{key}")


def source(key: str, words: str):
    return lambda n: find(n, key).update(source=words)


def tagged(key: str, *names: str):
    return lambda n: find(n, key)["metadata"].update(tags=list(names))


def output(key: str, **changes):
    return lambda n: find(n, key)["outputs"][0].update(changes)


ERROR = {"output_type": "error", "ename": "E"}
PICTURE = [{"output_type": "display_data", "data": {"image/png": ""}}]
HTML = {"text/html": "<b>/work/x</b>"}
BREAKS = [
    (checks.format_problems, "4.5", lambda n: n.update(nbformat_minor=4)),
    (checks.format_problems, "python3", lambda n: n["metadata"]["kernelspec"].update(name="venv")),
    (checks.format_problems, "version", lambda n: n["metadata"]["language_info"].update(version="3.11")),
    (checks.format_problems, "times", lambda n: n["metadata"].update(papermill={})),
    (checks.format_problems, "times", lambda n: find(n, "figure")["metadata"].update(execution={})),
    (checks.format_problems, "valid", lambda n: find(n, "figure").pop("outputs")),
    (checks.output_problems, "error: E", lambda n: find(n, "figure")["outputs"].append(ERROR)),
    (checks.output_problems, "stderr", output("compared-0", name="stderr")),
    (checks.output_problems, "warning", output("compared-0", text=["WARNING:tensorflow:5 out of the last 9 calls\n"])),
    (checks.output_problems, "alternative", output("figure", metadata={})),
    (checks.privacy_problems, "/home/", output("compared-0", text="see /home/ada/course")),
    (checks.privacy_problems, "/tmp/", output("compared-0", text=["'/tmp/x.png'"])),
    (checks.privacy_problems, "Users", output("compared-0", text="C:\\Users\\ada")),
    (checks.privacy_problems, "127.0.0.1", output("compared-0", text="http://127.0.0.1:8888")),
    (checks.privacy_problems, "pypi.org", output("compared-0", text="from https://pypi.org")),
    (checks.privacy_problems, "/Users/", source("figure", "open('/Users/ada/x')")),
    (checks.privacy_problems, "/work/", output("figure", data=HTML)),
    (checks.tag_problems, "raises-exception", tagged("figure", "raises-exception")),
    (checks.tag_problems, "nbval-skip", tagged("figure", "nbval-skip")),
    (checks.tag_problems, "parameters", tagged("parameters")),
    (checks.tag_problems, "parameters", source("parameters", "profile = 1")),
    (checks.compared_problems, "9 cells", tagged("compared-3")),
    (checks.compared_problems, "stores no output", lambda n: find(n, "compared-3").update(outputs=[])),
    (checks.compared_problems, "stores no output", lambda n: find(n, "compared-3").pop("execution_count")),
    (checks.compared_problems, "picture", lambda n: find(n, "compared-3").update(outputs=PICTURE)),
    (checks.exercise_problems, "2 exercises", lambda n: n["cells"].__delitem__(slice(-5, -1))),
    (checks.exercise_problems, "no hint", lambda n: n["cells"].remove(find(n, "exercise-b-c-hint"))),
    (checks.exercise_problems, "no prompt", lambda n: n["cells"].remove(find(n, "exercise-a"))),
    (checks.exercise_problems, "order", lambda n: n["cells"].append(n["cells"].pop(-4))),
    (checks.exercise_problems, "needs `...`", source("exercise-a-answer", "answer = 3")),
    (checks.exercise_problems, "commented", source("exercise-a-hint", "exercises.a.hint()")),
    (checks.exercise_problems, "assert", source("exercise-a-solution", "# Solution\nexercises.a.check(1)")),
    (checks.exercise_problems, "first line", source("exercise-a-solution", "assert exercises.a.check(1)")),
    (checks.exercise_problems, "folded", lambda n: find(n, "exercise-a-solution")["metadata"].pop("jupyter")),
    (checks.exercise_problems, "folded", tagged("exercise-a-solution", "solution")),
    (checks.length_problems, "26 lines", source("figure", "x\n" * 26)),
    (checks.length_problems, "words per line", source("title", "few words")),
    (checks.length_problems, "median", lambda n: [c.update(source="x\n" * 6) for c in n["cells"][1:13]]),
    (
        checks.length_problems,
        "91 cells",
        lambda n: n["cells"].extend(cell(f"more-{i}", "x " * 9, kind="markdown") for i in range(77)),
    ),
    (checks.helper_problems, "helpers.plots is", source("links", "Used here: nothing.")),
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_good_notebook_has_no_problems(check):
    assert check(good()) == []


@pytest.mark.parametrize(("check", "complaint", "broken"), BREAKS, ids=[f"{c.__name__}-{w}" for c, w, _ in BREAKS])
def test_a_broken_notebook_is_noticed(check, complaint, broken):
    notebook = copy.deepcopy(good())
    broken(notebook)
    problems = check(notebook)
    assert complaint in " ".join(problems) and len(problems) < 12


@pytest.mark.parametrize(
    ("key", "complaint"),
    [("", "no id"), ("02-title", "not 01-words"), ("01-Title_1", "not 01-words"), ("01-figure", "already")],
)
def test_broken_ids_are_noticed(key, complaint):
    notebook = good()
    assert checks.id_problems({"01_toy": notebook}) == []
    notebook["cells"][0]["id"] = key
    assert complaint in " ".join(checks.id_problems({"01_toy": notebook}))


def test_the_same_id_in_two_lessons_is_noticed():
    assert any("in 01_a already" in p for p in checks.id_problems({"01_a": good(), "01_b": good()}))


def test_size_is_noticed(tmp_path):
    (tmp_path / "a").write_bytes(bytes(checks.LARGEST))
    assert checks.size_problems(tmp_path / "a") == []
    (tmp_path / "a").write_bytes(bytes(checks.LARGEST + 1))
    assert checks.size_problems(tmp_path / "a") != []


def test_broken_links_are_noticed(tmp_path):
    (tmp_path / "there.md").write_text("")
    fine = "[a](there.md#x) [b](https://example.org) [c](#here) `[d](nowhere)` ![e](there.md)"
    assert checks.link_problems(fine, tmp_path) == []
    bad = '[a](nowhere.md) <img src="gone.png"> [b](/there.md)'
    assert len(checks.link_problems(bad, tmp_path)) == 3
