"""``python -m helpers book``: the web book from the stored outputs, warnings as errors."""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence

import nbformat
from nbclient import NotebookClient

from helpers import paths, staleness
from helpers.course import book_checks
from helpers.files import atomic_write

PAGES = paths.ROOT / "book" / "_build" / "html"


def main(argv: Sequence[str]) -> int:
    """Build ``book/_build/html``; further options are passed on to jupyter-book. Exit code 1 for any problem.

    The source is the root of the repository, so that links between lessons and data are the same in the book as
    in JupyterLab. Every build starts afresh: what an earlier one left behind has been seen to repeat old warnings.
    """
    parser = argparse.ArgumentParser(prog="python -m helpers book", description=main.__doc__)
    parser.add_argument("--renew", action="store_true", help="first run the book's own notebooks and store them")
    asked, further = parser.parse_known_args(argv)
    if asked.renew:
        renew()
    problems = book_checks.before()
    if not problems:
        shutil.rmtree(PAGES.parent, ignore_errors=True)
        command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", "."]
        command += ["-W", "-n", "--keep-going", "-q", "--config", "book/_config.yml", "--toc", "book/_toc.yml"]
        if subprocess.call([*command, "--path-output", "book", *further], cwd=paths.ROOT):
            return 1
        problems = book_checks.after(PAGES)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return 1
    if PAGES.exists():  # another builder, such as that which tries the links, makes no pages
        print("The book is in book/_build/html; open index.html there.")
    return 0


def renew() -> None:
    """Run the notebooks that stand in ``book/`` and store their outputs there, without what differs by machine."""
    for path in sorted((paths.ROOT / "book").glob("*.ipynb")):
        node = nbformat.read(path, as_version=4)
        place = {"metadata": {"path": str(path.parent)}}
        NotebookClient(node, timeout=600, kernel_name="python3", resources=place, record_timing=False).execute()
        ran = json.loads(nbformat.writes(node))
        ran["metadata"] |= {"language_info": {"name": "python"}, "course": {"profile": "quick"}}
        ran["metadata"]["course"]["page"] = staleness.hashes(ran, "quick")["page"]
        with atomic_write(path) as file:
            file.write((json.dumps(ran, indent=1, ensure_ascii=False) + "\n").encode())
