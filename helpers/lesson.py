"""How a lesson begins: profile, seed, figure style, and one line that says how long it will take."""

import json
from html import escape

from helpers import paths, plots, profiles
from helpers.backend import keras

MIME = "application/vnd.cnn-course.opening+json"


class Opening:
    """What :func:`start` found, shown as one line under the parameters cell."""

    def __init__(self, name: str, profile: str, seed: int, minutes: dict[str, float | None]) -> None:
        self.name = name
        self.profile = profile
        self.seed = seed
        self.minutes = minutes

    def __repr__(self) -> str:
        times = ", ".join(f"{p} {_duration(m)}" for p, m in self.minutes.items())
        return f"Lesson {self.name}, {self.profile} profile, seed {self.seed}. Measured time: {times}."

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict:
        machine = {"profile": self.profile, "seed": self.seed}
        return {MIME: machine, "text/html": self._repr_html_(), "text/plain": repr(self)}


def _duration(minutes: float | None) -> str:
    if minutes is None:
        return "not measured yet"
    return f"{minutes * 60:.0f} s" if minutes < 2 else f"{minutes:.0f} min"


def measured_minutes(name: str) -> dict[str, float | None]:
    """Minutes of the recorded run of a lesson in each profile; None where there is no record."""
    minutes: dict[str, float | None] = {}
    for profile in profiles.PROFILES:
        record = paths.RECORDS / profile / f"{name}.json"
        minutes[profile] = json.loads(record.read_text("utf-8"))["seconds"] / 60 if record.exists() else None
    return minutes


def start(name: str, *, profile: str, seed: int) -> Opening:
    """Begin a lesson: put the profile in force, seed Python, NumPy and TensorFlow, set the figure style.

    Args:
        name: the notebook's file name without ending, for instance ``"03_fashion_mnist"``.
        profile: ``"quick"`` or ``"full"``.
        seed: a whole number from 0 to 2**32 − 1.

    Raises:
        ValueError: for an unknown profile or a seed that is no such number.
    """
    profiles.use(profile)
    keras.utils.set_random_seed(checked_seed(seed))
    plots.use_course_style()
    return Opening(name, profile, seed, measured_minutes(name))


def checked_seed(seed: object) -> int:
    """The seed itself if NumPy and TensorFlow both take it, otherwise a ``ValueError`` that says so."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise ValueError(f"The seed must be a whole number from 0 to {2**32 - 1}, found {seed!r}.")
    return seed
