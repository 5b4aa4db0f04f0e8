"""Run every test of the course."""

import os
import subprocess
import sys
from collections.abc import Sequence

from helpers import paths


def main(argv: Sequence[str]) -> int:
    """``python -m helpers test [options of pytest]``: all tests, two at a time where there are two cores."""
    workers = [] if (os.cpu_count() or 1) < 2 else ["-n", "2", "--dist", "loadfile"]
    return subprocess.call([sys.executable, "-m", "pytest", *workers, *argv], cwd=paths.ROOT)
