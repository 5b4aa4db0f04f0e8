"""`python -m helpers run` on small notebooks made here: what passes, what fails, what is written."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
import toy_course

from helpers import paths
from helpers.course import cli, run
from helpers.course.progress import Progress
from helpers.errors import CourseError


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    return toy_course.make(tmp_path_factory.mktemp("course"))


@pytest.fixture
def here(course, monkeypatch) -> Path:
    monkeypatch.setattr(paths, "NOTEBOOKS", course)
    return course


@pytest.fixture(scope="module")
def series(course, tmp_path_factory):
    """The whole series, run once: (exit code, what was printed, the output folder)."""
    output = tmp_path_factory.mktemp("build")
    return *toy_course.run_in(course, "--seed", "3", "--output", str(output)), output


def test_a_failing_lesson_makes_exit_code_1_and_the_others_still_run(series):
    code, printed, output = series
    assert code == 1
    assert {p.stem for p in output.glob("*.ipynb")} == {"01_first", "02_next", "A1_appendix"}
    status = dict(re.findall(r"^(\w+) .* (passed|failed)$", printed.split("lesson  ")[1], re.MULTILINE))
    assert status == {"01_first": "passed", "02_next": "failed", "A1_appendix": "passed"}


def test_the_failing_cell_is_named_with_its_number_and_its_message(series):
    assert "02_next failed: cell 02_next-broken, number 4 of 5: ValueError: the reason" in series[1]


def test_the_table_counts_claims_and_says_where_to_look(series):
    _, printed, output = series
    assert re.search(r"01_first +\d+\.\d +1 of 1 passed +passed", printed)
    assert f"To look: {output}/01_first.html" in printed


def test_progress_without_a_terminal_is_plain_lines(series):
    lines = series[1].splitlines()
    assert lines[0] == "1/3 01_first …" and re.fullmatch(r"1/3 01_first passed in \d+ s", lines[1])
    assert "\r" not in series[1]


def test_progress_on_a_terminal_shows_the_cells_and_the_series():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    with Progress(["01_first", "02_next"], stream := Terminal()) as progress:
        progress.begin("01_first")
        progress.cells(3, 7)
        progress.end("passed", 1.2)
    shown = stream.getvalue()
    assert "3 of 7" in shown and "1 of 2" in shown and "01_first  passed in 1 s" in shown


def test_an_outcome_holds_the_claims_and_counts_those_in_range(course, tmp_path):
    outcome = run.run_lesson(course / "01_first.ipynb", "full", 9, tmp_path, {"TOY": "yes"})
    assert outcome.status == "passed" and outcome.message == "" and outcome.seconds > 0
    assert outcome.claims == [{"name": "toy.seed", "value": 9, "unit": "", "low": 0, "high": 5, "profile": "full"}]
    assert outcome.claims_passed == 0, "9 is outside 0 to 5"
    printed = [o.text for c in nbformat.read(outcome.notebook, 4).cells for o in c.get("outputs", []) if "text" in o]
    assert f"full full yes {course}\n" in printed, "profile, extra variables and folder reach the kernel"
    assert "TOY" not in os.environ and os.environ.get("COURSE_PROFILE") != "full"


def test_reports_each_cell(course, tmp_path):
    seen = []
    run.run_lesson(course / "A1_appendix.ipynb", "quick", 0, tmp_path, report=lambda *at: seen.append(at))
    assert seen == [(1, 3), (2, 3), (3, 3)], "the text, the parameters and the injected parameters"


def test_a_kernel_that_dies_is_an_outcome(tmp_path):
    path = toy_course.write(tmp_path / "03_dies.ipynb", [toy_course.PARAMETERS, ("exit", "import os\nos._exit(1)")])
    (tmp_path / "out").mkdir()
    outcome = run.run_lesson(path, "quick", 0, tmp_path / "out")
    assert outcome.status == "failed" and "kernel died" in outcome.message


def test_a_kernel_that_does_not_start_is_an_outcome(course, tmp_path, monkeypatch):
    def silent(*_, **__):
        raise RuntimeError("Kernel didn't respond in 60 seconds")

    monkeypatch.setattr(run.papermill, "execute_notebook", silent)
    outcome = run.run_lesson(course / "A1_appendix.ipynb", "quick", 0, tmp_path)
    assert outcome.status == "failed" and "did not start: Kernel didn't respond" in outcome.message


def test_a_file_that_is_no_notebook_is_an_outcome(tmp_path):
    path = tmp_path / "03_text.ipynb"
    path.write_text("not json")
    (tmp_path / "out").mkdir()
    outcome = run.run_lesson(path, "quick", 0, tmp_path / "out")
    assert outcome.status == "failed" and "no valid notebook" in outcome.message
    assert "no valid notebook" in run.summary([run.with_page(outcome)], "quick", tmp_path)


def test_the_source_is_only_read(series, course):
    source = json.loads((course / "01_first.ipynb").read_text("utf-8"))
    assert all(not cell.get("outputs") for cell in source["cells"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--profile", "fast"], "no profile 'fast'.*quick, full"),
        (["99"], "no lesson '99'.*01_first, 02_next"),
        (["--seed", "one"], "whole number.*'one'"),
        (["--seed", "-1"], "whole number|expected"),
        (["--seed", str(2**32)], "whole number"),
    ],
)
def test_wrong_arguments_are_said_in_one_sentence(arguments, said, here, capsys, tmp_path):
    assert cli.main(["run", *arguments, "--output", str(tmp_path)]) == 1
    assert re.search(said, error := capsys.readouterr().err) and error.count("\n") == 1
    assert not list(tmp_path.iterdir()), "nothing is written"


def test_a_wrong_profile_in_the_environment_is_said(here, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_PROFILE", "smoke")
    assert cli.main(["run"]) == 1
    assert "no profile 'smoke'" in capsys.readouterr().err


def test_an_output_folder_that_cannot_be_written(here, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CourseError, match=r"cannot be written.*--output"):
        run.main(["--output", str(tmp_path / "file")])


def test_an_output_folder_with_the_lessons_in_it_is_refused(here):
    before = {path: path.read_bytes() for path in here.glob("*")}
    with pytest.raises(CourseError, match=r"would overwrite the lessons"):
        run.main(["01", "--output", str(paths.NOTEBOOKS)])
    assert {path: path.read_bytes() for path in here.glob("*")} == before


def test_lessons_are_found_by_number_stem_and_path_in_reading_order(here):
    stems = lambda *names: [p.stem for p in run.select(names)]  # noqa: E731
    assert stems() == ["01_first", "02_next", "A1_appendix"]
    assert stems("a1", "01") == ["01_first", "A1_appendix"]
    assert stems("02_next") == stems("notebooks/02_next.ipynb") == stems("02", "02") == ["02_next"]


def test_no_lessons_at_all(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path)
    with pytest.raises(CourseError, match="no lessons"):
        run.select([])


@pytest.mark.skipif(os.name == "nt", reason="signals are sent differently there")
def test_ctrl_c_ends_the_series(tmp_path):
    (tmp_path / "notebooks").mkdir()
    toy_course.write(
        tmp_path / "notebooks/01_slow.ipynb",
        [toy_course.PARAMETERS, ("slow", "open('begun', 'w')\nimport time\ntime.sleep(99)")],
    )
    toy_course.write(tmp_path / "notebooks/02_next.ipynb", [toy_course.PARAMETERS])
    code = (
        "import signal, sys, pathlib; from helpers import paths; from helpers.course import cli\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background\n"
        f"paths.NOTEBOOKS = pathlib.Path({str(tmp_path / 'notebooks')!r})\n"
        f"sys.exit(cli.main(['run', '--output', {str(tmp_path / 'build')!r}]))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=paths.ROOT, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 300
    while not (tmp_path / "notebooks/begun").exists() and time.monotonic() < end:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=120) == 130
    assert "helpers/course" not in process.stderr.read(), "no traceback of ours; the kernel may complain"
    assert not (tmp_path / "build/02_next.ipynb").exists()


@pytest.mark.parametrize("status", ["passed", "failed"])
def test_only_a_lesson_that_passed_is_stored(status, here, tmp_path, monkeypatch):
    kept = []
    monkeypatch.setattr(run.store, "measured_gflops", lambda: 1.0)
    monkeypatch.setattr(run.store, "prepared", lambda *_: {})
    monkeypatch.setattr(run.store, "store", lambda path, *_, **__: kept.append(path.stem))
    outcome = run.Outcome("01_first", tmp_path / "none.ipynb", 1.0, status=status)
    monkeypatch.setattr(run, "run_lesson", lambda *_, **__: outcome)
    assert run.main(["01", "--profile", "quick", "--store", "--output", str(tmp_path)]) == (status == "failed")
    assert kept == ["01_first"] * (status == "passed")


def test_a_lesson_of_which_only_words_changed_is_stored_without_a_run(monkeypatch, capsys):
    monkeypatch.setattr(run, "select", lambda names: [Path("01_toy.ipynb")])
    monkeypatch.setattr(run.store, "reworded", lambda path: True)
    monkeypatch.setattr(run, "run_lesson", lambda *args, **options: pytest.fail("it ran"))
    assert run.main(["--profile", "full", "--store"]) == 0
    assert "Only words changed, so stored outputs stay: 01_toy." in capsys.readouterr().out
