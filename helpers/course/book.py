"""``python -m helpers book``: the web book from the stored outputs, warnings as errors."""

import shutil
import subprocess
import sys
from collections.abc import Sequence

from helpers import paths

PAGES = paths.ROOT / "book" / "_build" / "html"


def main(argv: Sequence[str]) -> int:
    """Build ``book/_build/html``; options are passed on to jupyter-book. Exit code 1 for any warning.

    The source is the root of the repository, so that links between lessons and data are the same in the book as
    in JupyterLab. Every build starts afresh: what an earlier one left behind has been seen to repeat old warnings.
    """
    shutil.rmtree(PAGES.parent, ignore_errors=True)
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", "."]
    command += ["-W", "-n", "--keep-going", "-q", "--config", "book/_config.yml", "--toc", "book/_toc.yml"]
    code = subprocess.call([*command, "--path-output", "book", *argv], cwd=paths.ROOT)
    if code == 0:
        print("The book is in book/_build/html; open index.html there.")
    return code
