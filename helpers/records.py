"""Records: what a run of a lesson measured, in machine form, and the studies that stand behind a claim.

A record is read off an executed notebook: its claims and datasets are displayed there in machine form too.
Full records are committed; the results table in the README and the book is made from them.
"""

import importlib.metadata
import json
import platform
import statistics
from collections.abc import Iterator
from pathlib import Path

from helpers import claims, paths
from helpers.course import machine
from helpers.files import atomic_write

DATA_MIME = "application/vnd.cnn-course.data+json"
STUDIES = paths.RECORDS / "studies"


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide a result."""
    import_names = ("tensorflow", "keras", "numpy")
    return {"python": platform.python_version()} | {n: importlib.metadata.version(n) for n in import_names}


def displayed(node: dict, mime: str) -> Iterator[dict]:
    """What the outputs of an executed notebook carry in a machine form, in order."""
    for cell in node["cells"]:
        for output in cell.get("outputs", ()):
            if mime in output.get("data", {}):
                yield output["data"][mime]


def runs(study: str) -> list[dict]:
    """The finished tasks of a study's variant, ordered by seed.

    Args:
        study: ``"study/variant"``, for instance ``"fashion_mnist/course"``.
    """
    name, _, variant = study.partition("/")
    found = [json.loads(p.read_text("utf-8")) for p in sorted((STUDIES / name).glob(f"{variant}-*.json"))]
    return sorted((task for task in found if task["variant"] == variant), key=lambda task: task["seed"])


def claim_entry(made: dict) -> dict:
    """A claim as a record keeps it, with the study's runs where there is one.

    Args:
        made: the claim's machine form: name, value, unit, low, high, profile.

    Returns:
        ``this_run``, ``unit``, ``low``, ``high``, ``published``, ``value``, ``n``, ``spread`` (standard deviation
        over seeds; 0 for a single run) and, with a study, ``runs``.
    """
    name = made["name"]
    entry = {"this_run": made["value"], **{k: made[k] for k in ("unit", "low", "high")}}
    entry["published"] = claims.published_value(name)
    tasks = runs(claims.declared()[name].get("study", "")) if "study" in claims.declared()[name] else []
    if made["profile"] == "full" and tasks:
        key = name.rpartition(".")[2]
        entry["runs"] = [
            {
                "seed": t["seed"],
                "value": t["result"][key],
                "seconds": t["seconds"],
                "curve": t["result"].get("curve"),
            }
            for t in tasks
        ]
    return entry | summary([r["value"] for r in entry.get("runs", ())] or [made["value"]])


def summary(values: list[float]) -> dict[str, float | int]:
    """Mean, number and standard deviation of the values of several seeds."""
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return {"value": statistics.fmean(values), "n": len(values), "spread": spread}


def record(node: dict, *, lesson: str, profile: str, seconds: float, code_hash: str, gflops: float | None) -> dict:
    """The record of an executed notebook.

    Args:
        node: the executed notebook in nbformat's form.
        lesson: its file name without ending.
        profile: the profile it ran in.
        seconds: wall-clock seconds of the run.
        code_hash: the ``results`` hash of the code that ran.
        gflops: the machine's measured speed, for predictions on other machines.
    """
    return {
        "lesson": lesson,
        "profile": profile,
        "seconds": round(seconds, 1),
        "code_hash": code_hash,
        "machine": machine.machine() | {"gflops": gflops},
        "versions": versions(),
        "data": {
            d["name"]: {"source": d["source"], "content_hash": d["content_hash"]} for d in displayed(node, DATA_MIME)
        },
        "claims": {made["name"]: claim_entry(made) for made in displayed(node, claims.MIME)},
    }


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
