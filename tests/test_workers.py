"""Two workers at a time: the tests of a file stay together, and so do files that share the book; lessons are spread."""

import os
import subprocess
import sys
from pathlib import Path

TOY = """
import os
import pytest

@pytest.mark.parametrize("number", range(6))
def test_writes_its_worker(number):
    with open("workers.txt", "a") as file:
        file.write(f"{__name__} {os.environ['PYTEST_XDIST_WORKER']}\\n")
"""


LESSONS = """
import os
import time
import pytest

@pytest.mark.parametrize("path", ["01", "02", "03", "04"])
def test_first(path):
    time.sleep(0.2)
    with open("lessons.txt", "a") as file:
        file.write(f"{path} {os.environ['PYTEST_XDIST_WORKER']}\\n")

test_second = test_first
"""


def workers_of(folder: Path, **files: str) -> dict[str, set[str]]:
    """Run test files with two workers of ours; for each name that they write, the workers that wrote it."""
    (folder / "tests").mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    for name, text in files.items():
        (folder / f"tests/{name}.py").write_text(text)
    conftest = Path(__file__).with_name("conftest.py")
    (folder / "tests/conftest.py").write_text(conftest.read_text("utf-8"), "utf-8")
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "-q", "-p", "no:cacheprovider"]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
    (written,) = folder.glob("*.txt")
    ran = [line.split() for line in written.read_text().splitlines()]
    return {name: {worker for other, worker in ran if other == name} for name, _ in ran}


def test_files_stay_in_one_worker_and_the_books_files_share_one(tmp_path):
    workers = workers_of(tmp_path, test_book=TOY, test_browser=TOY, test_c=TOY)
    assert all(len(found) == 1 for found in workers.values()) and len(set.union(*workers.values())) == 2
    book, browser = (next(w for name, w in workers.items() if name.endswith(end)) for end in ("_book", "_browser"))
    assert book == browser


def test_both_runs_of_a_lesson_stay_together_and_the_lessons_are_spread(tmp_path):
    workers = workers_of(tmp_path, test_lessons=LESSONS)
    assert list(map(len, workers.values())) == [1, 1, 1, 1] and len(set.union(*workers.values())) == 2
