"""The line under a lesson's parameters: profile, seed, and how long the lesson takes in each profile."""

from html import escape

from helpers import profiles, records

MIME = "application/vnd.cnn-course.opening+json"


class Opening:
    """What :func:`helpers.lesson.start` found, shown as one line under the parameters cell."""

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
    found = {profile: records.load(name, profile) for profile in profiles.PROFILES}
    return {profile: record and record["seconds"] / 60 for profile, record in found.items()}
