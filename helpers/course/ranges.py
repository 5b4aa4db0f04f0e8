"""``python -m helpers ranges LESSON…``: from measured runs to the ranges of the claims.

Runs a lesson's quick profile with several seeds, keeps what every claim measured in
``notebooks/records/ranges/<lesson>.json``, and writes the ranges into ``notebooks/claims.toml``. With ``--full``
nothing is run: the ranges of the full profile follow from the records of studies and of the lesson's full run.
Tests hold ranges and records against each other, so no range is a guess. Exact claims, minutes and promises are left
alone.
"""

import argparse
import json
import math
import re
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from helpers import claims, paths, records, settings
from helpers.course import machine, run
from helpers.errors import CourseError
from helpers.files import atomic_write

SEEDS = range(5)
#: A range reaches this many standard deviations to both sides, but at least MARGIN: five runs know their own
#: spread only roughly, and another processor rounds differently.
DEVIATIONS, MARGIN = 5, 0.01


def main(argv: Sequence[str]) -> int:
    """Measure and write the quick ranges of some lessons."""
    parser = argparse.ArgumentParser(prog="python -m helpers ranges", description=__doc__.split("\n")[0])
    parser.add_argument("lessons", nargs="+", metavar="LESSON", help="01, A1, or a file name")
    parser.add_argument("--full", action="store_true", help="the full profile's ranges instead, from the records")
    asked = parser.parse_args(argv)
    for path in run.select(asked.lessons):
        if asked.full:
            write_ranges("full", full_ranges(path.stem))
        else:
            values = measure(path)
            records.write(record_file(path.stem), {"lesson": path.stem, "machine": machine.machine(), "claims": values})
            write_ranges("quick", quick_ranges(path.stem))
    return 0


def record_file(lesson: str) -> Path:
    """Where the seeded runs of a lesson are kept."""
    return paths.RECORDS / "ranges" / f"{lesson}.json"


def measure(path: Path) -> dict[str, list[float]]:
    """What each ranged claim measured, one value a seed; claims may fail their present range meanwhile."""
    values: dict[str, list[float]] = {}
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            variables = {"COURSE_CACHE": folder, settings.UNBOUNDED: "1"}
            outcome = run.run_lesson(path, "quick", seed, Path(folder), variables)
        if outcome.status != "passed":
            raise CourseError(f"{path.stem} failed with seed {seed}: {outcome.message}")
        print(f"{path.stem}, seed {seed}: {outcome.seconds:.0f} s", flush=True)
        for made in outcome.claims:
            if is_ranged(claims.declared()[made["name"]]):
                values.setdefault(made["name"], []).append(made["value"])
    return values


def is_ranged(entry: dict) -> bool:
    """Does a claim's range come from measured runs? Not if it is exact, a time, or a promise."""
    exact = entry["quick"]["low"] == entry["quick"]["high"]
    return not (exact or entry["unit"] in ("minutes", "parameters") or entry.get("promise"))


def bounds(values: Sequence[float], spread: float | None = None, *, share: bool = True) -> tuple[float, float]:
    """The range of a single run: mean ± 5 standard deviations, at least ± 0.01.

    Args:
        values: what several runs measured.
        spread: the standard deviation, if it is known from elsewhere; needed with a single value.
        share: whether a value is a fraction, so that the range stays within 0–1; ratios and correlations are not.
    """
    half = max(MARGIN, DEVIATIONS * (statistics.stdev(values) if spread is None else spread))
    low, high = (round(1000 * (statistics.fmean(values) + end), 6) for end in (-half, half))
    low, high = math.floor(low) / 1000, math.ceil(high) / 1000
    return (max(0.0, low), min(1.0, high)) if share else (low, high)


def quick_ranges(lesson: str) -> dict[str, dict]:
    """Claim → its quick range with low, high and why, from the recorded seeded runs."""
    return {name: _range(name, values, _told(values)) for name, values in _seeded(lesson).items()}


def full_ranges(lesson: str) -> dict[str, dict]:
    """Claim → its range in the full profile with low, high and why, from the records.

    Where a study with several seeds stands behind a claim, its runs decide. Elsewhere there is the lesson's one full
    run; how far another may lie from it, the seeded quick runs tell.
    """
    record, seeded = records.load(lesson, "full"), _seeded(lesson)
    if record is None:
        raise CourseError(f"There is no record of a full run of {lesson}: python -m helpers run --profile full --store")
    ranges = {}
    for name in record["claims"]:
        entry = claims.declared()[name]
        if not is_ranged(entry):
            continue
        values = records.values(entry.get("study", ""), name.split(".")[-1])
        if len(values) > 1:
            ranges[name] = _range(name, values, _told(values, "of the study"))
        elif name in seeded:
            value, spread = record["claims"][name]["this_run"], statistics.stdev(seeded[name])
            why = f"one full run: {value:.4f}; standard deviation of the seeded quick runs: {spread:.4f}"
            ranges[name] = _range(name, [value], why, spread)
    return ranges


def _seeded(lesson: str) -> dict[str, list[float]]:
    file = record_file(lesson)
    return json.loads(file.read_text("utf-8"))["claims"] if file.exists() else {}


def _range(name: str, values: Sequence[float], why: str, spread: float | None = None) -> dict:
    entry = claims.declared()[name]
    low, high = bounds(values, spread, share=entry["unit"] == "fraction")
    return {"low": max(low, entry.get("floor", low)), "high": high, "why": why}


def _told(values: Sequence[float], of: str = "") -> str:
    return f"{len(values)} seeded runs{of and ' ' + of}: {min(values):.4f} to {max(values):.4f}"


def write_ranges(profile: str, ranges: dict[str, dict]) -> None:
    """Put ranges into claims.toml, line by line, so that its comments stay."""
    path = paths.NOTEBOOKS / "claims.toml"
    text = path.read_text("utf-8")
    for name, found in ranges.items():
        line = f"{profile} = {{ low = {found['low']}, high = {found['high']}, why = {json.dumps(found['why'])} }}"
        table = rf'(\["{re.escape(name)}"\]\n(?:(?!\[").*\n)*?){profile} = .*'
        text, replaced = re.subn(table, lambda m, line=line: m[1] + line, text, count=1)
        if not replaced:
            raise CourseError(f"notebooks/claims.toml: {name} has no line that begins with `{profile} =`. Add one.")
    with atomic_write(path) as file:
        file.write(text.encode())
