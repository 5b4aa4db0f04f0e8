"""Studies: the declared ones are sound, and a tiny one made here runs, skips, fails and goes on."""

import ast
import builtins
import contextlib
import json
import os
import subprocess
import sys
import time

import nbformat
import pytest

from helpers import features, paths, profiles, records, settings, staleness
from helpers.course import study
from helpers.errors import CourseError

CELLS = {
    "setup": "import math\nimport os",
    "parameters": "seed = 0",
    "unused": "raise ValueError('this cell is not needed')",
    "base": "base = math.sqrt(4) if os.environ['COURSE_PROFILE'] == 'full' else 0",
    "recipe": "def recipe(seed, factor=1):\n    return {'accuracy': factor * base + seed, 'curve': [0.5]}",
    "broken": "def broken(seed):\n    return {'accuracy': 1 / seed}",
}
STUDIES = """
[toy]
lesson = "01_toy"
[toy.variants.plain]
call = "recipe(seed)"
seeds = [0, 1]
[toy.variants.plain-large]
call = "recipe(seed, factor=10)"
seeds = [5]
[toy.variants.broken]
call = "broken(seed)"
seeds = [0]
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A course of one lesson with a study; its folder of records."""
    cells = [nbformat.v4.new_code_cell(source, id=name) for name, source in CELLS.items()]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "01_toy.ipynb")
    (tmp_path / "studies.toml").write_text(STUDIES)
    for name in ("ROOT", "NOTEBOOKS"):
        monkeypatch.setattr(paths, name, tmp_path)
    monkeypatch.setattr(records, "STUDIES", tmp_path / "records")
    monkeypatch.setenv(profiles.VARIABLE, "quick")
    for name in (settings.VERBOSE, settings.FRESH, settings.FEATURES):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "records/toy"


@pytest.fixture
def processes(monkeypatch) -> list:
    """Tasks run here instead of in a process each; the list of those asked for."""
    asked = []

    def run(command, cwd, stdout, stderr):
        assert command[:4] == [sys.executable, "-m", "helpers", "study"] and cwd == paths.ROOT
        asked.append((command[6], int(command[7])))
        try:
            with contextlib.redirect_stdout(stdout):
                study.main(command[4:])
        except ZeroDivisionError as error:
            stdout.write(f"ZeroDivisionError: {error}")
            return subprocess.CompletedProcess(command, 1)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(study.subprocess, "run", run)
    return asked


def picked(variant: str) -> list[str]:
    notebook, cells, _ = study.program("toy", variant)
    return [notebook.cells[i]["id"] for i in cells]


def test_a_task_uses_exactly_the_cells_it_needs(toy):
    assert picked("plain") == ["setup", "parameters", "base", "recipe"]
    assert picked("broken") == ["parameters", "broken"]
    assert study.program("toy", "plain-large")[2] == "recipe(seed, factor=10)"


def test_a_task_writes_its_record_with_all_that_is_needed_to_judge_it(toy, capsys):
    mark = study.task_hash("toy", "plain")
    study.run_task("toy", "plain", 1)
    task = json.loads((toy / "plain-1.json").read_text("utf-8"))
    assert set(task) == {
        "study", "variant", "seed", "seconds", "busy_elsewhere", "when", "code_hash", "machine", "versions", "result",
    }  # fmt: skip
    assert (task["study"], task["variant"], task["seed"]) == ("toy", "plain", 1)
    assert task["result"] == {"accuracy": 3.0, "curve": [0.5]}  # 2 · 1 + seed, in the full profile
    assert task["code_hash"] == mark and task["when"] == time.strftime("%Y-%m-%d")
    assert 0 <= task["seconds"] < 5 and (task["busy_elsewhere"] is None or 0 <= task["busy_elsewhere"] <= 1)
    assert task["machine"]["cores"] >= 1 and task["versions"]["python"].startswith("3.")
    assert json.loads(capsys.readouterr().out) == {"accuracy": 3.0}
    assert os.environ[settings.FRESH] and os.environ[settings.VERBOSE] == "2"  # a record is trained


def test_tasks_of_a_study_share_passes_with_each_other_only_and_the_last_clears_up(toy, processes, monkeypatch):
    learners = features.cached("key")
    study.run_task("toy", "plain", 0)
    own = features.cached("key")
    study.run_task("toy", "plain", 1)
    assert learners != own == features.cached("key")
    own.parent.mkdir(parents=True)
    study.run("toy", "plain-large")
    assert own.parent.exists()  # a task of another variant is still to do
    (toy / "broken-0.json").write_text("{}")
    study.run("toy")
    assert not own.parent.exists()


def test_the_hash_is_another_for_other_code_and_another_expression(toy):
    marks = {study.task_hash("toy", variant) for variant in ("plain", "plain-large", "broken")}
    assert len(marks) == 3
    before, path = study.task_hash("toy", "plain"), paths.NOTEBOOKS / "01_toy.ipynb"
    text = path.read_text("utf-8")
    path.write_text(text.replace("this cell is not needed", "nor this one"))
    assert study.task_hash("toy", "plain") == before
    path.write_text(text.replace("math.sqrt(4)", "math.sqrt(9)"))
    assert study.task_hash("toy", "plain") != before


def test_tasks_come_seed_by_seed_and_those_with_a_record_are_skipped(toy, processes, capsys):
    assert study.tasks("toy") == [("plain", 0), ("plain-large", 5), ("broken", 0), ("plain", 1)]
    study.run_task("toy", "plain", 0)
    assert study.missing("toy") == [("plain-large", 5), ("broken", 0), ("plain", 1)]
    assert study.main(["toy", "--variant", "plain"]) == 0
    assert processes == [("plain", 1)] and study.missing("toy") == [("plain-large", 5), ("broken", 0)]
    assert "1 tasks done, 0 failed, 2 left to do" in capsys.readouterr().out
    assert study.main(["toy", "--variant", "plain"]) == 0 and len(processes) == 1


def test_a_failed_task_gives_exit_code_1_and_names_its_log_and_the_others_run(toy, processes, capsys):
    assert study.main(["toy"]) == 1
    printed = capsys.readouterr().out
    assert processes == study.tasks("toy") and study.missing("toy") == [("broken", 0)]
    assert "failed; see records/toy/broken-0.log" in printed and "3 tasks done, 1 failed, 1 left" in printed
    assert "ZeroDivisionError" in (toy / "broken-0.log").read_text()
    assert {p.name for p in toy.iterdir() if p.suffix == ".json"} == {
        "plain-0.json",
        "plain-1.json",
        "plain-large-5.json",
    }


def test_the_log_of_an_interrupted_task_goes_on_and_that_of_a_finished_one_begins_anew(toy, processes):
    toy.mkdir(parents=True)
    (toy / "plain-0.log").write_text("Epoch 1/2\n")
    study.main(["toy", "--variant", "plain"])
    assert (toy / "plain-0.log").read_text().startswith('Epoch 1/2\n{"accuracy"')
    (toy / "plain-0.json").unlink()
    study.main(["toy", "--variant", "plain"])
    assert (toy / "plain-0.log").read_text().startswith('{"accuracy"')


def test_runs_of_a_variant_are_its_own_in_the_order_of_their_seeds(toy):
    for variant, seed in (("plain", 10), ("plain", 9), ("plain-large", 5)):
        study.run_task("toy", variant, seed)
    assert [task["seed"] for task in records.runs("toy/plain")] == [9, 10]
    assert records.values("toy/plain", "accuracy") == [11.0, 12.0] and records.values("toy/other", "accuracy") == []
    assert records.runs("toy/other") == [] == records.runs("other/plain")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["tov"], "no study 'tov'. Expected one of: toy"),
        (["tov", "--task", "plain", "0"], "no study 'tov'"),
        (["toy", "--task", "small", "0"], "no variant 'small': plain, plain-large, broken"),
        (["toy", "--task", "plain", "one"], "seed is a whole number from 0, found 'one'"),
        (["toy", "--variant", "small"], "no variant 'small': plain, plain-large, broken"),
    ],
)
def test_unknown_names_are_told_with_the_known_ones(toy, processes, arguments, says):
    with pytest.raises(CourseError) as error:
        study.main(arguments)
    assert says in str(error.value) and processes == [] and not toy.exists()


def test_without_a_name_all_studies_are_listed(toy, capsys):
    assert study.main([]) == 0
    assert capsys.readouterr().out == "toy: 4 of 4 tasks to do, lesson 01_toy\n"


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [(None, (1, 1), None), ((0, 0), (10, 9), 0.1), ((5, 5), (5, 5), 0.0), ((0, 0), (10, 12), 0.0)],
)
def test_how_busy_the_machine_was_otherwise(before, after, share):
    assert study._busy_elsewhere(before, after) == share


# The declared studies ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", records.studies())
def test_a_declared_study_can_run(name):
    declaration = study.study(name)
    assert (paths.NOTEBOOKS / f"{declaration['lesson']}.ipynb").exists()
    for variant, entry in declaration["variants"].items():
        assert set(entry) == {"call", "seeds"} and entry["seeds"]
        assert len(set(entry["seeds"])) == len(entry["seeds"]) and all(type(s) is int for s in entry["seeds"])
        notebook, cells, expression = study.program(name, variant)
        assert "seed" in {n.id for n in ast.walk(ast.parse(expression)) if isinstance(n, ast.Name)}
        function = ast.parse(expression, mode="eval").body.func.id
        assert any(function in notebook.defines[i] for i in cells)
        for i in cells:  # what is only shown or stated is not needed to measure
            assert not notebook.units[i].mentions & {"claim", "plots.show", "start"}
        known = set(dir(builtins)).union(*(notebook.defines[i] | notebook.imported[i] for i in cells)) | {"seed"}
        used = {mention.split(".")[0] for i in cells for mention in notebook.units[i].mentions}
        assert used <= known, f"{variant}: {sorted(used - known)} defined after they are needed, or nowhere"
        assert len(staleness.code_hash(notebook, cells, "full", expression)) == 16
