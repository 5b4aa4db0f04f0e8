"""What is wrong with a committed record, as lists of sentences; empty lists mean nothing."""

import json
import math
from pathlib import Path

from helpers import claims, records
from helpers.course import study


def record_problems(found: dict, profile: str, name: str, hash_now: str) -> list[str]:
    """What is wrong with a committed record."""
    problems = [f"{found['lesson']} is not {name}"] * (found["lesson"] != name)
    problems += [f"profile {found['profile']}"] * (found["profile"] != profile)
    if found["code_hash"] != hash_now:
        problems.append(f"the code changed since the run: python -m helpers run {name} --profile {profile} --store")
    expected = {n for n, entry in claims.declared().items() if entry["lesson"] == name}
    problems += [f"claims {sorted(expected ^ set(found['claims']))}"] * (expected != set(found["claims"]))
    for claim, entry in found["claims"].items():
        again = records.summary([run["value"] for run in entry.get("runs", [])] or [entry["this_run"]])
        if not all(math.isclose(entry[key], again[key], abs_tol=1e-12) for key in again):
            problems.append(f"{claim}: {again} recomputed")
    return problems


def task_problems(found: dict, place: Path, hash_now: str, log: str) -> list[str]:
    """What is wrong with a committed task of a study; the last line of its log is the result."""
    name = f"{found['study']}/{found['variant']}-{found['seed']}"
    problems = [f"{name} is not {place.parent.name}/{place.stem}"] * (name != f"{place.parent.name}/{place.stem}")
    if found["code_hash"] != hash_now:
        problems.append(f"stale: the code changed since; remove it and run python -m helpers study {found['study']}")
    if (found["variant"], found["seed"]) not in study.tasks(found["study"]):
        problems.append("not declared in notebooks/studies.toml")
    for claim, entry in claims.declared().items():
        if entry.get("study") == f"{found['study']}/{found['variant']}" and claim.split(".")[-1] not in found["result"]:
            problems.append(f"no result for the claim {claim}")
    last = log.strip().split("\n")[-1]
    if last != json.dumps({key: value for key, value in found["result"].items() if key != "curve"}):
        problems.append(f"its log ends with another result: {last[:80]}")
    return problems
