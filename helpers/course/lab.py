"""Open JupyterLab on the first lesson."""

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from helpers import paths
from helpers.course.cli import hand_over
from helpers.errors import CourseError


def main(argv: Sequence[str]) -> int:
    """``python -m helpers lab [options of jupyter lab]``: JupyterLab, opened on lesson 01."""
    lessons = paths.lessons()
    if not lessons:
        raise CourseError(f"There are no lessons in {paths.NOTEBOOKS.name}/. Is the course complete?")
    first = lessons[0].relative_to(paths.ROOT).as_posix()
    if importlib.util.find_spec("jupyterlab") is None:
        raise CourseError("JupyterLab is not installed here. `python -m helpers setup` makes an environment with it.")
    print(f"JupyterLab opens {first} in your browser; Ctrl+C here ends it.", flush=True)
    return hand_over(command(paths.ROOT, first, argv), cwd=paths.ROOT)


def command(root: Path, first: str, options: Sequence[str]) -> list[str]:
    """The command that starts JupyterLab.

    Args:
        root: the folder that it shows; the course, not the notebooks' folder, so that links to helpers work.
        first: the notebook to open, seen from there.
        options: further options of jupyter lab.
    """
    # No question about news on the first start, and nothing asked of the network.
    quiet = [f"--LabApp.app_settings_dir={Path(__file__).parent / 'lab_settings'}"]
    encrypted = ["--KernelManager.transport_encryption=auto"]
    opened = [f"--ServerApp.root_dir={root}", f"--LabApp.default_url=/lab/tree/{first}"]
    return [sys.executable, "-m", "jupyterlab", *opened, *quiet, *encrypted, *options]
