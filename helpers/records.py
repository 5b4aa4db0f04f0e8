"""Records: what a run of a lesson measured, in machine form, and the studies that stand behind a claim.

``helpers.course.recording`` makes a lesson's record from the executed notebook, ``helpers.course.study`` makes
a study's; what stands in them is shown by claims, lessons and the results table.
"""

import importlib.metadata
import json
import platform
import statistics
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

from helpers import paths, profiles
from helpers.files import atomic_write

STUDIES = paths.RECORDS / "studies"


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide a result."""
    import_names = ("tensorflow", "keras", "numpy")
    return {"python": platform.python_version()} | {n: importlib.metadata.version(n) for n in import_names}


def studies() -> dict[str, dict]:
    """Every study that ``notebooks/studies.toml`` declares, by name."""
    return tomllib.loads((paths.NOTEBOOKS / "studies.toml").read_text("utf-8"))


def runs(study: str) -> list[dict]:
    """The finished tasks of a study's variant, ordered by seed.

    Args:
        study: ``"study/variant"``, for instance ``"fashion_mnist/course"``.
    """
    name, _, variant = study.partition("/")
    found = [json.loads(p.read_text("utf-8")) for p in sorted((STUDIES / name).glob(f"{variant}-*.json"))]
    return sorted((task for task in found if task["variant"] == variant), key=lambda task: task["seed"])


def values(study: str, key: str) -> list:
    """What every finished task of a study's variant says under one key, seed by seed.

    Args:
        study: ``"study/variant"``.
        key: as in the recipe's result, for instance ``"test_accuracy"``.
    """
    return [task["result"][key] for task in runs(study)]


def summary(values: list[float]) -> dict[str, float | int]:
    """Mean (``value``), number (``n``) and sample standard deviation (``spread``; 0 for one value) over seeds."""
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return {"value": statistics.fmean(values), "n": len(values), "spread": spread}


def recalled(study: str, work: Callable[[], dict]) -> dict:
    """What a lesson shows of a recipe: in the full profile its study's mean, otherwise ``work()``, run now.

    Args:
        study: ``"study/variant"``.
        work: runs the recipe once.

    Returns:
        A result as ``work`` returns it; of a study, every float is the mean over its seeds and all else the first
        seed's. Without a finished task, ``work()`` in the full profile, too.
    """
    results = [task["result"] for task in profiles.pick(quick=[], full=runs(study))]
    if not results:
        return work()
    return results[0] | {
        key: statistics.fmean(result[key] for result in results)
        for key, value in results[0].items()
        if isinstance(value, float)
    }


def measured(study: str, judge: str = "test") -> dict | None:
    """What the finished tasks of a study's variant say together, or None if there are none.

    Args:
        study: ``"study/variant"``.
        judge: the part that was asked, ``"test"`` or ``"validation"``.

    Returns:
        ``accuracy`` on that part (see :func:`summary`), ``parameters`` (None where they were not noted), ``minutes`` of
        training (mean), ``machine`` and ``versions`` of the first seed.
    """
    tasks = runs(study)
    if not tasks:
        return None
    results = [task["result"] for task in tasks]
    return {
        "accuracy": summary([result[f"{judge}_accuracy"] for result in results]),
        "parameters": results[0].get("parameters"),
        "minutes": statistics.fmean(result["minutes"] for result in results),
        "machine": tasks[0]["machine"],
        "versions": tasks[0]["versions"],
    }


def rows(studies: Mapping[str, str], judge: str = "test") -> list[dict]:
    """One table row for each variant that has been run. A single run has no spread.

    Args:
        studies: words for the reader → ``"study/variant"``.
        judge: the part that was asked, ``"test"`` or ``"validation"``.
    """
    found = {label: measured(study, judge) for label, study in studies.items()}
    return [
        {
            "recipe": label,
            "runs": entry["accuracy"]["n"],
            f"{judge} accuracy": entry["accuracy"]["value"],
            "± (s.d.)": entry["accuracy"]["spread"] if entry["accuracy"]["n"] > 1 else None,
            "parameters": entry["parameters"],
            "minutes": entry["minutes"],
        }
        for label, entry in found.items()
        if entry
    ]


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
        out.write((json.dumps(content, indent=1, ensure_ascii=False, default=float) + "\n").encode())
