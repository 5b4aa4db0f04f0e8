"""Open JupyterLab on the first lesson."""

import importlib.util
import subprocess
import sys
from collections.abc import Sequence

from helpers import paths
from helpers.errors import CourseError


def main(argv: Sequence[str]) -> int:
    """``python -m helpers lab [options of jupyter lab]``: JupyterLab, opened on lesson 01."""
    lessons = paths.lessons()
    if not lessons:
        raise CourseError(f"There are no lessons in {paths.NOTEBOOKS.name}/. Is the course complete?")
    first = lessons[0].relative_to(paths.ROOT).as_posix()
    if importlib.util.find_spec("jupyterlab") is None:
        raise CourseError(
            "JupyterLab is not installed here. `python -m helpers setup` makes an environment with it."
        )
    print(f"JupyterLab opens {first} in your browser; Ctrl+C here ends it.", flush=True)
    return subprocess.call([sys.executable, "-m", "jupyterlab", first, *argv], cwd=paths.ROOT)
