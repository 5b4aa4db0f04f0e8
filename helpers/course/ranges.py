"""``python -m helpers ranges LESSON…``: from seeded quick runs to the ranges of the claims.

Runs a lesson's quick profile with several seeds, keeps what every claim measured in
``notebooks/records/ranges/<lesson>.json``, and writes the ranges into ``notebooks/claims.toml``. A test holds
the two against each other, so no range is a guess. Exact claims and minutes are left alone.
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
    for path in run.select(parser.parse_args(argv).lessons):
        values = measure(path)
        records.write(record_file(path.stem), {"lesson": path.stem, "machine": machine.machine(), "claims": values})
        write_ranges(values)
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
    """Does a claim's quick range come from seeded runs? Not if it is exact, or a time."""
    return entry["quick"]["low"] != entry["quick"]["high"] and entry["unit"] not in ("minutes", "parameters")


def bounds(values: Sequence[float]) -> tuple[float, float]:
    """The range of a single run, from several: mean ± 5 standard deviations, at least ± 0.01, within 0–1."""
    half = max(MARGIN, DEVIATIONS * statistics.stdev(values))
    mean = statistics.fmean(values)
    return max(0.0, math.floor(1000 * (mean - half)) / 1000), min(1.0, math.ceil(1000 * (mean + half)) / 1000)


def write_ranges(values: dict[str, list[float]]) -> None:
    """Put the ranges into claims.toml, line by line, so that its comments stay."""
    path = paths.NOTEBOOKS / "claims.toml"
    text = path.read_text("utf-8")
    for name, measured in values.items():
        low, high = bounds(measured)
        floor = claims.declared()[name].get("floor")
        low = low if floor is None else max(low, floor)
        why = f"{len(measured)} seeded runs: {min(measured):.4f} to {max(measured):.4f}"
        line = f"quick = {{ low = {low}, high = {high}, why = {json.dumps(why)} }}"
        text = re.sub(
            rf'(\["{re.escape(name)}"\]\n(?:(?!\[").*\n)*?)quick = .*', lambda m, line=line: m[1] + line, text, count=1
        )
    with atomic_write(path) as file:
        file.write(text.encode())
