"""Records: what a run of a lesson measured, in machine form, and the studies that stand behind a claim.

``helpers.course.recording`` makes a lesson's record from the executed notebook, ``helpers.course.study`` makes
a study's; what stands in them is shown by claims, lessons and the results table.
"""

import importlib.metadata
import json
import platform
import statistics
from pathlib import Path

from helpers import paths
from helpers.files import atomic_write

STUDIES = paths.RECORDS / "studies"


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide a result."""
    import_names = ("tensorflow", "keras", "numpy")
    return {"python": platform.python_version()} | {n: importlib.metadata.version(n) for n in import_names}


def runs(study: str) -> list[dict]:
    """The finished tasks of a study's variant, ordered by seed.

    Args:
        study: ``"study/variant"``, for instance ``"fashion_mnist/course"``.
    """
    name, _, variant = study.partition("/")
    found = [json.loads(p.read_text("utf-8")) for p in sorted((STUDIES / name).glob(f"{variant}-*.json"))]
    return sorted((task for task in found if task["variant"] == variant), key=lambda task: task["seed"])


def summary(values: list[float]) -> dict[str, float | int]:
    """Mean, number and standard deviation of the values of several seeds."""
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return {"value": statistics.fmean(values), "n": len(values), "spread": spread}


def path(lesson: str, profile: str) -> Path:
    """Where a lesson's record lies."""
    return paths.RECORDS / profile / f"{lesson}.json"


def load(lesson: str, profile: str) -> dict | None:
    """A lesson's record, or None where there is none."""
    file = path(lesson, profile)
    return json.loads(file.read_text("utf-8")) if file.exists() else None


def write(file: Path, content: dict) -> None:
    """Write a record or a study's task, whole or not at all."""
    with atomic_write(file) as out:
        out.write((json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
