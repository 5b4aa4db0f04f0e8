"""The record of a lesson's run, read off the executed notebook.

Claims and data cards are displayed in machine form too; what they say, with the runs of the studies that
stand behind a claim, makes the record. Full records are committed; the results table is made from them.
"""

from collections.abc import Iterator

from helpers import claims, records
from helpers.course import machine
from helpers.datasets.arrays import MIME as DATA_MIME


def displayed(node: dict, mime: str) -> Iterator[dict]:
    """What the outputs of an executed notebook carry in a machine form, in order."""
    for cell in node["cells"]:
        for output in cell.get("outputs", ()):
            if mime in output.get("data", {}):
                yield output["data"][mime]


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
    tasks = records.runs(claims.declared()[name].get("study", "")) if "study" in claims.declared()[name] else []
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
    return entry | records.summary([r["value"] for r in entry.get("runs", ())] or [made["value"]])


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
        "versions": records.versions(),
        "data": {
            d["name"]: {"source": d["source"], "content_hash": d["content_hash"]} for d in displayed(node, DATA_MIME)
        },
        "claims": {made["name"]: claim_entry(made) for made in displayed(node, claims.MIME)},
    }
