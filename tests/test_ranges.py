"""Ranges of claims: computed from recorded runs, and those of claims.toml are what their records give."""

import json
import tomllib
from pathlib import Path

import pytest

from helpers import claims, paths, records
from helpers.course import ranges
from helpers.errors import CourseError

DECLARED = claims.declared()
QUICK = [path.stem for path in sorted((paths.RECORDS / "ranges").glob("*.json"))]
STORED = [path.stem for path in sorted((paths.RECORDS / "full").glob("*.json"))]


def ranged(lesson):
    """The lesson's claims whose ranges are measured."""
    return {name for name, entry in DECLARED.items() if entry["lesson"] == lesson and ranges.is_ranged(entry)}


def test_no_record_behind_a_range_is_gone():
    assert len(STORED) >= 6 and {lesson for lesson in STORED if ranged(lesson)} <= set(QUICK)


@pytest.mark.parametrize("lesson", QUICK)
def test_a_quick_range_is_what_its_seeded_runs_give(lesson):
    seeded = json.loads(ranges.record_file(lesson).read_text("utf-8"))["claims"]
    assert set(seeded) == ranged(lesson) and {len(values) for values in seeded.values()} <= {len(ranges.SEEDS)}
    assert {name: DECLARED[name]["quick"] for name in seeded} == ranges.quick_ranges(lesson)


@pytest.mark.parametrize("lesson", STORED)
def test_a_full_range_is_what_the_records_give(lesson):
    found = ranges.full_ranges(lesson)
    assert set(found) == ranged(lesson)
    assert {name: DECLARED[name]["full"] for name in found} == found


@pytest.mark.parametrize("lesson", STORED)
def test_a_stored_lesson_has_no_provisional_range(lesson):
    waiting = [name for name, entry in DECLARED.items() if entry["lesson"] == lesson and "PROVISIONAL" in str(entry)]
    assert not waiting, f"python -m helpers ranges {lesson}, and again with --full: {waiting}"


# A toy course ------------------------------------------------------------------------------------

GUESS = 'quick = { low = 0.1, high = 1.0, why = "PROVISIONAL" }\nfull = { low = 0.1, high = 1.0, why = "PROVISIONAL" }'
EXACT = 'quick = { low = 7, high = 7, why = "exact" }\nfull = { low = 7, high = 7, why = "exact" }'
TOML = f"""# A comment that stays.
["toy.accuracy"]
lesson = "01_toy"
unit = "fraction"
study = "toy/plain"
floor = 0.595
{GUESS}

# Another one.
["toy.shifted"]
lesson = "01_toy"
unit = "fraction"
{GUESS}

["toy.share"]
lesson = "01_toy"
unit = "fraction"
promise = true
{GUESS}

["toy.parameters"]
lesson = "01_toy"
unit = "parameters"
{EXACT}
"""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The claims.toml of a course whose lesson 01 was run in full once, in quick with five seeds, and as a study."""
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(paths, "RECORDS", tmp_path / "records")
    monkeypatch.setattr(records, "STUDIES", tmp_path / "records/studies")
    monkeypatch.setattr(claims, "declared", lambda: tomllib.loads(TOML))
    values = {"toy.accuracy": 0.85, "toy.shifted": 0.7, "toy.parameters": 7, "toy.share": 0.1}
    record = {"claims": {name: {"this_run": value, "value": value} for name, value in values.items()}}
    records.write(records.path("01_toy", "full"), record)
    seeded = {"toy.accuracy": [0.6, 0.6, 0.6, 0.6, 0.6], "toy.shifted": [0.4, 0.5, 0.45, 0.5, 0.4]}
    records.write(ranges.record_file("01_toy"), {"claims": seeded})
    for seed, value in enumerate((0.84, 0.85, 0.86)):
        task = {"variant": "plain", "seed": seed, "result": {"accuracy": value}}
        records.write(records.STUDIES / f"toy/plain-{seed}.json", task)
    file = tmp_path / "claims.toml"
    file.write_text(TOML, "utf-8")
    return file


def test_bounds_reach_five_deviations_but_at_least_a_point():
    assert ranges.bounds([0.5, 0.52, 0.54]) == (0.42, 0.62)
    assert ranges.bounds([0.5, 0.5, 0.5]) == (0.49, 0.51)
    assert ranges.bounds([0.985], spread=0.01) == (0.935, 1.0)


def test_only_a_fraction_is_kept_within_0_and_1(toy, monkeypatch):
    assert ranges.bounds([4.2, 4.3, 4.4], share=False) == (3.8, 4.8)
    assert ranges.bounds([-0.05] * 3, share=False) == (-0.06, -0.04)
    assert ranges.quick_ranges("01_toy")["toy.shifted"]["high"] <= 1
    entries = tomllib.loads(TOML)
    entries["toy.shifted"]["unit"] = ""
    monkeypatch.setattr(claims, "declared", lambda: entries)
    records.write(ranges.record_file("01_toy"), {"claims": {"toy.shifted": [4.2, 4.3, 4.4]}})
    assert ranges.quick_ranges("01_toy")["toy.shifted"]["high"] == 4.8
    assert ranges.full_ranges("01_toy")["toy.shifted"]["low"] == 0.2


def test_a_full_range_comes_from_the_study_or_else_from_the_full_run(toy):
    found = ranges.full_ranges("01_toy")
    assert found["toy.accuracy"] == {"low": 0.8, "high": 0.9, "why": "3 seeded runs of the study: 0.8400 to 0.8600"}
    assert found["toy.shifted"]["low"] == 0.45 and found["toy.shifted"]["high"] == 0.95
    assert found["toy.shifted"]["why"].startswith("one full run: 0.7000; standard deviation")
    assert set(found) == {"toy.accuracy", "toy.shifted"}


def test_full_ranges_are_written_and_nothing_else_changes(toy):
    ranges.write_ranges("full", ranges.full_ranges("01_toy"))
    written, before = tomllib.loads(toy.read_text("utf-8")), tomllib.loads(TOML)
    assert written["toy.accuracy"]["full"] == ranges.full_ranges("01_toy")["toy.accuracy"]
    assert written["toy.shifted"]["full"]["low"] == 0.45
    for entry in (*written.values(), *before.values()):
        entry.pop("full")
    assert written == before
    comments = [line for line in toy.read_text("utf-8").splitlines() if line.startswith("#")]
    assert comments == ["# A comment that stays.", "# Another one."]


def test_a_claim_without_a_line_for_its_range_is_named(toy):
    toy.write_text(toy.read_text("utf-8").replace("full =", "ful ="), "utf-8")
    with pytest.raises(CourseError, match=r"toy\.\w+ has no line that begins with `full =`"):
        ranges.write_ranges("full", {"toy.accuracy": {"low": 0, "high": 1, "why": "none"}})


def test_quick_ranges_have_the_floor_that_a_claim_promises(toy):
    found = ranges.quick_ranges("01_toy")
    assert found["toy.accuracy"] == {"low": 0.595, "high": 0.61, "why": "5 seeded runs: 0.6000 to 0.6000"}


def test_full_ranges_without_a_full_run_say_what_to_do(toy):
    with pytest.raises(CourseError, match=r"no record of a full run of 02_toy.*--profile full --store"):
        ranges.full_ranges("02_toy")
