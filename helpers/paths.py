"""Where things are. Every relative path of the course resolves from the repository root."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
RECORDS = NOTEBOOKS / "records"
SAMPLES = ROOT / "data"
BUILD = ROOT / "build"


def from_root(path: str | Path) -> Path:
    """The path itself if absolute (``~`` expanded), otherwise taken from the repository root."""
    path = Path(path).expanduser()
    return path if path.is_absolute() else ROOT / path


def cache() -> Path:
    """The course's cache: ``$COURSE_CACHE`` or ``.course-cache`` in the repository. It may not exist yet."""
    return from_root(os.environ.get("COURSE_CACHE") or ".course-cache")


def lessons() -> list[Path]:
    """The notebooks in reading order: numbered lessons first, then the appendices."""
    return sorted(NOTEBOOKS.glob("[0-9A]*_*.ipynb"))
