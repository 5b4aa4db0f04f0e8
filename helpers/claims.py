"""Claims: numbers that a lesson states about itself, checked where they are measured.

``claim(name, value)`` shows *your run · the recorded full run · published* and fails outside the range
that ``notebooks/claims.toml`` gives for the profile. What it displays also carries the claim in machine
form; whoever runs the notebook reads the lesson's record from there (see ``helpers.records``).
"""

import math
import os
import tomllib
from functools import cache
from html import escape

from IPython.display import display

from helpers import paths, profiles, records, settings

MIME = "application/vnd.cnn-course.claim+json"


class ClaimError(AssertionError):
    """A measured value lies outside the range that its claim gives for this profile."""


@cache
def declared() -> dict[str, dict]:
    """Every claim of the course by name, as declared in ``notebooks/claims.toml``."""
    return tomllib.loads((paths.NOTEBOOKS / "claims.toml").read_text("utf-8"))


@cache
def published() -> dict:
    """The figures printed in well-known teaching material (``notebooks/published.toml``)."""
    return tomllib.loads((paths.NOTEBOOKS / "published.toml").read_text("utf-8"))


def published_value(name: str) -> float | None:
    """The published figure that a claim is held against, or None if it names none."""
    key = declared()[name].get("published")
    if key is None:
        return None
    value = published()
    for part in key.split("."):
        value = value[part]
    return value


def recorded(name: str) -> dict | None:
    """The claim's entry in the committed record of the full run, or None where there is none yet."""
    record = records.load(declared()[name]["lesson"], "full")
    return record and record["claims"].get(name)


def shown(value: float | None, unit: str, spread: float | None = None) -> str:
    """A value as people write it: fractions as per cent, counts with separators, a dash for None.

    Args:
        value: what was measured.
        unit: ``"fraction"``, any other unit, or ``""``.
        spread: standard deviation over several runs, written behind the value: "17.69 ± 0.3 minutes".
    """
    if value is None:
        return "–"
    if unit == "fraction":
        value, unit, form, short = 100 * value, "%", ".2f", ".2f"
        spread = None if spread is None else 100 * spread
    else:
        form, short = ",.0f" if float(value).is_integer() and abs(value) >= 1000 else ".4g", ".2g"
    number = f"{value:{form}}" if spread is None else f"{value:{form}} ± {spread:{short}}"
    return f"{number} {unit}".strip()


class Claim:
    """One measured value beside what is recorded and what is published."""

    def __init__(self, name: str, value: float, entry: dict, profile: str) -> None:
        expected = entry[profile]
        self.name = name
        self.value = value
        self.unit = entry.get("unit", "")
        self.low, self.high = expected["low"], expected["high"]
        self.holds = self.low <= value <= self.high
        self.profile = profile

    def _columns(self) -> list[tuple[str, str]]:
        full = recorded(self.name)
        several = full and full["n"] > 1
        record = shown(full and full["value"], self.unit, full["spread"] if several else None)
        if several:
            record += f" ({full['n']} runs)"
        return [
            (f"your run ({self.profile})", shown(self.value, self.unit)),
            ("expected here", f"{shown(self.low, self.unit)} to {shown(self.high, self.unit)}"
             if self.low != self.high else f"exactly {shown(self.low, self.unit)}"),
            ("recorded full run", record),
            ("published", shown(published_value(self.name), self.unit)),
        ]  # fmt: skip

    def __repr__(self) -> str:
        state = "holds" if self.holds else "FAILS"
        return f"claim {self.name} {state}: " + ", ".join(f"{k} {v}" for k, v in self._columns())

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(k)}</th>" for k, _ in self._columns())
        cells = "".join(f"<td>{escape(v)}</td>" for _, v in self._columns())
        sign = "✓" if self.holds else "✗"
        return (
            f"<table><thead><tr><th>claim</th>{head}</tr></thead>"
            f"<tbody><tr><td>{sign} <code>{escape(self.name)}</code></td>{cells}</tr></tbody></table>"
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict:
        machine = {"name": self.name, "value": self.value, "unit": self.unit,
                   "low": self.low, "high": self.high, "profile": self.profile}  # fmt: skip
        return {MIME: machine, "text/html": self._repr_html_(), "text/plain": repr(self)}


def claim(name: str, value: float) -> float:
    """State a measured number: show it beside the record and the published figure, and check its range.

    Args:
        name: a claim declared in ``notebooks/claims.toml``.
        value: what this run measured; accuracies are fractions.

    Returns:
        The value as a plain float, so that a table can use it.

    Raises:
        ValueError: if the claim is not declared, or the value is not a finite number.
        ClaimError: if the value lies outside the profile's range and ``COURSE_UNBOUNDED`` is not set; the message says
            what to look at.
    """
    entry = declared().get(name)
    if entry is None:
        raise ValueError(f"There is no claim {name!r} in notebooks/claims.toml. Declare it there first.")
    value = float(value)
    if not math.isfinite(value):
        raise ValueError(f"Claim {name!r}: expected a finite number, found {value}.")
    made = Claim(name, value, entry, profiles.current())
    display(made)
    if not made.holds and not os.environ.get(settings.UNBOUNDED):
        raise ClaimError(
            f"{made!r}. The range comes from several seeded runs. If you changed the code above, that is the "
            "cause; if not, please report it with the output of `python -m helpers doctor`."
        )
    return value
