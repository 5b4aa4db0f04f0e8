"""Two workers at a time: the tests of a file stay together, and so do the files that share the built book."""

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


def test_files_stay_in_one_worker_and_the_books_files_share_one(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    for name in ("test_book", "test_browser", "test_c"):
        (tmp_path / f"tests/{name}.py").write_text(TOY)
    conftest = Path(__file__).with_name("conftest.py")
    (tmp_path / "tests/conftest.py").write_text(conftest.read_text("utf-8"), "utf-8")
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "-q", "-p", "no:cacheprovider"]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
    ran = [line.rpartition(" ") for line in (tmp_path / "workers.txt").read_text().splitlines()]
    workers = {name: {worker for other, _, worker in ran if other == name} for name, _, _ in ran}
    assert len(ran) == 18 and all(len(found) == 1 for found in workers.values())
    assert len(set.union(*workers.values())) == 2
    book, browser = (next(w for name, w in workers.items() if name.endswith(end)) for end in ("_book", "_browser"))
    assert book == browser
