"""The command line: every command is there and named, and what the small ones do."""

import ast
import json
import os
import signal
import subprocess
import sys

import pytest

from helpers import paths
from helpers.course import clean, cli, lab
from helpers.paths import ROOT


def test_every_command_is_there():
    for module, _, _ in cli.COMMANDS.values():
        source = ROOT / (module.replace(".", "/") + ".py")
        assert source.exists(), f"{module} is missing"
        names = [node.name for node in ast.parse(source.read_text("utf-8")).body if hasattr(node, "name")]
        assert "main" in names, f"{module} has no main"


def test_an_unknown_command_names_the_known_ones(capsys):
    assert cli.main(["rnu"]) == 1
    assert "no command 'rnu'" in (said := capsys.readouterr().err) and "doctor" in said


def test_the_overview_lists_every_command(capsys):
    assert cli.main([]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert all(any(line.startswith(f"  {name} ") for line in shown) for name in cli.COMMANDS)


def test_lab_opens_the_first_lesson_with_the_course_as_root(monkeypatch, capsys):
    called = []
    monkeypatch.setattr(lab, "hand_over", lambda command, cwd: called.append(command) or 0)
    assert lab.main(["--no-browser"]) == 0
    first = paths.lessons()[0].name
    assert f"--LabApp.default_url=/lab/tree/notebooks/{first}" in called[0] and first.startswith("01_")
    assert f"--ServerApp.root_dir={ROOT}" in called[0] and called[0][-1] == "--no-browser"
    assert json.loads((ROOT / "helpers/course/lab_settings/overrides.json").read_text("utf-8"))


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl+C to a whole console")
def test_ctrl_c_is_for_the_command_to_answer():
    # Like JupyterLab: it asks at the first Ctrl+C and takes its time.
    child = "import signal, time; signal.signal(2, lambda *_: None); print('ready', flush=True); time.sleep(2); exit(7)"
    code = (
        f"import sys; from helpers.course.cli import hand_over; sys.exit(hand_over([sys.executable, '-c', {child!r}]))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout.readline() == b"ready\n"
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(60) == 7


def test_clean_removes_what_was_generated_and_nothing_else(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    generated = ["build", "book/_build", "helpers/course/__pycache__", "notebooks/.ipynb_checkpoints"]
    kept = [".venv", ".course-cache", "notebooks/records", "data"]
    for name in generated + kept:
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "file").write_text("")
    assert clean.main([]) == 0
    assert not any((tmp_path / name).exists() for name in generated)
    assert all((tmp_path / name / "file").exists() for name in kept)
    assert "Kept .venv" in capsys.readouterr().out
